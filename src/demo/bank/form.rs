//! Bodies: one JSON object, bounded.

use std::{future::Future, pin::Pin};

use actix_web::{
    FromRequest, HttpRequest,
    dev::Payload,
    web::{Bytes, PayloadConfig},
};
use serde::{Deserialize, Deserializer, de::DeserializeOwned};
use serde_json::error::Category;

use super::{amount::Amount, payto::Payto, refusal::Refusal};

/// The largest body that is read, in bytes.
const LARGEST: usize = 64 * 1024;

/// A body and its bytes. Members that nobody asks for are ignored.
pub struct Form<T> {
    /// What it says.
    pub value: T,
    /// The bytes that were sent.
    pub raw: Bytes,
}

impl<T: DeserializeOwned + 'static> FromRequest for Form<T> {
    type Error = Refusal;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Refusal>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let raw = Bytes::from_request(request, payload);
        Box::pin(async move {
            let raw = raw.await.map_err(|_| Refusal::TooLarge)?;
            Ok(Self { value: parse(&raw)?, raw })
        })
    }
}

/// The bound on bodies, for the listener.
#[must_use]
pub fn bound() -> PayloadConfig {
    PayloadConfig::new(LARGEST)
}

fn parse<T: DeserializeOwned>(raw: &[u8]) -> Result<T, Refusal> {
    serde_json::from_slice(raw).map_err(|error| match error.classify() {
        // The message names members of ours and never repeats what was sent for them.
        Category::Data => Refusal::Malformed("A member is absent or malformed.".to_owned()),
        Category::Syntax | Category::Eof | Category::Io => Refusal::NoJson,
    })
}

/// Reads a member as an amount.
pub fn amount<'de, D: Deserializer<'de>>(member: D) -> Result<Amount, D::Error> {
    Amount::parse(&String::deserialize(member)?).map_err(serde::de::Error::custom)
}

/// Reads a member as the account that is paid to.
pub fn payto<'de, D: Deserializer<'de>>(member: D) -> Result<Payto, D::Error> {
    Payto::parse(&String::deserialize(member)?).map_err(serde::de::Error::custom)
}
