//! The one request that a bound token is for, as a digest (PSD2 RTS art. 5(1)(b)–(d)).

use sha2::{Digest, Sha256};

use super::{keys::framed, username::Username};

const TAG: &[u8] = b"tanager-operation-v1\0";
const RESOLVED_TAG: &[u8] = b"tanager-resolved-v1\0";
const OWN_TAG: &[u8] = b"tanager-own-operation-v1\0";

/// SHA-256 over account, method, path with query, and the body's SHA-256: byte for byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OperationDigest([u8; 32]);

impl OperationDigest {
    /// The digest of a request. `path_and_query` is exactly as it was sent.
    #[must_use]
    pub fn of(username: &Username, method: &str, path_and_query: &str, body_sha256: &[u8; 32]) -> Self {
        let mut message = TAG.to_vec();
        for part in [username.as_str().as_bytes(), method.as_bytes(), path_and_query.as_bytes(), body_sha256] {
            framed(&mut message, part);
        }
        Self(Sha256::digest(&message).into())
    }

    /// The digest of the same request where it says less than it does: `resolved` is what its body leaves to the
    /// account's data. When that changes, the operation is another one (PSD2 RTS art. 5(1)(d)).
    #[must_use]
    pub fn resolved_to(&self, resolved: &str) -> Self {
        self.told_apart(RESOLVED_TAG, resolved)
    }

    /// The digest of the same request where it is one of the service's own operations. A bank core may have one with the
    /// same method and path, whose summary says other things of the same body: who approved that approved nothing here.
    #[must_use]
    pub fn of_our_own(&self) -> Self {
        self.told_apart(OWN_TAG, "")
    }

    fn told_apart(&self, tag: &[u8], by: &str) -> Self {
        let mut message = tag.to_vec();
        for part in [self.0.as_slice(), by.as_bytes()] {
            framed(&mut message, part);
        }
        Self(Sha256::digest(&message).into())
    }

    /// A digest read from a row.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes, for a row.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// The SHA-256 of a body.
#[must_use]
pub fn body_sha256(body: &[u8]) -> [u8; 32] {
    Sha256::digest(body).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use data_encoding::HEXLOWER;

    #[test]
    fn the_digests_are_those_of_the_published_vectors() {
        let vectors: serde_json::Value = serde_json::from_str(include_str!("../../tests/vectors.json")).unwrap();
        let vectors = vectors["operation_digest"].as_array().unwrap();
        assert_eq!(vectors.len(), 6);
        for vector in vectors {
            let text = |name: &str| vector[name].as_str().unwrap().to_owned();
            let body = HEXLOWER.decode(text("body_hex").as_bytes()).unwrap();
            let username = Username::parse(&text("username")).unwrap();
            let digest = OperationDigest::of(&username, &text("method"), &text("path_and_query"), &body_sha256(&body));
            assert_eq!(HEXLOWER.encode(digest.as_bytes()), text("digest"));
        }
    }
}
