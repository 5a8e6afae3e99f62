//! Addresses and languages, read out of bodies.

use crate::{
    domain::{
        address::{Address, AddressError, Mailbox, PhoneNumber},
        channel::Channel,
        language::Language,
        refusal::Refusal,
    },
    http::{
        error::ApiError,
        json::{Body, Nullable},
    },
};

pub(super) fn phone(raw: &str) -> Result<PhoneNumber, ApiError> {
    PhoneNumber::parse(raw).map_err(invalid)
}

pub(super) fn mailbox(raw: &str) -> Result<Mailbox, ApiError> {
    Mailbox::parse(raw).map_err(invalid)
}

/// An address of `channel`; a channel without addresses is 409/5132.
pub(super) fn of_channel(channel: Channel, raw: &str) -> Result<Address, ApiError> {
    if channel.transmits() {
        Address::parse(channel, raw).map_err(invalid)
    } else {
        Err(Refusal::ChannelNotSupported.into())
    }
}

fn invalid(trouble: AddressError) -> ApiError {
    Refusal::AddressInvalid(trouble).into()
}

/// Where an account can be reached, as it is given when the account is made. No `Debug`: it is personal.
#[derive(Default)]
pub struct Contact {
    /// The telephone number.
    pub phone: Option<PhoneNumber>,
    /// The mailbox.
    pub email: Option<Mailbox>,
}

impl Contact {
    /// Reads `{phone?, email?}`.
    pub fn read(body: &Body) -> Result<Self, ApiError> {
        Ok(Self {
            phone: body.optional_text("phone")?.map(phone).transpose()?,
            email: body.optional_text("email")?.map(mailbox).transpose()?,
        })
    }
}

/// What is to become of an account's addresses; `null` removes one. No `Debug`: it is personal.
pub struct ContactChange {
    /// The telephone number.
    pub phone: Nullable<PhoneNumber>,
    /// The mailbox.
    pub email: Nullable<Mailbox>,
}

impl Default for ContactChange {
    fn default() -> Self {
        Self { phone: Nullable::Absent, email: Nullable::Absent }
    }
}

impl ContactChange {
    /// Reads `{phone?: string|null, email?: string|null}`.
    pub fn read(body: &Body) -> Result<Self, ApiError> {
        Ok(Self {
            phone: body.nullable_text("phone")?.try_map(phone)?,
            email: body.nullable_text("email")?.try_map(mailbox)?,
        })
    }
}

/// The member `language`: the tag of a language such as `de` or `pt-BR`.
pub(super) fn language(body: &Body) -> Result<Option<Language>, ApiError> {
    let Some(tag) = body.optional_text("language")? else { return Ok(None) };
    let language = Language::parse(tag);
    language
        .map(Some)
        .ok_or_else(|| body.malformed("language", "must be the tag of a language such as \"de\" or \"pt-BR\""))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::wire::tests::{body, code};

    #[test]
    fn addresses_are_parsed_at_the_edge() {
        let change = ContactChange::read(&body(r#"{"phone":"+41 79 123 45 67","email":null}"#)).ok().unwrap();
        assert_eq!(change.phone, Nullable::Value(PhoneNumber::parse("+41791234567").unwrap()));
        assert_eq!(change.email, Nullable::Null);
        assert_eq!(code(ContactChange::read(&body(r#"{"phone":"079"}"#))), 10008);
        assert_eq!(code(Contact::read(&body(r#"{"email":"-a@example.com"}"#))), 10008);
        assert_eq!(code(Contact::read(&body(r#"{"email":5}"#))), 26);
        assert!(Contact::read(&body(r#"{"email":null}"#)).ok().unwrap().email.is_none());
        assert_eq!(code(of_channel(Channel::Totp, "x")), 5132);
    }

    #[test]
    fn a_language_is_a_tag() {
        for tag in ["de", "pt-BR", "gsw", "zh-Hant-TW"] {
            let read = language(&body(&format!(r#"{{"language":"{tag}"}}"#))).ok().unwrap().unwrap();
            assert_eq!(read.as_str(), tag.to_lowercase());
        }
        for tag in ["", "d", "german", "de_CH", "de-", "-de", "../x", "de-äöü", "d1", "de-abcdefghi"] {
            assert_eq!(code(language(&body(&format!(r#"{{"language":"{tag}"}}"#)))), 26, "{tag}");
        }
        assert_eq!(language(&body(r#"{"language":null}"#)).ok().unwrap(), None);
    }
}
