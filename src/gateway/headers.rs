//! Which headers go on, and which are made here. What a client wrote about itself, its proxy or its proof is not
//! believed: it is removed on every route, however it is spelled.
//!
//! The bank core gets its own authority as `Host`, and as `X-Forwarded-Host` the one that the client asked for. Of
//! `X-Forwarded-For`, `-Proto` and `-Host` the gateway writes its own, never behind a client's; `Forwarded` is removed.

mod name;

use std::net::IpAddr;

use actix_web::{
    HttpRequest,
    http::header::{self as client, HeaderMap as ClientHeaders},
};
use http::{
    HeaderMap, HeaderName, HeaderValue,
    header::{CONTENT_LENGTH, HOST, TRANSFER_ENCODING},
};

use self::name::{is_made_here, is_of_one_connection, may_be_nominated};
use crate::http::error::ApiError;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const X_FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// What the gateway says of itself and of the way that a request came.
#[derive(Clone, Debug)]
pub struct Introduction {
    /// The bank core's own authority.
    pub host: HeaderValue,
    /// The scheme that customers use.
    pub scheme: HeaderValue,
}

/// How long the body of a passed-on request is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Length {
    /// There is none, and none was announced.
    None,
    /// So many bytes.
    Known(u64),
    /// It comes in chunks.
    Chunked,
}

impl Length {
    /// What the headers of `request` announce. The server has refused those that contradict each other.
    #[must_use]
    pub fn announced(request: &HttpRequest) -> Self {
        if request.headers().contains_key(client::TRANSFER_ENCODING) {
            return Self::Chunked;
        }
        let length = request.headers().get(client::CONTENT_LENGTH).and_then(|value| value.to_str().ok());
        length.and_then(|text| text.trim().parse().ok()).map_or(Self::None, Self::Known)
    }
}

/// The headers that go on to the bank core. 400/23 for what cannot be written again.
pub fn to_core(request: &HttpRequest, introduction: &Introduction, length: Length) -> Result<HeaderMap, ApiError> {
    let sent = request.headers();
    let nominated = Nominated::of(sent.get_all(client::CONNECTION).map(client::HeaderValue::as_bytes));
    let mut headers = HeaderMap::with_capacity(sent.len() + 6);
    headers.insert(HOST, introduction.host.clone());
    for (name, value) in sent {
        let text = name.as_str();
        if !is_made_here(text) && !nominated.contain(text) {
            headers.append(name_of(text)?, value_of(value.as_bytes())?);
        }
    }
    introduce(&mut headers, request, introduction)?;
    match length {
        Length::None => {}
        Length::Known(bytes) => _ = headers.insert(CONTENT_LENGTH, bytes.into()),
        // Said out loud: of a GET, hyper would send no body that it does not know the length of.
        Length::Chunked => _ = headers.insert(TRANSFER_ENCODING, HeaderValue::from_static("chunked")),
    }
    Ok(headers)
}

fn introduce(headers: &mut HeaderMap, request: &HttpRequest, introduction: &Introduction) -> Result<(), ApiError> {
    if let Some(address) = request.peer_addr() {
        headers.insert(X_FORWARDED_FOR, value_of(plain(address.ip()).to_string().as_bytes())?);
    }
    if let Some(host) = request.headers().get(client::HOST) {
        headers.insert(X_FORWARDED_HOST, value_of(host.as_bytes())?);
    }
    headers.insert(X_FORWARDED_PROTO, introduction.scheme.clone());
    Ok(())
}

/// An IPv4 address as such, also where the socket shows it as one of IPv6.
const fn plain(address: IpAddr) -> IpAddr {
    address.to_canonical()
}

/// The headers of the bank core's reply that go on to the client.
pub fn to_client(headers: &HeaderMap, reply: &mut ClientHeaders) {
    let nominated = Nominated::of(headers.get_all(http::header::CONNECTION).iter().map(HeaderValue::as_bytes));
    for (name, value) in headers {
        let text = name.as_str();
        if is_of_one_connection(text) || nominated.contain(text) {
            continue;
        }
        let name = client::HeaderName::from_bytes(text.as_bytes());
        let value = client::HeaderValue::from_bytes(value.as_bytes());
        match (name, value) {
            (Ok(name), Ok(value)) => reply.append(name, value),
            (Err(_), _) | (_, Err(_)) => tracing::warn!("a header of the bank core's reply could not be written again"),
        }
    }
}

/// A header that the gateway writes.
pub fn value_of(text: &[u8]) -> Result<HeaderValue, ApiError> {
    HeaderValue::from_bytes(text).map_err(|_| cannot_go_on())
}

fn name_of(text: &str) -> Result<HeaderName, ApiError> {
    HeaderName::from_bytes(text.as_bytes()).map_err(|_| cannot_go_on())
}

fn cannot_go_on() -> ApiError {
    ApiError::new(crate::http::code::Code::HeadersMalformed)
}

/// The headers that a `Connection` header names: they end with this connection (RFC 9110 section 7.6.1).
struct Nominated(Vec<String>);

impl Nominated {
    fn of<'a>(values: impl Iterator<Item = &'a [u8]>) -> Self {
        let names = values.flat_map(|value| value.split(|byte| *byte == b',')).map(<[u8]>::trim_ascii);
        let names = names.filter_map(|name| str::from_utf8(name).ok()).map(str::to_ascii_lowercase);
        Self(names.filter(|name| may_be_nominated(name)).collect())
    }

    fn contain(&self, name: &str) -> bool {
        self.0.iter().any(|nominated| nominated == name)
    }
}

#[cfg(test)]
mod tests;
