//! The back channel's bodies (`api.md` section 6b).

mod schema;

use data_encoding::HEXLOWER_PERMISSIVE;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{
    account::read_username,
    channel::{ChannelName, OfferedChannelRow},
    time::Timestamp,
};
use crate::{
    domain::{
        assurance::{Assurance, Demand, OnMissing},
        channel::Strength,
        operation::OperationDigest,
        refusal::OfferedChannel,
        rules::protect::Proof,
        secret::SecretHash,
        summary::{Approval, Summary},
        username::Username,
    },
    http::{error::ApiError, json::Body, secret::SecretText},
    service::{AheadOfTime, CoreOperation, Reserved},
};

/// The longest method, in characters; no registered one has more.
const LONGEST_METHOD: usize = 32;
/// The longest path with its query, in bytes.
const LONGEST_PATH: usize = 8192;

/// One request to a bank core.
#[derive(ToSchema)]
#[schema(examples(json!({
    "method": "POST",
    "path": "/accounts/alice/transactions",
    "body_sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "summary": "Transfer EUR:120.00 to DE75…6199",
})))]
pub struct Operation {
    /// Its method, as it was sent.
    #[schema(pattern = "^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,32}$")]
    pub method: String,
    /// Its path with its query, byte for byte.
    #[schema(pattern = r##"^/[!"$-~]*$"##, max_length = 8192)]
    pub path: String,
    /// The SHA-256 of its body, in hexadecimal.
    #[schema(pattern = "^[0-9a-fA-F]{64}$")]
    pub body_sha256: String,
    /// What the customer is shown; at most 140 characters.
    #[schema(value_type = Option<String>)]
    pub summary: Option<Summary>,
}

/// What a bank core wants a token held for.
#[derive(ToSchema)]
#[schema(examples(json!({
    "username": "alice",
    "operation": {
        "method": "POST",
        "path": "/accounts/alice/transactions",
        "body_sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "summary": "Transfer EUR:120.00 to DE75…6199",
    },
    "tan_token": "tan_9O1ORkMReGa3TqeTKGmU2dhQi-Xh9M-btGMj5m_MTCU",
    "assurance": "bound",
})))]
pub struct Reserve {
    /// Whose operation it is.
    #[schema(value_type = String, pattern = "^[a-zA-Z0-9._~-]{1,126}$")]
    pub username: Username,
    /// Which request exactly.
    pub operation: Operation,
    /// The client's `TAN-Token`, if it sent one.
    #[schema(value_type = Option<String>)]
    pub tan_token: Option<SecretText>,
    /// `token` unless told, or `bound`.
    #[schema(schema_with = schema::token_or_bound)]
    pub assurance: Option<Assurance>,
    /// `inform` unless told, or `possession`.
    #[schema(schema_with = schema::inform_or_possession)]
    pub strength: Option<Strength>,
    /// Whether an account without any active channel is refused; false unless told.
    pub enrolled: Option<bool>,
    /// Whether a repeat under the same `Idempotency-Key` does nothing twice; false unless told.
    pub idempotent: Option<bool>,
    #[schema(ignore)]
    digest: OperationDigest,
}

impl Reserve {
    /// Reads `{username, operation, tan_token?, assurance?, strength?, enrolled?, idempotent?}`.
    pub fn read(body: &Body) -> Result<Self, ApiError> {
        let operation = body.required_object("operation")?;
        Self::with(body, &operation)
    }

    /// Reads `{username, method, path, body_sha256, summary?, assurance?}`, the operation in the body itself.
    pub fn read_ahead(body: &Body) -> Result<Self, ApiError> {
        Self::with(body, body)
    }

    fn with(body: &Body, operation: &Body) -> Result<Self, ApiError> {
        let username = read_username(body)?;
        let (operation, body_sha256) = Operation::read(operation)?;
        let digest = OperationDigest::of(&username, &operation.method, &operation.path, &body_sha256);
        Ok(Self {
            username,
            operation,
            tan_token: body.optional_text("tan_token")?.map(SecretText::new),
            assurance: body.optional_text("assurance")?.map(|name| schema::assurance(body, name)).transpose()?,
            strength: body.optional_text("strength")?.map(|name| schema::strength(body, name)).transpose()?,
            enrolled: body.optional_flag("enrolled")?,
            idempotent: body.optional_flag("idempotent")?,
            digest,
        })
    }

    /// The same for the use cases.
    #[must_use]
    pub fn operation(&self) -> CoreOperation<'_> {
        CoreOperation {
            username: &self.username,
            digest: self.digest,
            demand: Demand {
                assurance: self.assurance.unwrap_or(Assurance::Token),
                strength: self.strength.unwrap_or(Strength::Inform),
                enrolled: self.enrolled.unwrap_or(false),
                idempotent: self.idempotent.unwrap_or(false),
            },
            summary: self.operation.summary.clone().map(Approval::from),
            proof: Proof::token(self.tan_token.as_ref().map(|token| SecretHash::of(token.reveal()))),
            on_missing: OnMissing::Forbid,
        }
    }
}

