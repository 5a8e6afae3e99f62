//! Accounts (`api.md` sections 4 and 8).

use serde::Serialize;
use utoipa::ToSchema;

use super::{
    address::{self, Contact, ContactChange},
    channel::ChannelName,
    time::Timestamp,
};
use crate::{
    domain::{channel::Channel, language::Language, refusal::Refusal, username::Username},
    http::{error::ApiError, json::Body},
};

/// An account.
#[derive(Serialize, ToSchema)]
#[schema(examples(json!({
    "username": "alice",
    "contact_data": {"phone": "+41*****4567", "email": "a***@example.com"},
    "tan_channels": ["sms"],
    "tan_channel": "sms",
    "language": "de",
})))]
pub struct AccountView {
    /// The customer's name.
    pub username: String,
    /// Where the customer can be reached.
    pub contact_data: ContactView,
    /// The channels that are active.
    pub tan_channels: Vec<ChannelName>,
    /// The first of them, or `null`.
    #[schema(required)]
    pub tan_channel: Option<ChannelName>,
    /// The tag of the customer's language.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// Until when the account is blocked; absent where it is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub blocked_until: Option<Timestamp>,
}

/// Where a customer can be reached; masked for all but operators.
#[derive(Serialize, ToSchema)]
#[schema(examples(json!({"phone": "+41*****4567"})))]
pub struct ContactView {
    /// The telephone number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// The mailbox.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
}

/// Accounts, for operators.
#[derive(Serialize, ToSchema)]
#[schema(examples(json!({"accounts": [{
    "username": "alice",
    "contact_data": {"phone": "+41791234567"},
    "tan_channels": ["sms"],
    "tan_channel": "sms",
}], "next": "YWxpY2U"})))]
pub struct AccountList {
    /// In the order of their names.
    pub accounts: Vec<AccountView>,
    /// Where the next part begins: for the parameter `cursor`. Absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// What is to become of an account.
#[derive(ToSchema)]
#[schema(examples(json!({"contact_data": {"phone": "+41791234567", "email": null}, "language": "de"})))]
pub struct AccountPatch {
    /// What is to become of its addresses.
    #[schema(value_type = Option<ContactPatch>)]
    pub contact_data: ContactChange,
    /// The tag of the customer's language.
    #[schema(value_type = Option<String>, pattern = "^[a-zA-Z]{2,3}(-[a-zA-Z0-9]{1,8})*$", max_length = 35)]
    pub language: Option<Language>,
}

impl AccountPatch {
    /// Reads `{contact_data?, language?}`.
    pub fn read(body: &Body) -> Result<Self, ApiError> {
        let contact = body.optional_object("contact_data")?;
        Ok(Self {
            contact_data: contact.as_ref().map(ContactChange::read).transpose()?.unwrap_or_default(),
            language: address::language(body)?,
        })
    }
}

/// Addresses that change: absent stays, `null` goes.
#[derive(ToSchema)]
pub struct ContactPatch {
    /// The telephone number in international form, 7 to 15 digits in all, or `null`.
    #[schema(pattern = r"^\+[1-9][0-9]*([ .-]?(\([1-9][0-9]*\)|[0-9]+))*$", min_length = 8)]
    pub phone: Option<String>,
    /// The mailbox, or `null`.
    #[schema(max_length = 254)]
    pub email: Option<String>,
}

/// An account that an operator makes.
#[derive(ToSchema)]
#[schema(examples(json!({
    "username": "alice",
    "contact_data": {"phone": "+41791234567"},
    "tan_channels": ["sms"],
    "language": "de",
})))]
pub struct CreateAccount {
    /// The customer's name; neither `.` nor `..`.
    #[schema(value_type = String, pattern = "^[a-zA-Z0-9._~-]{1,126}$")]
    pub username: Username,
    /// Where the customer can be reached.
    #[schema(value_type = Option<ContactPatch>)]
    pub contact_data: Contact,
    /// Channels that are active at once, each named once.
    #[schema(value_type = Option<Vec<ChannelName>>)]
    pub tan_channels: Vec<Channel>,
    /// The tag of the customer's language.
    #[schema(value_type = Option<String>, pattern = "^[a-zA-Z]{2,3}(-[a-zA-Z0-9]{1,8})*$", max_length = 35)]
    pub language: Option<Language>,
}

