//! Requests that came with an `Idempotency-Key`: a repeat is answered like the first and moves nothing.

use std::collections::HashMap;

use actix_web::{HttpRequest, http::header::HeaderName};

use super::refusal::Refusal;
use crate::domain::{
    operation::{OperationDigest, body_sha256},
    username::Username,
};

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// A key, whose it is, and the request it stands for.
pub struct Named {
    owner: (Username, String),
    request: OperationDigest,
}

impl Named {
    /// Reads the header; `None` when absent, 400 when it stands twice or is no text.
    pub fn read(request: &HttpRequest, username: &Username, body: &[u8]) -> Result<Option<Self>, Refusal> {
        let mut values = request.headers().get_all(&IDEMPOTENCY_KEY);
        let key = match (values.next(), values.next()) {
            (None, _) => return Ok(None),
            (Some(value), None) => value.to_str().map_err(|_| MALFORMED)?.to_owned(),
            (Some(_), Some(_)) => return Err(MALFORMED),
        };
        let target = request.uri().path_and_query().map_or("", |target| target.as_str());
        let digest = OperationDigest::of(username, request.method().as_str(), target, &body_sha256(body));
        Ok(Some(Self { owner: (username.clone(), key), request: digest }))
    }
}

const MALFORMED: Refusal = Refusal::Header("The header Idempotency-Key must stand once.");

/// What was done under which key. Only what was done is kept: after a refusal the key is free.
#[derive(Default)]
pub struct Repeats(HashMap<(Username, String), (OperationDigest, u64)>);

impl Repeats {
    /// Does `first` once for each key; its number. Another request under the same key is refused.
    pub fn once(&mut self, named: Option<Named>, first: impl FnOnce() -> Result<u64, Refusal>) -> Result<u64, Refusal> {
        let Some(Named { owner, request }) = named else { return first() };
        match self.0.get(&owner) {
            Some((known, row_id)) if *known == request => Ok(*row_id),
            Some(_) => Err(Refusal::OtherRequest),
            None => {
                let row_id = first()?;
                self.0.insert(owner, (request, row_id));
                Ok(row_id)
            }
        }
    }
}
