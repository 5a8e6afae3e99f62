//! Sessions and API tokens (`api.md` section 7).

use serde::{Serialize, Serializer};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        RefOr, Schema,
        schema::{ObjectBuilder, SchemaType, Type},
    },
};
use uuid::Uuid;

use super::time::Timestamp;
use crate::{
    domain::caller::Scope,
    http::{
        error::ApiError,
        json::{Body, Span},
    },
};

/// The longest description of a token, in characters.
const LONGEST_DESCRIPTION: usize = 200;

/// What an account's token may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum AccountScope {
    /// Look.
    ReadOnly,
    /// Look and act.
    ReadWrite,
}

impl AccountScope {
    /// The scope of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "readonly" => Some(Self::ReadOnly),
            "readwrite" => Some(Self::ReadWrite),
            _ => None,
        }
    }

    /// The wire's word for a scope of accounts; `None` for those of operators and bank cores.
    #[must_use]
    pub const fn of(scope: Scope) -> Option<Self> {
        match scope {
            Scope::ReadOnly => Some(Self::ReadOnly),
            Scope::ReadWrite => Some(Self::ReadWrite),
            Scope::Admin | Scope::Service => None,
        }
    }
}

impl From<AccountScope> for Scope {
    fn from(scope: AccountScope) -> Self {
        match scope {
            AccountScope::ReadOnly => Self::ReadOnly,
            AccountScope::ReadWrite => Self::ReadWrite,
        }
    }
}

/// How far a token's holder has proven himself: `null`, `false` or `true` on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mfa {
    /// `null`: an API token, never asked for a TAN.
    NonInteractive,
    /// `false`: a log-in token that is not stepped up.
    Pending,
    /// `true`: stepped up.
    SteppedUp,
}

impl Serialize for Mfa {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::NonInteractive => out.serialize_none(),
            Self::Pending => out.serialize_bool(false),
            Self::SteppedUp => out.serialize_bool(true),
        }
    }
}

impl PartialSchema for Mfa {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(SchemaType::from_iter([Type::Boolean, Type::Null]))
            .description(Some("`null`: an API token; `false`: not stepped up; `true`: stepped up."))
            .into()
    }
}

impl ToSchema for Mfa {}

/// A token that is wanted.
#[derive(Clone, Debug, PartialEq, Eq, ToSchema)]
#[schema(examples(
    json!({"scope": "readwrite", "duration": {"d_us": 86_400_000_000_i64}}),
    json!({"scope": "readonly", "description": "bookkeeping", "operations": ["transfer"]}),
))]
pub struct MintToken {
    /// What it may do.
    pub scope: AccountScope,
    /// How long it can be used. Absent: as long as a session. A log-in token lasts no longer than that; an API token that
    /// is wanted for ever has no end.
    #[schema(value_type = Option<super::time::Duration>)]
    pub duration: Option<Span>,
    /// What it is for, in the holder's words; at most 200 characters.
    #[schema(max_length = 200, pattern = r"^[^\x00-\x1f\x7f-\x9f]*$")]
    pub description: Option<String>,
    /// For an API token: the protected operations of the bank core that it may do without a TAN. Named twice is named once.
    #[schema(value_type = Option<Vec<String>>)]
    pub operations: Vec<String>,
}

impl MintToken {
    /// Reads `{scope, duration?, description?, operations?}`. Whether the names are operations is decided elsewhere.
    pub fn read(body: &Body) -> Result<Self, ApiError> {
        let operations = body.optional_texts("operations")?.unwrap_or_default();
        Ok(Self {
            scope: AccountScope::named(body.required_text("scope")?)
                .ok_or_else(|| body.malformed("scope", "must be \"readonly\" or \"readwrite\""))?,
            duration: duration(body)?,
            description: description(body)?,
            operations: operations.into_iter().map(ToOwned::to_owned).collect(),
        })
    }
}

fn duration(body: &Body) -> Result<Option<Span>, ApiError> {
    match body.optional_span("duration")? {
        Some(Span::Finite(duration)) if duration.is_zero() => {
            Err(body.malformed("duration", "must be more than no time at all"))
        }
        other => Ok(other),
    }
}

fn description(body: &Body) -> Result<Option<String>, ApiError> {
    let Some(text) = body.optional_text("description")? else { return Ok(None) };
    if text.chars().count() <= LONGEST_DESCRIPTION && !text.chars().any(char::is_control) {
        Ok(Some(text.to_owned()))
    } else {
        Err(body.malformed("description", "must be at most 200 characters, none of them a control character"))
    }
}

