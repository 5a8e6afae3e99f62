//! What the bank core knows of its customers: who is calling, and log-ins. Names are the same in capitals here, as at
//! many a bank.

use data_encoding::BASE64;
use serde_json::json;

use super::{Reply, Script};
use crate::wire::Head;

/// The password of every customer.
pub const CORE_PASSWORD: &str = "open sesame";
/// What a log-in yields, in its reply and as a cookie.
pub const CORE_SESSION: &str = "core-session-that-nobody-may-see";

/// The credential of a customer's session at the core.
pub fn core_credential(username: &str) -> String {
    format!("core-{username}")
}

/// The value of `Authorization` with a password.
pub fn basic(username: &str, password: &str) -> String {
    format!("Basic {}", BASE64.encode(format!("{username}:{password}").as_bytes()))
}

/// The endpoints that are there without a test's saying.
pub(super) fn script_for(method: &str, target: &str, head: &Head) -> Option<Script> {
    let mut parts = target.strip_prefix("/accounts/")?.split('/');
    let (username, rest) = (parts.next()?, parts.collect::<Vec<_>>());
    let caller = caller(head).filter(|(name, _)| name.eq_ignore_ascii_case(username));
    Some(match (method, rest.as_slice(), caller) {
        ("GET", [], Some((name, scope))) => {
            Script::say(&Reply::new(200).json(&json!({"username": name, "scope": scope})))
        }
        ("POST", ["token"], Some(_)) => Script::perform(&logged_in()),
        ("GET", [], None) | ("POST", ["token"], None) => Script::say(&unknown()),
        ("DELETE", ["token"], _) => Script::perform(&Reply::new(204)),
        _ => return None,
    })
}

fn logged_in() -> Reply {
    let cookie = format!("session={CORE_SESSION}; Secure; HttpOnly");
    Reply::new(200).header("set-cookie", &cookie).json(&json!({"access_token": CORE_SESSION, "scope": "readwrite"}))
}

fn unknown() -> Reply {
    Reply::new(401).header("www-authenticate", "Basic realm=\"core\"").json(&json!({"code": 5104, "hint": "no."}))
}

/// Who is calling, and what for: `Bearer core-NAME`, `Bearer core-NAME!SCOPE`, or a password.
fn caller(head: &Head) -> Option<(String, String)> {
    let authorization = head.one("authorization")?;
    let (scheme, credential) = authorization.split_once(' ')?;
    if scheme.eq_ignore_ascii_case("bearer") {
        let session = credential.strip_prefix("core-")?;
        let (name, scope) = session.split_once('!').unwrap_or((session, "readwrite"));
        return Some((name.to_owned(), scope.to_owned()));
    }
    let decoded = String::from_utf8(BASE64.decode(credential.as_bytes()).ok()?).ok()?;
    let (name, password) = decoded.split_once(':')?;
    (password == CORE_PASSWORD).then(|| (name.to_owned(), "readwrite".to_owned()))
}
