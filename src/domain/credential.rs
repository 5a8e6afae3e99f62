//! What stands in an `Authorization` header: a credential of this service, or one that only somebody else can judge.
//!
//! Whether a credential is a good one is not decided here.

use uuid::Uuid;
use zeroize::Zeroizing;

use super::{
    id::AccessTokenId,
    keys::{KeyError, KeyRing, framed},
    username::Username,
};

/// What stands before the secret of a bearer credential (RFC 8959).
const SECRET_TOKEN: &str = "secret-token:";
/// 256 bits in url-safe base64.
const SHORTEST_SECRET: usize = 43;
/// More than any credential of ours has; an upper bound for what is hashed.
const LONGEST_SECRET: usize = 512;
/// What the keyed hash of a foreign credential is for.
const FOREIGN_SESSION: &str = "foreign session";
/// What the keyed hash of a question about a foreign credential is for.
const QUESTION: &str = "question about a foreign credential";

/// The scheme of a credential (RFC 9110 section 11.1), as far as it matters here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// A bearer token (RFC 6750): made for one session, and ended with it.
    Bearer,
    /// Any other, like a password that is sent with each request (RFC 7617): no log-out ends it.
    Other,
}

impl Scheme {
    /// The scheme of an `Authorization` header's value.
    #[must_use]
    pub fn of(authorization: &str) -> Self {
        if bearer(authorization).is_some() { Self::Bearer } else { Self::Other }
    }
}

/// The token of a bearer credential, whoever made it: one run of visible ASCII characters. `None` for another scheme and any
/// other form.
#[must_use]
pub fn bearer(authorization: &str) -> Option<&str> {
    let (scheme, token) = authorization.split_once(' ')?;
    let token = token.trim_matches(' ');
    let well_formed = !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic());
    (scheme.eq_ignore_ascii_case("bearer") && well_formed).then_some(token)
}

/// The bearer credential in an `Authorization` header's value: `secret-token:` and 43 or more url-safe characters, which
/// is the form of this service's own. `None` for another scheme and any other form.
#[must_use]
pub fn secret_token(authorization: &str) -> Option<&str> {
    bearer(authorization).filter(|token| is_secret_token(token))
}

fn is_secret_token(text: &str) -> bool {
    text.strip_prefix(SECRET_TOKEN).is_some_and(|secret| {
        let url_safe = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        (SHORTEST_SECRET..=LONGEST_SECRET).contains(&secret.len()) && secret.bytes().all(url_safe)
    })
}

/// The session that a foreign credential is: the same for the same credential, for as long as the ring has the same oldest key.
/// Who has the id, even with the whole database, learns nothing of the credential without the key. The scheme's case and
/// the blanks around the credential are no part of it (RFC 9110 section 11.4).
pub fn foreign_session(ring: &KeyRing, authorization: &str) -> Result<AccessTokenId, KeyError> {
    let (scheme, credential) = authorization.trim_matches(' ').split_once(' ').unwrap_or((authorization, ""));
    let mut whole = Zeroizing::new(String::with_capacity(authorization.len().saturating_add(1)));
    whole.push_str(scheme);
    whole.make_ascii_lowercase();
    whole.push(' ');
    whole.push_str(credential.trim_matches(' '));
    let hash = ring.look_up(FOREIGN_SESSION, whole.as_bytes())?;
    let mut bytes = [0; 16];
    for (to, from) in bytes.iter_mut().zip(hash) {
        *to = from;
    }
    // Version 8: made by a rule of our own. It is never an id of a row, which is a `UUIDv7`.
    let uuid: Uuid = uuid::Builder::from_custom_bytes(bytes).into_uuid();
    Ok(AccessTokenId::from_uuid(uuid))
}