/// A new token, shown once.
#[derive(Serialize, ToSchema)]
#[schema(examples(json!({
    "access_token": "secret-token:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    "expiration": {"t_s": 1_766_086_400},
    "token_id": "0197f5a0-8c2e-7c3a-9d61-0a1b2c3d4e5f",
    "mfa": false,
})))]
pub struct MintedToken {
    /// Goes into `Authorization: Bearer …`.
    #[schema(pattern = "^secret-token:[A-Za-z0-9_-]{43,}$")]
    pub access_token: String,
    /// Until when it can be used.
    pub expiration: Timestamp,
    /// Names the token, to list and to revoke it.
    pub token_id: Uuid,
    /// `false` for a log-in token, `null` for an API token.
    #[schema(required)]
    pub mfa: Mfa,
}

/// That a session is stepped up.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(examples(json!({"mfa": true, "mfa_expiration": {"t_s": 1_766_000_900}})))]
pub struct SteppedUp {
    /// `true`.
    pub mfa: bool,
    /// Until when.
    pub mfa_expiration: Timestamp,
}

/// The tokens of an account.
#[derive(Serialize, ToSchema)]
#[schema(examples(json!({"tokens": [{
    "token_id": "0197f5a0-8c2e-7c3a-9d61-0a1b2c3d4e5f",
    "scope": "readwrite",
    "mfa": false,
    "creation_time": {"t_s": 1_766_000_000},
    "expiration": {"t_s": 1_766_086_400},
}]})))]
pub struct TokenList {
    /// In the order in which they were made.
    pub tokens: Vec<TokenRow>,
}

/// A token of an account; never the token itself.
#[derive(Serialize, ToSchema)]
#[schema(examples(json!({
    "token_id": "0197f5a0-8c2e-7c3a-9d61-0a1b2c3d4e5f",
    "scope": "readwrite",
    "mfa": true,
    "mfa_expiration": {"t_s": 1_766_000_900},
    "creation_time": {"t_s": 1_766_000_000},
    "expiration": {"t_s": 1_766_086_400},
    "last_used": {"t_s": 1_766_000_060},
})))]
pub struct TokenRow {
    /// Names the token.
    pub token_id: Uuid,
    /// What it may do.
    pub scope: AccountScope,
    /// How far its holder has proven himself.
    #[schema(required)]
    pub mfa: Mfa,
    /// Until when it is stepped up; absent where it is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mfa_expiration: Option<Timestamp>,
    /// When it was made.
    pub creation_time: Timestamp,
    /// Until when it can be used.
    pub expiration: Timestamp,
    /// When it was last used, to about a minute; absent where it was not, or that is not known yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_used: Option<Timestamp>,
    /// What it is for, in the holder's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// For an API token: the protected operations that it may do without a TAN.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub operations: Vec<String>,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::time;
    use crate::http::wire::tests::{body, code};

    #[test]
    fn a_wanted_token_is_read() {
        let wanted = MintToken::read(&body(r#"{"scope":"readonly","duration":{"d_us":"forever"},"operations":["a"]}"#));
        let expected = MintToken {
            scope: AccountScope::ReadOnly,
            duration: Some(Span::Forever),
            description: None,
            operations: vec!["a".to_owned()],
        };
        assert_eq!(wanted.ok(), Some(expected));
        for (text, expected) in [
            ("{}", 25),
            (r#"{"scope":"admin"}"#, 26),
            (r#"{"scope":"readonly","duration":{"d_us":0}}"#, 26),
            (r#"{"scope":"readonly","operations":"transfer"}"#, 26),
            (r#"{"scope":"readonly","description":"a\nb"}"#, 26),
        ] {
            assert_eq!(code(MintToken::read(&body(text))), expected, "{text}");
        }
    }

    #[test]
    fn how_far_a_holder_has_proven_himself_has_three_values() {
        let row = |mfa| TokenRow {
            token_id: Uuid::nil(),
            scope: AccountScope::ReadWrite,
            mfa,
            mfa_expiration: None,
            creation_time: time::Timestamp::from_seconds(1).into(),
            expiration: time::Timestamp::NEVER.into(),
            last_used: None,
            description: None,
            operations: vec![],
        };
        let mut expected = json!({"token_id": "00000000-0000-0000-0000-000000000000", "scope": "readwrite", "mfa": null,
            "creation_time": {"t_s": 1}, "expiration": {"t_s": "never"}});
        for (mfa, value) in
            [(Mfa::NonInteractive, json!(null)), (Mfa::Pending, json!(false)), (Mfa::SteppedUp, json!(true))]
        {
            expected["mfa"] = value;
            assert_eq!(serde_json::to_value(row(mfa)).unwrap(), expected);
        }
    }
}
