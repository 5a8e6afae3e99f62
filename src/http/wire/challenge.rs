//! Challenges (`api.md` section 5).

use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{
    channel::{ChannelName, ChannelState},
    time::Timestamp,
};
use crate::http::{error::ApiError, json::Body, secret::SecretText};

/// A challenge as its account sees it.
#[derive(Serialize, ToSchema)]
#[schema(examples(json!({
    "challenge_id": "0197f5a0-8c2e-7c3a-9d61-0a1b2c3d4e5f",
    "tan_channel": "sms",
    "tan_info": "+41*****4567",
    "solve_expiration": {"t_s": 1_766_000_300},
    "earliest_retransmission": {"t_s": 1_766_000_060},
    "attempts_left": 3,
    "transmissions_left": 2,
    "summary": "Transfer CHF 10 to payto://iban/CH9300762011623852957",
})))]
pub struct ChallengeView {
    /// Names the challenge in the paths below this one.
    pub challenge_id: Uuid,
    /// The channel.
    pub tan_channel: ChannelName,
    /// Where the TAN went, masked; the names of the authenticator apps whose codes do; how many recovery codes are left.
    pub tan_info: String,
    /// Until when the present TAN can be used.
    pub solve_expiration: Timestamp,
    /// When the TAN can be sent again; absent where nothing is sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub earliest_retransmission: Option<Timestamp>,
    /// Wrong tries that the present TAN still stands.
    pub attempts_left: u16,
    /// How often it can still be sent; absent where nothing is sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transmissions_left: Option<u16>,
    /// What is being approved, for a challenge that names an operation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub summary: Option<String>,
}

/// How far a challenge is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ChallengeState {
    /// It waits for its TAN.
    Open,
    /// The TAN came in time.
    Solved,
    /// Its token was used.
    Spent,
    /// It, or its unspent token, is past its time.
    Expired,
    /// Too many wrong TANs.
    Exhausted,
    /// The customer gave it up.
    Aborted,
    /// A change of the account, or of its operation, ended it.
    Void,
}

/// A challenge and how far it is.
#[derive(Serialize, ToSchema)]
#[schema(examples(json!({
    "challenge_id": "0197f5a0-8c2e-7c3a-9d61-0a1b2c3d4e5f",
    "tan_channel": "sms",
    "tan_info": "+41*****4567",
    "solve_expiration": {"t_s": 1_766_000_300},
    "earliest_retransmission": {"t_s": 1_766_000_060},
    "attempts_left": 3,
    "transmissions_left": 2,
    "state": "open",
})))]
pub struct ChallengeStatus {
    /// The challenge.
    #[serde(flatten)]
    pub challenge: ChallengeView,
    /// How far it is.
    pub state: ChallengeState,
}

/// What a proof is wanted for.
#[derive(ToSchema)]
#[schema(examples(json!({"operation": "v1.c2VhbGVk"}), json!({})))]
pub struct RequestChallenge {
    /// The ticket out of a 403/10002. Absent: the token is bound to nothing.
    pub operation: Option<String>,
}

impl RequestChallenge {
    /// Reads `{operation?}`. Whether the ticket is a good one is decided elsewhere.
    pub fn read(body: &Body) -> Result<Self, ApiError> {
        Ok(Self { operation: body.optional_text("operation")?.map(ToOwned::to_owned) })
    }
}

/// An answer to a challenge.
#[derive(ToSchema)]
#[schema(examples(json!({"tan": "12345678"})))]
pub struct ConfirmRequest {
    /// The TAN; a leading `T-`, blanks and dashes do not matter.
    #[schema(value_type = String)]
    pub tan: SecretText,
}

impl ConfirmRequest {
    /// Reads `{tan}`. Whether it is a candidate at all depends on the challenge, and is decided elsewhere.
    pub fn read(body: &Body) -> Result<Self, ApiError> {
        Ok(Self { tan: SecretText::new(body.required_text("tan")?) })
    }
}

/// What a solved challenge yields.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
#[schema(examples(
    json!({"tan_token": "tan_9O1ORkMReGa3TqeTKGmU2dhQi-Xh9M-btGMj5m_MTCU", "expiration": {"t_s": 1_766_000_300}, "bound": true}),
    json!({"tan_channel": "email", "state": "active"}),
))]
pub enum ConfirmReply {
    /// A one-shot token.
    Token(TokenReply),
    /// A new address that is proven.
    Address(AddressProven),
}