/// By what an answer about a foreign credential is found again: the same for the same header to the byte and the same
/// account alone, whatever stands in either.
pub fn question(ring: &KeyRing, authorization: &str, account: Option<&Username>) -> Result<[u8; 32], KeyError> {
    let mut whole = Zeroizing::new(Vec::with_capacity(authorization.len().saturating_add(256)));
    framed(&mut whole, authorization.as_bytes());
    if let Some(account) = account {
        framed(&mut whole, account.as_str().as_bytes());
    }
    ring.look_up(QUESTION, &whole)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::keys::{KeyId, tests::ring};

    fn credential() -> String {
        format!("secret-token:{}", "aZ0-_".repeat(9))
    }

    #[test]
    fn a_bearer_credential_is_read_whatever_the_case_of_its_scheme() {
        for scheme in ["Bearer", "bearer", "BEARER", "Bearer  "] {
            assert_eq!(secret_token(&format!("{scheme} {}", credential())), Some(&*credential()));
        }
    }

    #[test]
    fn what_has_not_the_form_of_our_own_is_none_of_ours() {
        let short = format!("Bearer secret-token:{}", "a".repeat(42));
        let long = format!("Bearer secret-token:{}", "a".repeat(513));
        let odd = format!("Bearer secret-token:{}=", "a".repeat(43));
        let bare = format!("Bearer {}", "a".repeat(60));
        for sent in ["", "Bearer", "Bearer ", "Basic YTpi", &short, &long, &odd, &bare, &credential(), "Bearer \u{e9}"]
        {
            assert_eq!(secret_token(sent), None, "{sent:?}");
        }
    }

    #[test]
    fn one_foreign_credential_is_one_session() {
        let session = |sent: &str| foreign_session(&ring(), sent).unwrap();
        assert_eq!(session("Bearer abc"), session("Bearer abc"));
        assert_eq!(session("Bearer abc"), session("bearer   abc "));
        assert_eq!(session("Bearer abc").as_uuid().get_version_num(), 8);
        for other in ["Bearer abd", "Bearer ABC", "Basic abc", "Bearerabc", "abc", "", "Bearer"] {
            assert_ne!(session(other), session("Bearer abc"), "{other:?}");
        }
    }

    #[test]
    fn a_bearer_token_is_told_from_a_password() {
        for (sent, token) in
            [("Bearer abc", "abc"), ("bEARER   a.b-c_d~e+f/g== ", "a.b-c_d~e+f/g=="), ("Bearer a:b", "a:b")]
        {
            assert_eq!((bearer(sent), Scheme::of(sent)), (Some(token), Scheme::Bearer));
        }
        for sent in [
            "",
            "Bearer",
            "Bearer ",
            "Basic abc",
            "Bearerabc abc",
            "Bearer a b",
            "Bearer\tabc",
            "Bearer \u{e9}",
            " Bearer a",
        ] {
            assert_eq!((bearer(sent), Scheme::of(sent)), (None, Scheme::Other), "{sent:?}");
        }
    }

    #[test]
    fn no_two_questions_are_one() {
        let ask = |sent: &str, account: Option<&str>| {
            let account = account.map(|name| Username::parse(name).unwrap());
            question(&ring(), sent, account.as_ref()).unwrap()
        };
        let questions = [
            ("Bearer abc", None),
            ("Bearer abc", Some("alice")),
            ("Bearer abc", Some("Alice")),
            ("Bearer abcalice", None),
            ("Bearer ab", Some("calice")),
            ("Bearer abca", Some("lice")),
            ("bearer abc", Some("alice")),
            ("Bearer  abc", Some("alice")),
            ("Bearer abc\0\0\0\u{5}alice", None),
        ];
        let asked: std::collections::BTreeSet<_> =
            questions.iter().map(|(sent, account)| ask(sent, *account)).collect();
        assert_eq!(asked.len(), questions.len());
        assert_eq!(ask("Bearer abc", Some("alice")), ask("Bearer abc", Some("alice")));
    }

    #[test]
    fn a_foreign_session_is_known_under_its_key_alone() {
        let other = KeyRing::new(&[(KeyId(1), Zeroizing::new([9; 32]))], KeyId(1)).unwrap();
        assert_ne!(foreign_session(&ring(), "Bearer abc"), foreign_session(&other, "Bearer abc"));
    }

    proptest! {
        #[test]
        fn a_header_holds_a_credential_of_our_own_if_and_only_if_it_has_that_form(
            raw in prop_oneof![
                "\\PC*",
                any::<String>(),
                "[Bb]earer {1,2}secret-token:[A-Za-z0-9_-]{41,60}[ =\t+]?",
                "(Bearer|Basic|bearer) (secret-token:|Secret-token:|tan_)[A-Za-z0-9_-]{43}( secret-token:)?",
                "Bearer secret-token:[A-Za-z0-9_-]{510,514}",
            ],
        ) {
            let form = regex::Regex::new("^(?i:bearer) +(secret-token:[A-Za-z0-9_-]{43,512}) *$").unwrap();
            let wanted = form.captures(&raw).and_then(|found| found.get(1)).map(|found| found.as_str());
            prop_assert_eq!(secret_token(&raw), wanted);
        }

        #[test]
        fn two_headers_are_one_foreign_session_only_when_they_say_the_same(
            scheme in "[A-Za-z]{1,8}", one in "[!-~]{1,12}", other in prop_oneof!["[!-~]{1,12}", any::<String>()], blanks in " {1,3}",
        ) {
            let session = |sent: &str| foreign_session(&ring(), sent).unwrap();
            let first = session(&format!("{scheme} {one}"));
            prop_assert_eq!(session(&format!("{}{blanks}{one} ", scheme.to_uppercase())), first);
            prop_assert_eq!(session(&format!("{scheme} {other}")) == first, other.trim_matches(' ') == one);
            prop_assert!(!first.is_local());
        }
    }
}
