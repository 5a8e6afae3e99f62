//! What a reply of an authorization server means (RFC 7662 section 2.2). Pure: a reply in, a verdict out.

use serde_json::{Map, Value};

use crate::{
    domain::{caller::Scope, time::Timestamp, username::Username},
    identity::{
        client::Reply,
        json,
        unclear::Unclear,
        verdict::{Verdict, Vouched},
    },
};

const MICROS_PER_SECOND: f64 = 1e6;

/// How an answer is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// The member that holds the username.
    pub username_claim: String,
    /// The word of `scope` without which a token only reads.
    pub readwrite_scope: String,
    /// What is to stand in `aud`; `None`: whatever does.
    pub audience: Option<String>,
}

/// An object with `active` is an answer, anything else is none. `null` counts as absent.
pub(super) fn judge(reading: &Reading, reply: &Reply) -> Result<Verdict, Unclear> {
    match reply.status {
        200 => {}
        // What is refused is us, not the caller.
        401 => return Err(Unclear::ClientRefused),
        other => return Err(Unclear::Status(other)),
    }
    let Some(Value::Object(mut said)) = json::parse(&reply.body) else { return Err(Unclear::NotJson) };
    said.retain(|_, value| !value.is_null());
    match said.get("active") {
        Some(Value::Bool(true)) if reading.is_meant_for_us(&said) => reading.vouched(&said).map(Verdict::Known),
        Some(Value::Bool(_)) => Ok(Verdict::Unknown),
        _ => Err(Unclear::NotSaid),
    }
}

impl Reading {
    /// Whether it is a bearer token, and one for this service as far as that is known. One that is bound to a key
    /// (`cnf`: RFC 8705, RFC 9449) is nothing without a proof that cannot be checked here.
    fn is_meant_for_us(&self, said: &Map<String, Value>) -> bool {
        let bearer = said.get("token_type").is_none_or(is_bearer);
        let audience =
            self.audience.as_ref().is_none_or(|wanted| said.get("aud").is_some_and(|aud| names(aud, wanted)));
        bearer && audience && !said.contains_key("cnf") && !self.is_the_clients(said)
    }

    /// Whether it is the client's own token: its `sub` may be the client's name, and whoever may choose what his client is
    /// called would choose a customer's (RFC 9068 section 5, RFC 9700 section 4.15).
    fn is_the_clients(&self, said: &Map<String, Value>) -> bool {
        said.get("client_id").is_some_and(|client| said.get(&self.username_claim) == Some(client))
    }

    fn vouched(&self, said: &Map<String, Value>) -> Result<Vouched, Unclear> {
        let name = said.get(&self.username_claim).and_then(Value::as_str).ok_or(Unclear::NoName("username_claim"))?;
        Ok(Vouched {
            owner: Username::parse(name).ok(),
            scope: self.scope(said.get("scope").and_then(Value::as_str).unwrap_or_default()),
            begins_at: moment(said, "nbf", f64::ceil)?,
            expires_at: moment(said, "exp", f64::floor)?,
        })
    }

    fn scope(&self, words: &str) -> Scope {
        if words.split(' ').any(|word| word == self.readwrite_scope) { Scope::ReadWrite } else { Scope::ReadOnly }
    }
}

fn is_bearer(kind: &Value) -> bool {
    kind.as_str().is_some_and(|kind| kind.eq_ignore_ascii_case("bearer"))
}

/// An audience is one text, or a list of them.
fn names(audience: &Value, wanted: &str) -> bool {
    match audience {
        Value::Array(all) => all.iter().any(|one| one == wanted),
        one => one == wanted,
    }
}

