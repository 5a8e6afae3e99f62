//! A protected operation: its caller is known before anything else, then it is read whole, named by its digest, shown,
//! cleared, sent once, and settled by what was seen of it.
//!
//! From the moment a token is held, all of it runs on the program's own threads: a client that hangs up leaves nothing
//! half done.

mod attempt;
mod revocation;

use actix_web::{HttpRequest, HttpResponse, dev::Payload, http::Method, web::Bytes};
use http::{HeaderName, HeaderValue, Request, header::AUTHORIZATION};
use tracing::Instrument;

use self::attempt::{Described, Ended, Errand};
use super::{
    body::Outgoing,
    forward,
    gate::Gate,
    headers::{Length, value_of},
    proof, reply,
    summary::{Shown, Unshowable, approval_of},
    target::Target,
    upgrade,
};
use crate::{
    domain::{
        assurance::Assurance,
        caller::AccessToken,
        operation::{OperationDigest, body_sha256},
        rules::protect::Proof,
        summary::Approval,
        username::Username,
    },
    http::{
        body::ApiBody, code::Code, error::ApiError, handlers::taler::challenged, headers::Authorization,
        middleware::RequestId,
    },
    settings::{KnownBy, Operation},
};

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const X_TAN_ACCOUNT: HeaderName = HeaderName::from_static("x-tan-account");

/// A request for a protected operation.
pub struct Sent<'a> {
    /// As it came.
    pub request: &'a HttpRequest,
    /// What it asks for.
    pub operation: &'a Operation,
    /// The account that its path names.
    pub account: Username,
    /// Its name, in logs and for the bank core.
    pub name: RequestId,
}

/// How a protected operation was answered.
pub enum Answer {
    /// By the bank core.
    Core(HttpResponse),
    /// By us: what is missing.
    Own(HttpResponse),
}

/// Serves a protected operation.
pub async fn serve(gate: &Gate, sent: Sent<'_>, payload: Payload) -> Result<Answer, ApiError> {
    if upgrade::is_raw(sent.request) {
        return Err(upgrade::refused());
    }
    let caller = sent.caller(gate).await?;
    let reads = matches!(*sent.request.method(), Method::GET | Method::HEAD);
    if let Some(caller) = &caller {
        let begun = caller.may_begin(&sent.operation.name, reads, &sent.account);
        begun.map_err(|_| ApiError::new(Code::Forbidden))?;
    }
    let proof = proof::read(sent.request.headers(), |id| gate.service().has_given_out(&sent.account, id))?;
    let body = ApiBody::in_time(sent.request.headers(), payload, sent.largest_body(gate)).await?.into_raw();
    let errand = Errand {
        caller,
        name: sent.operation.name.clone(),
        reads,
        closes_account: sent.operation.closes_account,
        revocation: sent.operation.revocation.clone(),
        described: sent.described(&body, proof)?,
        request: sent.outgoing(gate, body)?,
    };
    let shared = std::sync::Arc::clone(gate.shared());
    let task = gate.shared().tasks.spawn_on(errand.run(shared).in_current_span(), &gate.shared().runtime);
    let ended = task.await.map_err(|error| {
        tracing::error!(error = %error, "an operation broke off; its token lapses");
        ApiError::new(Code::TemporarilyUnavailable)
    })?;
    Ok(match ended? {
        Ended::Answered(answer) => Answer::Core(reply::passed_on(sent.request, answer)?),
        Ended::Challenged(challenges) => Answer::Own(challenged(challenges)),
    })
}

impl Sent<'_> {
    /// Who calls; `None` where only the bank core's answer will say. Nothing is told to a stranger.
    async fn caller(&self, gate: &Gate) -> Result<Option<AccessToken>, ApiError> {
        match self.operation.identity {
            KnownBy::Response => Ok(None),
            KnownBy::Request => {
                let credential = Authorization::read(self.request.headers())?;
                Ok(Some(gate.service().customer(credential.reveal(), &self.account).await?))
            }
        }
    }

    /// A log-in's body is read before anyone is known: it is small, and strangers fill no memory with it.
    fn largest_body(&self, gate: &Gate) -> usize {
        let largest = gate.shared().largest_body;
        match self.operation.identity {
            KnownBy::Request => largest,
            KnownBy::Response => largest.min(gate.service().limits().api_body),
        }
    }

    fn described(&self, body: &[u8], proof: Proof) -> Result<Described, ApiError> {
        Ok(Described {
            account: self.account.clone(),
            digest: self.digest(body),
            demand: self.operation.demand(),
            on_missing: self.operation.on_missing,
            summary: self.summary(body)?,
            proof,
        })
    }

    fn digest(&self, body: &[u8]) -> OperationDigest {
        let target = Target::of(self.request).path_and_query();
        OperationDigest::of(&self.account, self.request.method().as_str(), target, &body_sha256(body))
    }

    /// What the customer is shown; `None` where no proof is ever asked for.
    fn summary(&self, body: &[u8]) -> Result<Option<Approval>, ApiError> {
        if self.operation.assurance == Assurance::None {
            return Ok(None);
        }
        let target = Target::of(self.request);
        let segments = self.operation.path.segments().zip(target.path().split('/').skip(1));
        let params: Vec<_> =
            segments.filter_map(|(name, value)| Some((name.strip_prefix('{')?.strip_suffix('}')?, value))).collect();
        let shown = Shown {
            username: &self.account,
            path: target.path(),
            params: &params,
            query: target.query(),
            content_type: only_content_type(self.request),
            body,
        };
        Ok(Some(approval_of(self.operation, &shown)?))
    }

    /// The request as the bank core gets it, but for what names the proof.
    fn outgoing(&self, gate: &Gate, body: Bytes) -> Result<Request<Outgoing>, ApiError> {
        let length = match Length::announced(self.request) {
            Length::None => Length::None,
            Length::Known(_) | Length::Chunked => Length::Known(u64::try_from(body.len()).unwrap_or(u64::MAX)),
        };
        let mut request = forward::outgoing(gate, self.request, length, Outgoing::whole(body))?;
        let headers = request.headers_mut();
        headers.insert(X_REQUEST_ID, value_of(self.name.as_str().as_bytes())?);
        headers.insert(X_TAN_ACCOUNT, value_of(self.account.as_str().as_bytes())?);
        // A log-in's own credential is what the core is to judge: under another, its yes would say nothing.
        if let (Some(credential), KnownBy::Request) = (&gate.shared().credential, self.operation.identity) {
            headers.insert(AUTHORIZATION, HeaderValue::clone(credential));
        }
        Ok(request)
    }
}

/// What the body is said to be, if it is said once.
fn only_content_type(request: &HttpRequest) -> Option<&str> {
    let mut said = request.headers().get_all(actix_web::http::header::CONTENT_TYPE);
    let (Some(value), None) = (said.next(), said.next()) else { return None };
    value.to_str().ok()
}

impl From<Unshowable> for ApiError {
    fn from(unshowable: Unshowable) -> Self {
        Self::new(Code::ParameterMalformed).detail(unshowable.detail())
    }
}
