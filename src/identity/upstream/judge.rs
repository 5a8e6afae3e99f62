//! What a reply of the bank core means. Pure: a status and a body in, a verdict out.

use serde_json::Value;

use super::{UpstreamError, Verdict};
use crate::domain::{caller::Scope, username::Username};

/// Where in the body of a yes its details stand.
#[derive(Clone, Debug, Default)]
pub(super) struct Pointers {
    /// The caller's name.
    pub username: Option<String>,
    /// The credential's scope.
    pub scope: Option<String>,
}

/// 2xx is a yes, as far as the pointers do not say less; 401, 403 and 404 are a no; all else is no answer.
pub(super) fn judge(
    pointers: &Pointers,
    username: &Username,
    status: u16,
    body: &[u8],
) -> Result<Verdict, UpstreamError> {
    match status {
        200..=299 => details(pointers, username, body),
        401 | 403 | 404 => Ok(Verdict::Unknown),
        other => Err(UpstreamError::Status(other)),
    }
}

fn details(pointers: &Pointers, username: &Username, body: &[u8]) -> Result<Verdict, UpstreamError> {
    if pointers.username.is_none() && pointers.scope.is_none() {
        return Ok(Verdict::Known(Scope::ReadWrite));
    }
    let reply: Value = serde_json::from_slice(body).map_err(|_| UpstreamError::NotJson)?;
    if let Some(pointer) = &pointers.username {
        let name = reply.pointer(pointer).and_then(Value::as_str).ok_or(UpstreamError::NoName)?;
        if name != username.as_str() {
            return Ok(Verdict::AnotherAccount);
        }
    }
    Ok(Verdict::Known(scope(pointers.scope.as_deref(), &reply)))
}

/// Whatever is not `readwrite`, absent or no text, only reads.
fn scope(pointer: Option<&str>, reply: &Value) -> Scope {
    match pointer.map(|pointer| reply.pointer(pointer).and_then(Value::as_str)) {
        None => Scope::ReadWrite,
        Some(Some(name)) if name == Scope::ReadWrite.name() => Scope::ReadWrite,
        Some(_) => Scope::ReadOnly,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(pointers: &Pointers, status: u16, body: &str) -> Result<Verdict, String> {
        let alice = Username::parse("alice").unwrap();
        judge(pointers, &alice, status, body.as_bytes()).map_err(|error| format!("{error:?}"))
    }

    fn both() -> Pointers {
        Pointers { username: Some("/user/name".to_owned()), scope: Some("/scope".to_owned()) }
    }

    #[test]
    fn without_pointers_the_status_says_all() {
        for status in [200, 201, 204, 299] {
            assert_eq!(judged(&Pointers::default(), status, "no JSON"), Ok(Verdict::Known(Scope::ReadWrite)));
        }
    }

    #[test]
    fn three_statuses_are_a_no_and_all_others_are_no_answer() {
        let yes = r#"{"user":{"name":"alice"},"scope":"readwrite"}"#;
        for pointers in [Pointers::default(), both()] {
            for status in 100..=599 {
                let verdict = judged(&pointers, status, yes);
                match status {
                    200..=299 => assert_eq!(verdict, Ok(Verdict::Known(Scope::ReadWrite)), "{status}"),
                    401 | 403 | 404 => assert_eq!(verdict, Ok(Verdict::Unknown), "{status}"),
                    _ => assert_eq!(verdict, Err(format!("Status({status})"))),
                }
            }
        }
    }

    #[test]
    fn another_name_is_another_account_to_the_letter() {
        for (name, verdict) in [
            ("alice", Verdict::Known(Scope::ReadWrite)),
            ("Alice", Verdict::AnotherAccount),
            ("alice ", Verdict::AnotherAccount),
            ("bob", Verdict::AnotherAccount),
            ("", Verdict::AnotherAccount),
        ] {
            let body = format!(r#"{{"user":{{"name":"{name}"}},"scope":"readwrite"}}"#);
            assert_eq!(judged(&both(), 200, &body), Ok(verdict), "{name:?}");
        }
    }

    #[test]
    fn a_reply_that_cannot_be_understood_is_no_answer() {
        for (body, error) in [
            ("", "NotJson"),
            ("{", "NotJson"),
            ("{} {}", "NotJson"),
            ("\u{0}", "NotJson"),
            ("{}", "NoName"),
            ("[]", "NoName"),
            (r#"{"user":"alice"}"#, "NoName"),
            (r#"{"user":{"name":7}}"#, "NoName"),
            (r#"{"user":{"name":null}}"#, "NoName"),
            (r#"{"user":{"name":["alice"]}}"#, "NoName"),
        ] {
            assert_eq!(judged(&both(), 200, body), Err(error.to_owned()), "{body:?}");
        }
    }

    #[test]
    fn a_scope_that_is_not_readwrite_only_reads() {
        let pointers = Pointers { username: None, ..both() };
        for (scope, expected) in [
            (r#""readwrite""#, Scope::ReadWrite),
            (r#""readonly""#, Scope::ReadOnly),
            (r#""admin""#, Scope::ReadOnly),
            (r#""READWRITE""#, Scope::ReadOnly),
            (r#""readwrite refreshable""#, Scope::ReadOnly),
            (r#"["readwrite"]"#, Scope::ReadOnly),
            ("null", Scope::ReadOnly),
        ] {
            let body = format!(r#"{{"scope":{scope}}}"#);
            assert_eq!(judged(&pointers, 200, &body), Ok(Verdict::Known(expected)), "{scope}");
        }
        assert_eq!(judged(&pointers, 200, "{}"), Ok(Verdict::Known(Scope::ReadOnly)));
    }
}
