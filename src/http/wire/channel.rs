//! Channels of an account (`api.md` section 4).

use serde::Serialize;
use utoipa::ToSchema;
use zeroize::Zeroizing;

use super::{address, challenge::ChallengeView, time::Timestamp};
use crate::{
    domain::{address::Address, channel::Channel, totp::DeviceName},
    http::{error::ApiError, json::Body, query::Query},
};

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
        {"tan_channel": "totp", "state": "pending", "tan_info": "telephone", "since": {"t_s": 1_766_000_000}},
        {"tan_channel": "recovery", "state": "active", "tan_info": "9/10", "since": {"t_s": 1_766_000_000}},
    ],
    "recovery_codes_left": 9,
})))]
pub struct ChannelList {
    /// One row for each address and authenticator app, and one for recovery codes; an address that is to replace another
    /// has its own.
    pub tan_channels: Vec<ChannelRow>,
    /// Recovery codes that are not used yet; absent where there are none at all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recovery_codes_left: Option<usize>,
}

/// A channel of an account.
#[derive(Serialize, ToSchema)]
pub struct ChannelRow {
    /// The channel.
    pub tan_channel: ChannelName,
    /// How far it is.
    pub state: ChannelState,
    /// Where a TAN goes, masked; the name of an authenticator app; how many recovery codes are left, `7/10`.
    pub tan_info: String,
    /// When it came into this state.
    pub since: Timestamp,
}

/// A new address or a new authenticator app that waits for its proof.
#[derive(Serialize, ToSchema)]
#[schema(examples(
    json!({"tan_channel": "sms", "state": "pending", "challenge": {
        "challenge_id": "0197f5a0-8c2e-7c3a-9d61-0a1b2c3d4e5f",
        "tan_channel": "sms",
        "tan_info": "+41*****4567",
        "solve_expiration": {"t_s": 1_766_000_300},
        "earliest_retransmission": {"t_s": 1_766_000_060},
        "attempts_left": 3,
        "transmissions_left": 2,
    }}),
    json!({"tan_channel": "totp", "state": "pending", "challenge": {
        "challenge_id": "0197f5a0-8c2e-7c3a-9d61-0a1b2c3d4e5f",
        "tan_channel": "totp",
        "tan_info": "telephone",
        "solve_expiration": {"t_s": 1_766_001_800},
        "attempts_left": 3,
    },
    "secret": "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ",
    "otpauth_uri": "otpauth://totp/Example%20Bank:alice?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Example%20Bank&algorithm=SHA1&digits=6&period=30",
    "qr_svg": "<?xml version=\"1.0\" standalone=\"yes\"?><svg xmlns=\"http://www.w3.org/2000/svg\"></svg>"}),
))]
pub struct EnrolmentReply {
    /// The channel.
    pub tan_channel: ChannelName,
    /// Always `pending`.
    pub state: ChannelState,
    /// What to confirm it with.
    pub challenge: ChallengeView,
    /// For `totp`, shown once: the app's secret in base32, for customers who cannot scan.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, pattern = "^[A-Z2-7]{32}$")]
    pub secret: Option<Zeroizing<String>>,
    /// For `totp`, shown once: the same as a URI, as apps read it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub otpauth_uri: Option<Zeroizing<String>>,
    /// For `totp`, shown once: the same as a QR code, an SVG that loads nothing and runs nothing. Absent where no QR code
    /// can hold the URI.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub qr_svg: Option<Zeroizing<String>>,
}

/// New recovery codes, shown once.
#[derive(Serialize, ToSchema)]
#[schema(examples(json!({"tan_channel": "recovery", "state": "active", "recovery_codes": [
    "nm4g-bx2l-6rqa", "u7wj-k5ce-h3ty", "a2dp-vz6o-gi4f", "s5nb-ye3m-lw7k", "q6xr-cj2u-tp5h",
    "f3ag-oz7d-vi6n", "w4lk-mb5s-ey2q", "h7tc-ru3j-xp6g", "z2of-dn4w-ka5i", "y6qv-ls7b-em3t",
]})))]
pub struct RecoveryCodesReply {
    /// Always `recovery`.
    pub tan_channel: ChannelName,
    /// Always `active`.
    pub state: ChannelState,
    /// Ten, each good once.
    #[schema(value_type = Vec<String>, min_items = 10, max_items = 10)]
    pub recovery_codes: Vec<Zeroizing<String>>,
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
    pub name: DeviceName,
}

impl EnrolRequest {
    /// Reads the members that mean something for `channel`; the others are ignored.
    pub fn read(body: &Body, channel: Channel) -> Result<Self, ApiError> {
        let address = if channel.transmits() { body.optional_text("address")? } else { None };
        let name = if channel == Channel::Totp { body.optional_text("name")? } else { None };
        Ok(Self {
            address: address.map(|raw| address::of_channel(channel, raw)).transpose()?,
            name: name.map(device).transpose()?.unwrap_or_default(),
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

/// Which of an account's authenticator apps is to be removed, out of the query; `None`: all. Of meaning for `totp` alone;
/// malformed it is refused everywhere.
pub fn removed_device(query: &Query, channel: Channel) -> Result<Option<DeviceName>, ApiError> {
    let named = query.optional_text("name")?.map(device).transpose()?;
    Ok(named.filter(|_| channel == Channel::Totp))
}

/// The name of an authenticator app: it is shown to whoever has to approve it, exactly as it is.
fn device(raw: &str) -> Result<DeviceName, ApiError> {
    let trouble = "must be 1 to 64 characters that can all be seen, with single blanks between and none around them";
    DeviceName::parse(raw).ok_or_else(|| ApiError::malformed("name", trouble))
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
        for name in BAD_NAMES {
            let named = body(&format!(r#"{{"name":"{name}"}}"#));
            assert_eq!(code(EnrolRequest::read(&named, Channel::Totp)), 26, "{name}");
            assert_eq!(code(EnrolRequest::read(&named, Channel::Recovery)), 0, "{name}");
        }
    }

    /// As they stand in a JSON text.
    const BAD_NAMES: [&str; 7] = [
        "",
        " a",
        "a  b",
        "a\\n",
        "a\\u202eb",
        "\\u200b",
        "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
    ];

    #[test]
    fn a_removal_reads_the_name_of_an_authenticator_app_and_of_nothing_else() {
        let read = |raw: &str, channel| removed_device(&Query::parse(raw).ok().unwrap(), channel);
        let named = |raw: &str| read(raw, Channel::Totp).ok().unwrap().map(|name| name.to_string());
        assert_eq!(named("name=my%20telephone+%C3%A4").as_deref(), Some("my telephone ä"));
        assert_eq!([named(""), named("nam=x")], [None, None]);
        for raw in ["name=", "name", "name=%20a", "name=a%0A", "name=a&name=a", "name=%00"] {
            assert_eq!(code(read(raw, Channel::Totp)), 26, "{raw}");
            assert_eq!(code(read(raw, Channel::Sms)), 26, "{raw}");
        }
        assert_eq!(read("name=x", Channel::Sms).ok().unwrap(), None);
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
