//! A request of someone known. Who calls is settled before a byte of the body is read; only then is anything parsed.
//!
//! What a caller may do is not decided here.

use std::{future::Future, pin::Pin};

use super::{
    accept_language,
    body::ApiBody,
    code::Code,
    error::ApiError,
    headers::{Authorization, IdempotencyKey, TanToken},
    json::Body,
    path,
    query::Query,
};
use crate::{
    domain::{
        caller::{AccessToken, Deed, Scope},
        challenge::Idempotency,
        channel::Channel,
        id::{AccessTokenId, ChallengeId},
        language::Language,
        operation::{OperationDigest, body_sha256},
        secret::SecretHash,
        username::Username,
    },
    service::{ProtectedRequest, Service},
};
use actix_web::{
    FromRequest, HttpRequest,
    dev::Payload,
    http::{Method, header::ACCEPT},
};

/// Stands in the data of a listener at which not every credential is known; where it does not, each is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KnownHere {
    /// Accounts' own alone: at the listener that faces the world.
    Accounts,
    /// Operators' alone: at a listener of theirs.
    Operators,
    /// All but operators': at the API's, where operators have a listener to themselves.
    AllButOperators,
}

impl KnownHere {
    const fn knows(self, scope: Scope) -> bool {
        match self {
            Self::Accounts => scope.is_of_account(),
            Self::Operators => matches!(scope, Scope::Admin),
            Self::AllButOperators => !matches!(scope, Scope::Admin),
        }
    }
}

/// A request of someone known, with its body. Extracting it fails with 401/40 before anything else is looked at (in mode
/// `upstream` the path says whom the bank core is asked about: 400/26 when it names nobody, 403/44 when it is not the
/// caller), then with 413/32 or 415/28. No `Debug`: the body may carry a TAN.
pub struct Call {
    /// The use cases.
    pub service: Service,
    /// Who calls.
    pub caller: AccessToken,
    request: HttpRequest,
    body: ApiBody,
}

impl Call {
    /// The segment `{username}`; 400/26 when it is no username, or not one that is spelled as names are here.
    pub fn username(&self) -> Result<Username, ApiError> {
        let username = path::username(&self.request)?;
        self.service.refuse_spelling(&username)?;
        Ok(username)
    }

    /// Refuses who may not do `deed`, 403/44, before anything is looked at that the body says: who may not act learns
    /// nothing of its form.
    pub fn permit(&self, deed: Deed, username: &Username) -> Result<(), ApiError> {
        self.caller.may(deed, username).map_err(|_| ApiError::new(Code::Forbidden))
    }

    /// The segment `{channel}` for a request that does `deed`. Who may not do that deed is told so first, 403/44; where
    /// there is no such channel, everyone else is told 409/5132; with DELETE 404/5132.
    pub fn channel(&self, deed: Deed) -> Result<Channel, ApiError> {
        self.channel_at("channel", deed)
    }

    /// The same for the segment `{challenge}`, which names a channel where a challenge is asked for.
    pub fn wanted_channel(&self) -> Result<Channel, ApiError> {
        self.channel_at("challenge", Deed::Prove)
    }

    /// The segment `{challenge}` as an id; 400/26 when it is none.
    pub fn challenge_id(&self) -> Result<ChallengeId, ApiError> {
        path::id(&self.request, "challenge", "challenge_id").map(ChallengeId::from_uuid)
    }

    /// The segment `{token_id}`; 400/26 when it is no id.
    pub fn token_id(&self) -> Result<AccessTokenId, ApiError> {
        path::id(&self.request, "token_id", "token_id").map(AccessTokenId::from_uuid)
    }

    /// The segment `{reservation_id}`; whether it is one is decided elsewhere.
    #[must_use]
    pub fn reservation(&self) -> &str {
        path::segment(&self.request, "reservation_id")
    }

    /// The query; 400/26 when it is malformed.
    pub fn query(&self) -> Result<Query, ApiError> {
        Query::parse(self.request.query_string())
    }

    /// Whether the client names `media_type` among what it takes, and does not refuse it. A range like `*/*` is not its name.
    #[must_use]
    pub fn accepts(&self, media_type: &str) -> bool {
        let values = self.request.headers().get_all(ACCEPT).filter_map(|value| value.to_str().ok());
        values.flat_map(|value| value.split(',')).any(|range| is_accepted(range, media_type))
    }

    /// Whether the answer's body is left out.
    #[must_use]
    pub fn is_head(&self) -> bool {
        self.request.method() == Method::HEAD
    }