/// A one-shot token, shown once.
#[derive(Serialize, ToSchema)]
#[schema(examples(json!({
    "tan_token": "tan_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    "expiration": {"t_s": 1_766_000_600},
    "bound": true,
})))]
pub struct TokenReply {
    /// Goes into the header `TAN-Token`.
    #[schema(pattern = "^tan_[A-Za-z0-9_-]{43}$")]
    pub tan_token: String,
    /// Until when it can be used.
    pub expiration: Timestamp,
    /// Whether it is for one operation alone.
    pub bound: bool,
}

/// A new address that is proven, or a new authenticator app.
#[derive(Serialize, ToSchema)]
#[schema(examples(json!({"tan_channel": "sms", "state": "active"})))]
pub struct AddressProven {
    /// The channel.
    pub tan_channel: ChannelName,
    /// Always `active`.
    pub state: ChannelState,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::time;

    fn view(transmissions_left: Option<u16>, summary: Option<&str>) -> ChallengeView {
        ChallengeView {
            challenge_id: Uuid::nil(),
            tan_channel: ChannelName::Sms,
            tan_info: "+41*****4567".to_owned(),
            solve_expiration: time::Timestamp::from_seconds(300).into(),
            earliest_retransmission: transmissions_left.map(|_| time::Timestamp::from_seconds(60).into()),
            attempts_left: 3,
            transmissions_left,
            summary: summary.map(ToOwned::to_owned),
        }
    }

    #[test]
    fn a_challenge_is_written_as_the_contract_says() {
        let mut expected = json!({
            "challenge_id": "00000000-0000-0000-0000-000000000000", "tan_channel": "sms", "tan_info": "+41*****4567",
            "solve_expiration": {"t_s": 300}, "attempts_left": 3,
        });
        assert_eq!(serde_json::to_value(view(None, None)).unwrap(), expected);
        expected["earliest_retransmission"] = json!({"t_s": 60});
        expected["transmissions_left"] = json!(2);
        expected["summary"] = json!("x");
        expected["state"] = json!("open");
        let status = ChallengeStatus { challenge: view(Some(2), Some("x")), state: ChallengeState::Open };
        assert_eq!(serde_json::to_value(status).unwrap(), expected);
    }

    #[test]
    fn a_confirmation_yields_a_token_or_an_address() {
        let token = ConfirmReply::Token(TokenReply {
            tan_token: "tan_x".to_owned(),
            expiration: time::Timestamp::from_seconds(9).into(),
            bound: false,
        });
        let expected = json!({"tan_token": "tan_x", "expiration": {"t_s": 9}, "bound": false});
        assert_eq!(serde_json::to_value(token).unwrap(), expected);
        let proven =
            ConfirmReply::Address(AddressProven { tan_channel: ChannelName::Email, state: ChannelState::Active });
        assert_eq!(serde_json::to_value(proven).unwrap(), json!({"tan_channel": "email", "state": "active"}));
    }

    #[test]
    fn a_confirmation_without_a_tan_is_malformed() {
        let code = |text: &str| {
            let body = Body::parse(text.as_bytes()).ok().unwrap();
            ConfirmRequest::read(&body).err().map_or(0, |error| error.code().number())
        };
        assert_eq!(
            [code("{}"), code(r#"{"tan":null}"#), code(r#"{"tan":12345678}"#), code(r#"{"tan":"1"}"#)],
            [25, 25, 26, 0]
        );
        let body = Body::parse(br#"{"tan":" T-1234 "}"#).ok().unwrap();
        assert_eq!(ConfirmRequest::read(&body).ok().unwrap().tan.reveal(), " T-1234 ");
        let body = Body::parse(br#"{"operation":"ticket"}"#).ok().unwrap();
        assert_eq!(RequestChallenge::read(&body).ok().unwrap().operation.as_deref(), Some("ticket"));
        assert_eq!(RequestChallenge::read(&Body::empty()).ok().unwrap().operation, None);
    }
}