impl CreateAccount {
    /// Reads `{username, contact_data?, tan_channels?, language?}`. A channel that there is not is 409/5132.
    pub fn read(body: &Body) -> Result<Self, ApiError> {
        let contact = body.optional_object("contact_data")?;
        Ok(Self {
            username: read_username(body)?,
            contact_data: contact.as_ref().map(Contact::read).transpose()?.unwrap_or_default(),
            tan_channels: channels(body)?,
            language: address::language(body)?,
        })
    }
}

/// The member `username`; 400/25 when absent, 400/26 when it is none.
pub(super) fn read_username(body: &Body) -> Result<Username, ApiError> {
    Username::parse(body.required_text("username")?)
        .map_err(|trouble| body.malformed("username", "must be a username").hint(trouble.to_string()))
}

fn channels(body: &Body) -> Result<Vec<Channel>, ApiError> {
    let mut channels = Vec::new();
    for name in body.optional_texts("tan_channels")?.unwrap_or_default() {
        let channel = Channel::named(name).ok_or(Refusal::ChannelNotSupported)?;
        if channels.contains(&channel) {
            return Err(body.malformed("tan_channels", "must name each channel once"));
        }
        channels.push(channel);
    }
    Ok(channels)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::http::wire::tests::{body, code};
    use crate::{domain::time, http::json::Nullable};

    #[test]
    fn an_account_is_written_as_the_contract_says() {
        let bare = AccountView {
            username: "alice".to_owned(),
            contact_data: ContactView { phone: None, email: None },
            tan_channels: vec![],
            tan_channel: None,
            language: None,
            blocked_until: None,
        };
        let expected = json!({"username": "alice", "contact_data": {}, "tan_channels": [], "tan_channel": null});
        assert_eq!(serde_json::to_value(&bare).unwrap(), expected);
        let blocked = AccountView { blocked_until: Some(time::Timestamp::NEVER.into()), ..bare };
        assert_eq!(serde_json::to_value(blocked).unwrap()["blocked_until"], json!({"t_s": "never"}));
    }

    #[test]
    fn an_account_is_read_into_the_words_of_the_domain() {
        let given = r#"{"username":"alice","contact_data":{"phone":"+41791234567"},"tan_channels":["sms","totp"],"language":"de"}"#;
        let account = CreateAccount::read(&body(given)).ok().unwrap();
        assert_eq!(account.username.as_str(), "alice");
        assert_eq!(account.contact_data.phone.unwrap().reveal(), "+41791234567");
        assert_eq!(account.tan_channels, [Channel::Sms, Channel::Totp]);
        let bare = CreateAccount::read(&body(r#"{"username":"a","contact_data":null}"#)).ok().unwrap();
        assert!(bare.tan_channels.is_empty() && bare.language.is_none());
    }

    #[test]
    fn what_is_wrong_with_an_account_is_told_by_its_code() {
        for (text, expected) in [
            ("{}", 25),
            (r#"{"username":".."}"#, 26),
            (r#"{"username":"a","tan_channels":"sms"}"#, 26),
            (r#"{"username":"a","tan_channels":["sms","sms"]}"#, 26),
            (r#"{"username":"a","tan_channels":["pigeon"]}"#, 5132),
            (r#"{"username":"a","contact_data":[]}"#, 26),
            (r#"{"username":"a","contact_data":{"phone":"079"}}"#, 10008),
            (r#"{"username":"a","language":"german"}"#, 26),
        ] {
            assert_eq!(code(CreateAccount::read(&body(text))), expected, "{text}");
        }
    }

    #[test]
    fn a_change_tells_what_stays_from_what_goes() {
        let patch = AccountPatch::read(&body(r#"{"contact_data":{"email":null}}"#)).ok().unwrap();
        assert_eq!((patch.contact_data.phone, patch.contact_data.email), (Nullable::Absent, Nullable::Null));
        let nothing = AccountPatch::read(&body(r#"{"contact_data":null,"language":null}"#)).ok().unwrap();
        assert_eq!((nothing.contact_data.phone, nothing.language), (Nullable::Absent, None));
        assert_eq!(code(AccountPatch::read(&body(r#"{"contact_data":{"email":1}}"#))), 26);
    }
}
