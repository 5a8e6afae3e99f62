//! A log-in whose answer is withheld has begun a session at the bank core that nobody has: it is ended there, where the
//! core offers a way. Nobody waits for it, and a failure is only logged: such a session runs out by itself.

use std::{future::poll_fn, pin::Pin, sync::Arc};

use http::{
    HeaderValue, Method, Request, Response,
    header::{AUTHORIZATION, HOST},
};
use http_body::Body;
use hyper::body::Incoming;
use tokio::time::timeout;
use zeroize::Zeroizing;

use crate::{
    domain::username::Username,
    gateway::{body::Outgoing, gate::Shared, upstream::Unanswered},
    settings::Revocation,
};

/// The largest answer to a log-in that is looked into, in bytes.
const LARGEST_ANSWER: usize = 64 << 10;

/// Why a session was not ended. Says nothing of what it was.
#[derive(Debug, thiserror::Error)]
enum Left {
    #[error("the bank core's answer to the log-in could not be read")]
    Unreadable,
    #[error("the bank core's answer has no token at revoke_token")]
    NoToken,
    #[error(transparent)]
    Unanswered(#[from] Unanswered),
    #[error("the bank core answered {0}")]
    Refused(u16),
}

/// Ends the session that `withheld` began, behind everyone's back.
pub(super) fn begin(shared: &Arc<Shared>, revocation: &Revocation, account: &Username, withheld: Response<Incoming>) {
    let (shared, revocation, account) = (Arc::clone(shared), revocation.clone(), account.clone());
    let (tasks, runtime) = (shared.tasks.clone(), shared.runtime.clone());
    let revoking = async move {
        let revoked = timeout(shared.patience, revoke(&shared, &revocation, &account, withheld)).await;
        if let Err(left) = revoked.unwrap_or(Err(Left::Unanswered(Unanswered::TimedOut))) {
            tracing::warn!(error = %left, "a withheld log-in's session could not be ended at the bank core; it runs out by itself");
        }
    };
    drop(tasks.spawn_on(revoking, &runtime));
}

async fn revoke(
    shared: &Shared,
    revocation: &Revocation,
    account: &Username,
    withheld: Response<Incoming>,
) -> Result<(), Left> {
    let answer = read(withheld.into_body()).await?;
    let credential = credential(&answer, &revocation.token)?;
    let path = revocation.path.as_str().replace("{username}", account.as_str());
    let mut request = Request::new(Outgoing::Empty);
    *request.method_mut() = Method::from_bytes(revocation.method.as_bytes()).map_err(|_| Left::Unreadable)?;
    *request.uri_mut() = shared.place.locate(&path).map_err(|_| Left::Unreadable)?;
    request.headers_mut().insert(HOST, shared.introduction.host.clone());
    request.headers_mut().insert(AUTHORIZATION, credential);
    let status = shared.operations.send(request).await?.status();
    if status.is_success() { Ok(()) } else { Err(Left::Refused(status.as_u16())) }
}

async fn read(mut body: Incoming) -> Result<Zeroizing<Vec<u8>>, Left> {
    let mut answer = Zeroizing::new(Vec::with_capacity(LARGEST_ANSWER));
    while let Some(frame) = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
        let Ok(bytes) = frame.map_err(|_| Left::Unreadable)?.into_data() else { continue };
        if answer.len() + bytes.len() > LARGEST_ANSWER {
            return Err(Left::Unreadable);
        }
        answer.extend_from_slice(&bytes);
    }
    Ok(answer)
}

/// The value of the `Authorization` header that the session's own token makes.
fn credential(answer: &[u8], pointer: &str) -> Result<HeaderValue, Left> {
    let answer: serde_json::Value = serde_json::from_slice(answer).map_err(|_| Left::Unreadable)?;
    let token = answer.pointer(pointer).and_then(serde_json::Value::as_str).ok_or(Left::NoToken)?;
    let written = Zeroizing::new(format!("Bearer {token}"));
    let mut value = HeaderValue::from_str(&written).map_err(|_| Left::NoToken)?;
    value.set_sensitive(true);
    Ok(value)
}
