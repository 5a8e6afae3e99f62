//! The name of a request, in logs, in the reply and in the trail.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use actix_web::http::header::{HeaderMap, HeaderValue};
use data_encoding::HEXLOWER;

use crate::{domain::chance::Chance, http::header_names::X_REQUEST_ID};

const LONGEST: usize = 128;
/// What the service's own tokens begin with.
const SECRETS: [&str; 2] = ["secret-token:", "tan_"];

/// The name of a request: 1 to 128 of `[A-Za-z0-9._:-]`, and none of the service's tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestId(Arc<str>);

impl RequestId {
    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The caller's own name for the request, if it sent exactly one and a sane one: it goes into logs.
    fn sent(headers: &HeaderMap) -> Option<Self> {
        let mut values = headers.get_all(X_REQUEST_ID);
        let (value, None) = (values.next()?, values.next()) else { return None };
        value.to_str().ok().filter(|text| is_sane(text)).map(|text| Self(text.into()))
    }

    pub(super) fn header(&self) -> Option<HeaderValue> {
        HeaderValue::from_str(&self.0).ok()
    }
}

fn is_sane(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._:-".contains(&byte);
    // A credential that a client put into the wrong header is not repeated in every line of the log.
    let holds_a_token = SECRETS.iter().any(|prefix| text.contains(prefix));
    (1..=LONGEST).contains(&text.len()) && text.bytes().all(allowed) && !holds_a_token
}

/// Gives out names: 64 random bits of this process and a count, so that no two instances give the same.
pub struct RequestIds {
    process: String,
    given: AtomicU64,
}

impl RequestIds {
    /// Names that begin with bits of `chance`.
    #[must_use]
    pub fn new(chance: &dyn Chance) -> Self {
        Self { process: HEXLOWER.encode(&chance.bytes::<8>()), given: AtomicU64::new(0) }
    }

    /// The caller's name for the request, if it is sane; a new one otherwise.
    #[must_use]
    pub fn name(&self, headers: &HeaderMap) -> RequestId {
        RequestId::sent(headers).unwrap_or_else(|| {
            let count = self.given.fetch_add(1, Ordering::Relaxed);
            RequestId(format!("{}-{count:x}", self.process).into())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Sevens;

    impl Chance for Sevens {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(7);
        }
    }

    fn sent(values: &[&str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(X_REQUEST_ID, HeaderValue::from_str(value).unwrap());
        }
        headers
    }

    #[test]
    fn a_sane_name_is_kept() {
        let ids = RequestIds::new(&Sevens);
        let longest = "x".repeat(128);
        for name in ["a", "0197f5a0-8c2e:1.2_3", &longest] {
            assert_eq!(ids.name(&sent(&[name])).as_str(), name);
        }
    }

    #[test]
    fn any_other_is_replaced_by_a_new_one() {
        let ids = RequestIds::new(&Sevens);
        let too_long = "x".repeat(129);
        let others: [&[&str]; 9] = [
            &[],
            &[""],
            &["a b"],
            &["a\tb"],
            &["<script>"],
            &[&too_long],
            &["a", "a"],
            &["tan_0123456789"],
            &["x-secret-token:0123456789"],
        ];
        for (count, values) in others.into_iter().enumerate() {
            let name = ids.name(&sent(values));
            assert_eq!(name.as_str(), format!("0707070707070707-{count:x}"));
            assert_eq!(name.header().unwrap(), name.as_str());
        }
    }
}