impl Operation {
    fn read(body: &Body) -> Result<(Self, [u8; 32]), ApiError> {
        let method = body.required_text("method")?;
        let token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
        if method.is_empty() || method.len() > LONGEST_METHOD || !method.bytes().all(token) {
            return Err(body.malformed("method", "must be a method of HTTP, like \"POST\""));
        }
        let path = body.required_text("path")?;
        let visible = path.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#');
        if !path.starts_with('/') || path.len() > LONGEST_PATH || !visible {
            return Err(body.malformed("path", "must be a path with its query, as it was sent: it begins with a slash"));
        }
        let written = body.required_text("body_sha256")?;
        let digest = HEXLOWER_PERMISSIVE.decode(written.as_bytes()).ok().and_then(|bytes| bytes.try_into().ok());
        let digest = digest.ok_or_else(|| body.malformed("body_sha256", "must be 64 hexadecimal digits"))?;
        let operation = Self {
            method: method.to_owned(),
            path: path.to_owned(),
            body_sha256: written.to_owned(),
            summary: body.optional_text("summary")?.map(|text| shown(body, text)).transpose()?,
        };
        Ok((operation, digest))
    }
}

/// What cannot be shown cannot be approved.
fn shown(body: &Body, text: &str) -> Result<Summary, ApiError> {
    Summary::of(text).map_err(|trouble| body.malformed("summary", "cannot be shown").hint(trouble.to_string()))
}

/// What a ticket is wanted for, ahead of time.
#[derive(ToSchema)]
#[schema(examples(json!({
    "username": "alice",
    "method": "POST",
    "path": "/accounts/alice/transactions",
    "body_sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
})))]
pub struct Ahead {
    /// Whose operation it is.
    #[schema(pattern = "^[a-zA-Z0-9._~-]{1,126}$")]
    pub username: String,
    /// The operation.
    #[schema(inline)]
    #[serde(flatten)]
    pub operation: Operation,
    /// `token` unless told, or `bound`.
    #[schema(schema_with = schema::token_or_bound)]
    pub assurance: Option<String>,
}

/// Whether a token is held, and how it is settled.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
#[schema(examples(
    json!({
        "required": true,
        "reservation_id": "AAGp1Jq…",
        "expiration": {"t_s": 1_766_000_030},
        "challenge_id": "0197f5a0-8c2e-7c3a-9d61-0a1b2c3d4e5f",
        "bound": true,
        "idempotency_key": "0197f5a0-8c2e-7c3a-9d61-0a1b2c3d4e60",
    }),
    json!({"required": false}),
))]
pub enum ReserveReply {
    /// A token is held.
    Held(HeldToken),
    /// The account passes without.
    Passes(Passes),
}

/// A token that is held.
#[derive(Serialize, ToSchema)]
#[schema(examples(json!({
    "required": true,
    "reservation_id": "AAGp1Jq…",
    "expiration": {"t_s": 1_766_000_030},
    "challenge_id": "0197f5a0-8c2e-7c3a-9d61-0a1b2c3d4e5f",
    "bound": true,
    "idempotency_key": "0197f5a0-8c2e-7c3a-9d61-0a1b2c3d4e60",
})))]
pub struct HeldToken {
    /// True.
    #[schema(schema_with = schema::always_true)]
    pub required: bool,
    /// Names the reservation, to commit or release it; opaque, for this caller alone.
    pub reservation_id: String,
    /// When its lease runs out.
    pub expiration: Timestamp,
    /// The challenge that was solved.
    pub challenge_id: Uuid,
    /// Whether the token was bound to this very operation.
    pub bound: bool,
    /// Names the work: the same for each try of it, another after a release.
    pub idempotency_key: String,
}

/// The account passes without a proof.
#[derive(Serialize, ToSchema)]
#[schema(examples(json!({"required": false})))]
pub struct Passes {
    /// False.
    #[schema(schema_with = schema::always_false)]
    pub required: bool,
}

impl From<Option<Reserved>> for ReserveReply {
    fn from(reserved: Option<Reserved>) -> Self {
        let Some(Reserved { id, hold }) = reserved else { return Self::Passes(Passes { required: false }) };
        Self::Held(HeldToken {
            required: true,
            reservation_id: id,
            expiration: hold.expires_at.into(),
            challenge_id: hold.challenge.as_uuid(),
            bound: hold.bound,
            idempotency_key: hold.idempotency_key,
        })
    }
}

/// A ticket ahead of time.
#[derive(Serialize, ToSchema)]
#[schema(examples(json!({
    "required": true,
    "operation": "v1.c2VhbGVk",
    "tan_channels": [{"tan_channel": "sms", "tan_info": "+41*****4567"}],
})))]
pub struct TicketAhead {
    /// Whether a proof would be asked for.
    pub required: bool,
    /// The ticket for exactly that operation; a challenge may be asked for with it.
    pub operation: String,
    /// The channels that could prove it.
    pub tan_channels: Vec<OfferedChannelRow>,
}

impl From<AheadOfTime> for TicketAhead {
    fn from(ahead: AheadOfTime) -> Self {
        let offered = |offer: OfferedChannel| OfferedChannelRow {
            tan_channel: ChannelName::from(offer.channel),
            tan_info: offer.tan_info,
        };
        Self {
            required: ahead.required,
            operation: ahead.ticket,
            tan_channels: ahead.channels.into_iter().map(offered).collect(),
        }
    }
}
