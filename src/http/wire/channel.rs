//! Channels of an account (`api.md` section 4).

use serde::Serialize;
use utoipa::ToSchema;

use super::{address, challenge::ChallengeView, time::Timestamp};
use crate::{
    domain::{address::Address, channel::Channel},
    http::{error::ApiError, json::Body},
};

/// The longest name of an authenticator app, in characters.
const LONGEST_DEVICE: usize = 64;
/// The name of an authenticator app that was given none.
const DEVICE: &str = "default";

/// A way to prove oneself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ChannelName {
    /// A TAN sent to a telephone number.
    Sms,
    /// A TAN sent to a mailbox.
    Email,
    /// A code from an authenticator app (RFC 6238).
    Totp,
    /// A printed recovery code.
    Recovery,
}

impl From<Channel> for ChannelName {
    fn from(channel: Channel) -> Self {
        match channel {
            Channel::Sms => Self::Sms,
            Channel::Email => Self::Email,
            Channel::Totp => Self::Totp,
            Channel::Recovery => Self::Recovery,
        }
    }
}

/// What a protected operation asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum AssuranceName {
    /// A stepped-up session, or a one-shot token.
    Session,
    /// A one-shot token.
    Token,
    /// A one-shot token that is bound to this very request.
    Bound,
}

/// A channel by which a missing proof can be given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(examples(json!({"tan_channel": "sms", "tan_info": "+41*****4567"})))]
pub struct OfferedChannelRow {
    /// The channel.
    pub tan_channel: ChannelName,
    /// Where the TAN would go, masked.
    pub tan_info: String,
}

/// How far a channel is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ChannelState {
    /// It can be used.
    Active,
    /// Its new address is not proven yet.
    Pending,
}

/// The channels of an account.
#[derive(Serialize, ToSchema)]
#[schema(examples(json!({
    "tan_channels": [
        {"tan_channel": "sms", "state": "active", "tan_info": "+41*****4567", "since": {"t_s": 1_766_000_000}},
    ],
    "recovery_codes_left": 9,
})))]
pub struct ChannelList {
    /// One row for each; a channel that is active and has a new address pending has two.
    pub tan_channels: Vec<ChannelRow>,
    /// Recovery codes that are not used yet; absent where there are none at all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recovery_codes_left: Option<u16>,
}

/// A channel of an account.
#[derive(Serialize, ToSchema)]
pub struct ChannelRow {
    /// The channel.
    pub tan_channel: ChannelName,
    /// How far it is.
    pub state: ChannelState,
    /// Where a TAN goes, masked; the name of an authenticator app.
    pub tan_info: String,
    /// When it came into this state.
    pub since: Timestamp,
}

/// A new address or a new authenticator app that waits for its proof.
#[derive(Serialize, ToSchema)]
#[schema(examples(json!({"tan_channel": "sms", "state": "pending", "challenge": {
    "challenge_id": "0197f5a0-8c2e-7c3a-9d61-0a1b2c3d4e5f",
    "tan_channel": "sms",
    "tan_info": "+41*****4567",
    "solve_expiration": {"t_s": 1_766_000_300},
    "earliest_retransmission": {"t_s": 1_766_000_060},
    "attempts_left": 3,
    "transmissions_left": 2,
}})))]
pub struct EnrolmentReply {
    /// The channel.
    pub tan_channel: ChannelName,
    /// Always `pending`.
    pub state: ChannelState,
    /// What to confirm it with.
    pub challenge: ChallengeView,
    /// For `totp`, shown once: the secret of the app in base32.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
    /// For `totp`, shown once: the same as a URI, for a QR code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub otpauth_uri: Option<String>,
}

/// What an account wants to prove itself with.
#[derive(ToSchema)]
#[schema(examples(json!({"address": "+41791234567"}), json!({"name": "telephone"})))]
pub struct EnrolRequest {
    /// For `sms` and `email`: where TANs are to go. Absent: the account's contact data.
    #[schema(value_type = Option<String>)]
    pub address: Option<Address>,
    /// For `totp`: the app's name, 1 to 64 characters. Absent: `default`.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 64)]
    pub name: String,
}

impl EnrolRequest {
    /// Reads the members that mean something for `channel`; the others are ignored.
    pub fn read(body: &Body, channel: Channel) -> Result<Self, ApiError> {
        let address = if channel.transmits() { body.optional_text("address")? } else { None };
        let name = if channel == Channel::Totp { body.optional_text("name")? } else { None };
        Ok(Self {
            address: address.map(|raw| address::of_channel(channel, raw)).transpose()?,
            name: device(body, name.unwrap_or(DEVICE))?,
        })
    }
}

/// An address that an operator sets without a TAN.
#[derive(ToSchema)]
#[schema(examples(json!({"address": "+41791234567"})))]
pub struct PutAddress {
    /// Where TANs are to go.
    #[schema(value_type = String)]
    pub address: Address,
}

impl PutAddress {
    /// Reads `{address}`; a channel without addresses is 409/5132.
    pub fn read(body: &Body, channel: Channel) -> Result<Self, ApiError> {
        Ok(Self { address: address::of_channel(channel, body.required_text("address")?)? })
    }
}

/// The name of an authenticator app: it is shown, and stands in a URI.
fn device(body: &Body, name: &str) -> Result<String, ApiError> {
    let length = name.chars().count();
    if (1..=LONGEST_DEVICE).contains(&length) && !name.chars().any(char::is_control) && name.trim() == name {
        Ok(name.to_owned())
    } else {
        Err(body.malformed("name", "must be 1 to 64 characters without control characters or blanks at its ends"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::wire::tests::{body, code};

    #[test]
    fn channels_have_the_same_names_on_the_wire_and_in_the_domain() {
        for channel in Channel::ALL {
            assert_eq!(serde_json::to_value(ChannelName::from(channel)).unwrap(), channel.name());
        }
    }

    #[test]
    fn an_enrolment_reads_what_its_channel_needs() {
        let both = body(r#"{"address":"+41791234567","name":"telephone"}"#);
        let sms = EnrolRequest::read(&both, Channel::Sms).ok().unwrap();
        assert_eq!((sms.address.unwrap().reveal(), sms.name.as_str()), ("+41791234567", "default"));
        let totp = EnrolRequest::read(&both, Channel::Totp).ok().unwrap();
        assert_eq!((totp.address, totp.name.as_str()), (None, "telephone"));
        assert_eq!(EnrolRequest::read(&Body::empty(), Channel::Email).ok().unwrap().address, None);
        assert_eq!(code(EnrolRequest::read(&both, Channel::Email)), 10008);
        for name in ["", " a", "a\\n", &"x".repeat(65)] {
            assert_eq!(
                code(EnrolRequest::read(&body(&format!(r#"{{"name":"{name}"}}"#)), Channel::Totp)),
                26,
                "{name}"
            );
        }
    }

    #[test]
    fn an_operator_sets_an_address_only_where_there_are_addresses() {
        let given = body(r#"{"address":"alice@example.com"}"#);
        assert!(PutAddress::read(&given, Channel::Email).is_ok());
        assert_eq!(code(PutAddress::read(&given, Channel::Sms)), 10008);
        assert_eq!(code(PutAddress::read(&given, Channel::Totp)), 5132);
        assert_eq!(code(PutAddress::read(&Body::empty(), Channel::Sms)), 25);
    }
}