    /// The body as a JSON object; 400/22 when it is none.
    pub fn object(&self) -> Result<Body, ApiError> {
        self.body.object()
    }

    /// The same where every member is optional: no body at all is an object without members.
    pub fn object_or_nothing(&self) -> Result<Body, ApiError> {
        self.body.object_or_nothing()
    }

    /// Which request this is exactly, and the proof that came with it; 400/23 when `TAN-Token` is malformed.
    pub fn protected(&self, username: &Username) -> Result<ProtectedRequest, ApiError> {
        let token = TanToken::read(self.request.headers())?;
        let presented = token.map(|token| SecretHash::of(token.reveal()));
        let language = self.language();
        Ok(ProtectedRequest { operation: self.digest(username).of_our_own(), presented, language })
    }

    /// The language that the client prefers of those that are spoken here.
    #[must_use]
    pub fn language(&self) -> Option<Language> {
        self.service.spoken(&accept_language::languages(&self.request))
    }

    /// The `Idempotency-Key` with the request it stands for; 400/23 when it is malformed.
    pub fn idempotency(&self, username: &Username) -> Result<Option<Idempotency>, ApiError> {
        let key = IdempotencyKey::read(self.request.headers())?;
        Ok(key.map(|key| Idempotency { key: SecretHash::of(key.as_str()), request: self.digest(username) }))
    }

    /// Over account, method, path with query and body, each exactly as it was sent.
    fn digest(&self, username: &Username) -> OperationDigest {
        let target = self.request.uri().path_and_query().map_or("", |target| target.as_str());
        OperationDigest::of(username, self.request.method().as_str(), target, &body_sha256(self.body.raw()))
    }

    fn channel_at(&self, segment: &str, deed: Deed) -> Result<Channel, ApiError> {
        let username = self.username()?;
        let unknown =
            if self.request.method() == Method::DELETE { Code::ChannelNotActive } else { Code::ChannelNotSupported };
        self.permit(deed, &username)?;
        path::channel(&self.request, segment).ok_or_else(|| ApiError::new(unknown))
    }
}

impl FromRequest for Call {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, ApiError>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, mut payload) = (request.clone(), payload.take());
        Box::pin(async move {
            let service = service(&request)?;
            let credential = Authorization::read(request.headers())?;
            let known_here = request.app_data::<KnownHere>().copied();
            // Where no customer is known, the bank core is not asked about one.
            let account = path::account(&request).filter(|_| known_here != Some(KnownHere::Operators));
            let caller = service.caller(credential.reveal(), account).await?;
            if known_here.is_some_and(|known_here| !known_here.knows(caller.scope)) {
                return Err(ApiError::new(Code::Unauthorized));
            }
            let body = body(&request, &mut payload).await?;
            Ok(Self { service, caller, request, body })
        })
    }
}

/// Whether one range of an `Accept` is that media type, with a weight that is not zero (RFC 9110 section 12.5.1).
fn is_accepted(range: &str, media_type: &str) -> bool {
    let mut parts = range.split(';').map(str::trim);
    let named = parts.next().is_some_and(|name| name.eq_ignore_ascii_case(media_type));
    let weight = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
    named && weight.is_none_or(|weight| weight.parse::<f32>().is_ok_and(|weight| weight > 0.0))
}

/// The use cases for a request of anyone.
pub struct Open(pub Service);

impl FromRequest for Open {
    type Error = ApiError;
    type Future = std::future::Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        std::future::ready(service(request).map(Self))
    }
}

/// The body of a request of anyone; 413/32, 415/28 or, when it takes too long, 400/22. No `Debug`: it may carry a TAN.
pub struct Sent(pub ApiBody);

impl FromRequest for Sent {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, ApiError>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, mut payload) = (request.clone(), payload.take());
        Box::pin(async move { body(&request, &mut payload).await.map(Self) })
    }
}

/// The body, where one has a meaning: with GET and HEAD it has none (RFC 9110 section 9.3.1), and is not read.
async fn body(request: &HttpRequest, payload: &mut Payload) -> Result<ApiBody, ApiError> {
    if matches!(*request.method(), Method::GET | Method::HEAD) {
        return Ok(ApiBody::none());
    }
    ApiBody::from_request(request, payload).await
}

/// The use cases that this listener was given.
fn service(request: &HttpRequest) -> Result<Service, ApiError> {
    request.app_data::<Service>().cloned().ok_or_else(|| {
        tracing::error!("this listener was given no use cases; the request was refused");
        ApiError::new(Code::TemporarilyUnavailable)
    })
}

#[cfg(test)]
mod tests;
