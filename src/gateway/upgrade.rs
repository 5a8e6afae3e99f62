//! WebSocket on routes that are not protected: after the bank core's 101 the two connections are one.
//!
//! The server reads whatever follows a request with `Upgrade: websocket` as raw bytes without an end, whatever its
//! headers say of a body. So such a request is a whole and right handshake, or it is refused and its connection closed.

use std::io;

use actix_web::{
    HttpRequest, HttpResponse,
    body::BodyStream,
    dev::Payload,
    http::{
        ConnectionType, Method, StatusCode, Version,
        header::{CONNECTION, CONTENT_LENGTH, HeaderMap, TRANSFER_ENCODING, UPGRADE},
    },
    web::{Bytes, BytesMut},
};
use futures_util::{Stream, StreamExt, stream};
use http::{HeaderValue, Response, header};
use hyper::{body::Incoming, upgrade::Upgraded};
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, ReadHalf, WriteHalf},
    time::timeout,
};
use tokio_util::sync::CancellationToken;

use super::{
    body::Outgoing,
    forward::outgoing,
    gate::Gate,
    headers::{self, Length},
    reply,
    upstream::Unanswered,
};
use crate::http::error::ApiError;

/// Bytes that are read at once out of a tunnel.
const PIECE: usize = 16 * 1024;

/// Whether the server reads this request's body as raw bytes without an end.
#[must_use]
pub fn is_raw(request: &HttpRequest) -> bool {
    let websocket = |value: &[u8]| value.trim_ascii().eq_ignore_ascii_case(b"websocket");
    let headers = request.headers();
    let asks = headers.get_all(UPGRADE).any(|value| websocket(value.as_bytes()));
    (asks && !headers.contains_key(TRANSFER_ENCODING)) || request.method() == Method::CONNECT
}

/// Passes a handshake on; after a 101, both directions. 400/23 for what is no handshake.
pub async fn tunnel(gate: &Gate, request: &HttpRequest, payload: Payload) -> Result<HttpResponse, ApiError> {
    if !is_handshake(request) {
        return Err(refused());
    }
    let mut handshake = outgoing(gate, request, Length::None, Outgoing::Empty)?;
    handshake.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
    handshake.headers_mut().insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    let answer = timeout(gate.patience(), gate.fresh().send(handshake)).await;
    let answer = answer.unwrap_or(Err(Unanswered::TimedOut))?;
    if answer.status() == http::StatusCode::SWITCHING_PROTOCOLS {
        return joined(gate, answer, payload).await;
    }
    let mut reply = reply::passed_on(request, answer)?;
    // What the client sends next would still be read as the raw bytes of this request.
    reply.head_mut().set_connection_type(ConnectionType::Close);
    Ok(reply)
}

/// 400/23: an upgrade where there is none.
#[must_use]
pub fn refused() -> ApiError {
    ApiError::header("Upgrade", "must not stand here")
}

fn is_handshake(request: &HttpRequest) -> bool {
    let headers = request.headers();
    let asked = headers.get_all(CONNECTION).any(|value| {
        let mut options = value.as_bytes().split(|byte| *byte == b',');
        options.any(|option| option.trim_ascii().eq_ignore_ascii_case(b"upgrade"))
    });
    asked
        && request.method() == Method::GET
        && request.version() == Version::HTTP_11
        && !has_body(headers)
        && headers.get_all(UPGRADE).count() == 1
}

fn has_body(headers: &HeaderMap) -> bool {
    headers.contains_key(CONTENT_LENGTH) || headers.contains_key(TRANSFER_ENCODING)
}

async fn joined(gate: &Gate, answer: Response<Incoming>, payload: Payload) -> Result<HttpResponse, ApiError> {
    let mut reply = HttpResponse::build(StatusCode::SWITCHING_PROTOCOLS).upgrade("websocket").finish();
    let protocols: http::HeaderMap = answer.headers().clone();
    headers::to_client(&protocols, reply.headers_mut());
    let core = hyper::upgrade::on(answer).await.map_err(|_| Unanswered::HungUp)?;
    let (from_core, to_core) = tokio::io::split(TokioIo::new(core));
    actix_web::rt::spawn(carry(payload, to_core, gate.ended().clone()));
    let ended = gate.ended().clone().cancelled_owned();
    Ok(reply.set_body(BodyStream::new(Box::pin(bytes_of(from_core).take_until(ended)))).map_into_boxed_body())
}

type Tunnel = TokioIo<Upgraded>;

/// Carries what the client sends until one side ends, or the service does.
async fn carry(mut payload: Payload, mut to_core: WriteHalf<Tunnel>, ended: CancellationToken) {
    let carried = async {
        while let Some(Ok(bytes)) = payload.next().await {
            if to_core.write_all(&bytes).await.is_err() {
                return;
            }
        }
        // The core learns that the client is gone; where it is gone itself, there is nobody to tell.
        if to_core.shutdown().await.is_err() {
            tracing::debug!("the bank core left a tunnel first");
        }
    };
    ended.run_until_cancelled(carried).await;
}

fn bytes_of(from_core: ReadHalf<Tunnel>) -> impl Stream<Item = io::Result<Bytes>> {
    stream::try_unfold(from_core, |mut from_core| async move {
        let mut piece = BytesMut::with_capacity(PIECE);
        let read = from_core.read_buf(&mut piece).await?;
        Ok((read > 0).then(|| (piece.freeze(), from_core)))
    })
}

#[cfg(test)]
mod tests;