/// Seconds since 1970, with a fraction or without (RFC 7519 section 2); a fraction is read to the shorter life.
fn moment(
    said: &Map<String, Value>,
    member: &'static str,
    whole: fn(f64) -> f64,
) -> Result<Option<Timestamp>, Unclear> {
    let Some(value) = said.get(member) else { return Ok(None) };
    if let Some(seconds) = value.as_i64() {
        return Ok(Some(Timestamp::from_seconds(seconds)));
    }
    let seconds = value.as_f64().ok_or(Unclear::NoMoment(member))?;
    #[expect(clippy::cast_possible_truncation, reason = "a cast of a float saturates, as moments do")]
    let micros = (whole(seconds) * MICROS_PER_SECOND) as i64;
    Ok(Some(Timestamp::from_micros(micros)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn reading() -> Reading {
        let (username_claim, readwrite_scope) = ("sub".to_owned(), "readwrite".to_owned());
        Reading { username_claim, readwrite_scope, audience: None }
    }

    fn judged(reading: &Reading, status: u16, body: &str) -> Result<Verdict, String> {
        judge(reading, &Reply { status, body: body.as_bytes().to_vec() }).map_err(|error| format!("{error:?}"))
    }

    /// What becomes of a good token of Alice about which this is said too.
    fn with(reading: &Reading, member: &str, value: Value) -> Result<Verdict, String> {
        let mut said = json!({"active": true, "sub": "alice", "scope": "readwrite"});
        said[member] = value;
        judged(reading, 200, &said.to_string())
    }

    fn vouched() -> Vouched {
        Vouched::of(Username::parse("alice").ok(), Scope::ReadWrite)
    }

    fn known() -> Verdict {
        Verdict::Known(vouched())
    }

    fn unknown() -> Verdict {
        Verdict::Unknown
    }

    fn error(name: &str) -> Result<Verdict, String> {
        Err(name.to_owned())
    }

    #[test]
    fn only_an_object_with_status_200_that_says_active_is_an_answer() {
        let yes = r#"{"active":true,"sub":"alice","scope":"readwrite"}"#;
        assert_eq!(judged(&reading(), 200, yes), Ok(known()));
        assert_eq!(judged(&reading(), 401, yes), error("ClientRefused"));
        for status in (100..=599).filter(|status| ![200, 401].contains(status)) {
            assert_eq!(judged(&reading(), status, yes), Err(format!("Status({status})")));
        }
        assert_eq!(judged(&reading(), 200, r#"{"active":false}"#), Ok(unknown()));
        assert_eq!(judged(&reading(), 200, r#"{"active":false,"sub":"alice","exp":"x"}"#), Ok(unknown()));
        for none in ["", "<html>active</html>", "[]", "true", "{", r#"{"active":true,"active":true,"sub":"alice"}"#] {
            assert_eq!(judged(&reading(), 200, none), error("NotJson"), "{none}");
        }
        for unsaid in ["true", "TRUE", ""] {
            assert_eq!(with(&reading(), "active", json!(unsaid)), error("NotSaid"), "{unsaid}");
        }
        for unsaid in [json!(1), json!(null), json!([true]), json!({"active": true})] {
            assert_eq!(with(&reading(), "active", unsaid), error("NotSaid"));
        }
        assert_eq!(judged(&reading(), 200, r#"{"Active":true,"sub":"alice"}"#), error("NotSaid"));
    }

    #[test]
    fn the_claim_names_the_customer_and_without_one_there_is_no_answer() {
        for name in [json!(null), json!(7), json!(["alice"]), json!({"alice": true})] {
            assert_eq!(with(&reading(), "sub", name), error("NoName(\"username_claim\")"));
        }
        let other = Reading { username_claim: "user.name".to_owned(), ..reading() };
        assert_eq!(with(&other, "user", json!({"name": "alice"})), error("NoName(\"username_claim\")"));
        assert_eq!(with(&other, "user.name", json!("alice")), Ok(known()));
        for nobody in ["", "..", "a/b", "alice ", "alice\n", "\u{430}lice", "%61lice"] {
            let Ok(Verdict::Known(vouched)) = with(&reading(), "sub", json!(nobody)) else { panic!("{nobody}") };
            assert_eq!(vouched.owner, None, "{nobody}");
        }
    }

    #[test]
    fn a_scope_without_the_word_only_reads() {
        for (scope, expected) in [
            (json!("readwrite"), Scope::ReadWrite),
            (json!("openid readwrite email"), Scope::ReadWrite),
            (json!("openid"), Scope::ReadOnly),
            (json!("readwrite:none notreadwrite READWRITE"), Scope::ReadOnly),
            (json!("openid\treadwrite"), Scope::ReadOnly),
            (json!(["readwrite"]), Scope::ReadOnly),
            (json!(""), Scope::ReadOnly),
            (json!(null), Scope::ReadOnly),
        ] {
            let expected = Ok(Verdict::Known(Vouched { scope: expected, ..vouched() }));
            assert_eq!(with(&reading(), "scope", scope.clone()), expected, "{scope}");
        }
        let pay = Reading { readwrite_scope: "pay".to_owned(), ..reading() };
        assert_eq!(with(&pay, "scope", json!("openid pay")), Ok(known()));
        assert_eq!(with(&pay, "x", json!(0)), Ok(Verdict::Known(Vouched { scope: Scope::ReadOnly, ..vouched() })));
    }

    #[test]
    fn only_a_bearer_token_for_this_service_is_known() {
        for (kind, verdict) in [
            (json!("Bearer"), Ok(known())),
            (json!("bearer"), Ok(known())),
            (json!(null), Ok(known())),
            (json!("DPoP"), Ok(unknown())),
            (json!("refresh_token"), Ok(unknown())),
            (json!(""), Ok(unknown())),
            (json!(["Bearer"]), Ok(unknown())),
        ] {
            assert_eq!(with(&reading(), "token_type", kind.clone()), verdict, "{kind}");
        }
        for cnf in [json!({"x5t#S256": "bwcK"}), json!({"jkt": "0ZcO"}), json!({}), json!("")] {
            assert_eq!(with(&reading(), "cnf", cnf), Ok(unknown()));
        }
        let bank = Reading { audience: Some("bank".to_owned()), ..reading() };
        for (audience, verdict) in [
            (json!("bank"), Ok(known())),
            (json!(["shop", "bank"]), Ok(known())),
            (json!(null), Ok(unknown())),
            (json!("shop"), Ok(unknown())),
            (json!("bank shop"), Ok(unknown())),
            (json!(["bank "]), Ok(unknown())),
            (json!([["bank"]]), Ok(unknown())),
            (json!({"bank": true}), Ok(unknown())),
        ] {
            assert_eq!(with(&bank, "aud", audience.clone()), verdict, "{audience}");
            assert_eq!(with(&reading(), "aud", audience), Ok(known()));
        }
    }

    #[test]
    fn a_client_that_is_called_like_a_customer_is_none() {
        assert_eq!(with(&reading(), "client_id", json!("alice")), Ok(unknown()));
        for other in [json!("bank-app"), json!("Alice"), json!(null), json!(["alice"])] {
            assert_eq!(with(&reading(), "client_id", other.clone()), Ok(known()), "{other}");
        }
    }

    #[test]
    fn its_life_is_read_to_the_second_and_never_longer_than_it_is() {
        let seconds = Timestamp::from_seconds;
        for (said, end, beginning) in [
            (json!(17), seconds(17), seconds(17)),
            (json!(17.9), seconds(17), seconds(18)),
            (json!(-5), seconds(-5), seconds(-5)),
            (json!(1e300), Timestamp::NEVER, Timestamp::NEVER),
            (json!(u64::MAX), Timestamp::NEVER, Timestamp::NEVER),
        ] {
            let ended = Vouched { expires_at: Some(end), ..vouched() };
            assert_eq!(with(&reading(), "exp", said.clone()), Ok(Verdict::Known(ended)), "{said}");
            let begun = Vouched { begins_at: Some(beginning), ..vouched() };
            assert_eq!(with(&reading(), "nbf", said.clone()), Ok(Verdict::Known(begun)), "{said}");
        }
        assert_eq!(with(&reading(), "exp", json!(null)), Ok(known()));
        for none in [json!("17"), json!([17]), json!(true)] {
            assert_eq!(with(&reading(), "exp", none.clone()), error("NoMoment(\"exp\")"), "{none}");
            assert_eq!(with(&reading(), "nbf", none.clone()), error("NoMoment(\"nbf\")"), "{none}");
        }
    }
}
