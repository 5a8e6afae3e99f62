//! What use cases are asked and what they answer, between the words of the wire and those of the service.

pub(super) mod audit;
mod channels;
mod operators;

use std::time::Duration;

use super::{
    json::{Nullable, Span},
    wire::{
        account::{AccountPatch, AccountView, ContactView, CreateAccount},
        challenge::{AddressProven, ChallengeState, ChallengeStatus, ChallengeView, ConfirmReply, TokenReply},
        channel::ChannelState,
        session::{AccountScope, Mfa, MintToken, MintedToken, TokenList, TokenRow},
    },
};
use crate::{
    domain::{
        account::Contact,
        address::Address,
        caller::{self, ListedToken},
        challenge::Phase,
        view,
    },
    service::{AccountListing, Confirmed, ContactPatch, Edit, Minted, NewAccount, TokenRequest},
};

impl From<AccountListing> for AccountView {
    fn from(account: AccountListing) -> Self {
        let shown = |address: Address| if account.clear { address.reveal().to_owned() } else { address.masked() };
        Self {
            contact_data: ContactView {
                phone: account.contact.phone.map(Address::Phone).map(shown),
                email: account.contact.email.map(Address::Mailbox).map(shown),
            },
            username: account.username.as_str().to_owned(),
            tan_channel: account.channels.first().copied().map(Into::into),
            tan_channels: account.channels.into_iter().map(Into::into).collect(),
            language: account.language.map(|language| language.to_string()),
            blocked_until: account.blocked_until.map(Into::into),
        }
    }
}

impl From<CreateAccount> for NewAccount {
    fn from(wanted: CreateAccount) -> Self {
        let CreateAccount { username, contact_data, tan_channels, language } = wanted;
        let contact = Contact { phone: contact_data.phone, email: contact_data.email };
        Self { username, contact, channels: tan_channels, language }
    }
}

impl From<AccountPatch> for ContactPatch {
    fn from(patch: AccountPatch) -> Self {
        let AccountPatch { contact_data, language } = patch;
        Self { phone: contact_data.phone.into(), email: contact_data.email.into(), language }
    }
}

impl<T> From<Nullable<T>> for Edit<T> {
    fn from(member: Nullable<T>) -> Self {
        match member {
            Nullable::Absent => Self::Keep,
            Nullable::Null => Self::Remove,
            Nullable::Value(value) => Self::Set(value),
        }
    }
}

impl From<view::ChallengeView> for ChallengeView {
    fn from(challenge: view::ChallengeView) -> Self {
        Self {
            challenge_id: challenge.id.as_uuid(),
            tan_channel: challenge.channel.into(),
            tan_info: challenge.tan_info,
            solve_expiration: challenge.solve_expiration.into(),
            earliest_retransmission: challenge.earliest_retransmission.map(Into::into),
            attempts_left: challenge.attempts_left,
            transmissions_left: challenge.transmissions_left,
            summary: challenge.summary,
        }
    }
}

impl From<view::ChallengeView> for ChallengeStatus {
    fn from(challenge: view::ChallengeView) -> Self {
        let state = challenge.phase.into();
        Self { challenge: challenge.into(), state }
    }
}

impl From<Phase> for ChallengeState {
    fn from(phase: Phase) -> Self {
        match phase {
            Phase::Open => Self::Open,
            Phase::Solved => Self::Solved,
            Phase::Spent => Self::Spent,
            Phase::Expired => Self::Expired,
            Phase::Exhausted => Self::Exhausted,
            Phase::Aborted => Self::Aborted,
            Phase::Void => Self::Void,
        }
    }
}

impl From<Confirmed> for ConfirmReply {
    fn from(confirmed: Confirmed) -> Self {
        match confirmed {
            Confirmed::Token { token, expires_at, bound } => {
                let tan_token = token.reveal().to_owned();
                Self::Token(TokenReply { tan_token, expiration: expires_at.into(), bound })
            }
            Confirmed::Activated(channel) => {
                Self::Address(AddressProven { tan_channel: channel.into(), state: ChannelState::Active })
            }
        }
    }
}

impl From<MintToken> for TokenRequest {
    fn from(wanted: MintToken) -> Self {
        let MintToken { scope, duration, description, operations } = wanted;
        let duration = duration.map(|span| match span {
            Span::Finite(duration) => duration,
            Span::Forever => Duration::MAX,
        });
        Self { scope: scope.into(), duration, description, operations }
    }
}

impl From<Minted> for MintedToken {
    fn from(minted: Minted) -> Self {
        Self {
            access_token: minted.secret.reveal().to_owned(),
            expiration: minted.token.expires_at.into(),
            token_id: minted.token.id.as_uuid(),
            mfa: minted.token.mfa.into(),
        }
    }
}

impl From<caller::Mfa> for Mfa {
    fn from(mfa: caller::Mfa) -> Self {
        match mfa {
            caller::Mfa::NonInteractive => Self::NonInteractive,
            caller::Mfa::Pending => Self::Pending,
            caller::Mfa::SteppedUp { .. } => Self::SteppedUp,
        }
    }
}

impl From<Vec<ListedToken>> for TokenList {
    fn from(tokens: Vec<ListedToken>) -> Self {
        Self { tokens: tokens.into_iter().filter_map(row).collect() }
    }
}

/// A token of an account; operators and bank cores have theirs outside of every account.
fn row(ListedToken { token, last_used_at }: ListedToken) -> Option<TokenRow> {
    let mfa_expiration = match token.mfa {
        caller::Mfa::SteppedUp { until } => Some(until.into()),
        caller::Mfa::NonInteractive | caller::Mfa::Pending => None,
    };
    Some(TokenRow {
        token_id: token.id.as_uuid(),
        scope: AccountScope::of(token.scope)?,
        mfa: token.mfa.into(),
        mfa_expiration,
        creation_time: token.created_at.into(),
        expiration: token.expires_at.into(),
        last_used: last_used_at.map(Into::into),
        description: token.description,
        operations: token.operations,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{
        domain::{
            address::{Mailbox, PhoneNumber},
            caller::{AccessToken, Scope},
            channel::Channel,
            time::Timestamp,
            username::Username,
        },
        http::json::Body,
        service::fixture::token,
    };

    fn listing(clear: bool) -> serde_json::Value {
        let contact = Contact {
            phone: Some(PhoneNumber::parse("+41791234567").unwrap()),
            email: Some(Mailbox::parse("alice@example.com").unwrap()),
        };
        let listing = AccountListing {
            username: Username::parse("alice").unwrap(),
            contact,
            clear,
            channels: vec![Channel::Email, Channel::Sms],
            language: None,
            blocked_until: Some(Timestamp::from_seconds(9)),
        };
        json!(AccountView::from(listing))
    }

    #[test]
    fn addresses_are_masked_for_all_but_operators() {
        let masked = json!({
            "username": "alice", "contact_data": {"phone": "+41*****4567", "email": "a***@example.com"},
            "tan_channels": ["email", "sms"], "tan_channel": "email", "blocked_until": {"t_s": 9},
        });
        assert_eq!(listing(false), masked);
        assert_eq!(listing(true)["contact_data"], json!({"phone": "+41791234567", "email": "alice@example.com"}));
    }

    #[test]
    fn what_a_patch_does_not_name_is_kept_and_null_removes() {
        let body = Body::parse(br#"{"contact_data":{"email":null}}"#).ok().unwrap();
        let patch = ContactPatch::from(AccountPatch::read(&body).ok().unwrap());
        assert!(matches!((patch.phone, patch.email, patch.language), (Edit::Keep, Edit::Remove, None)));
        let body = Body::parse(br#"{"contact_data":{"phone":"+41791234567"}}"#).ok().unwrap();
        let patch = ContactPatch::from(AccountPatch::read(&body).ok().unwrap());
        assert!(matches!(patch.phone, Edit::Set(phone) if phone.reveal() == "+41791234567"));
    }

    #[test]
    fn a_token_for_ever_is_asked_for_with_the_longest_duration() {
        let wish = |text: &str| {
            let body = Body::parse(text.as_bytes()).ok().unwrap();
            TokenRequest::from(MintToken::read(&body).ok().unwrap()).duration
        };
        assert_eq!(wish(r#"{"scope":"readonly","duration":{"d_us":"forever"}}"#), Some(Duration::MAX));
        assert_eq!(wish(r#"{"scope":"readonly","duration":{"d_us":7}}"#), Some(Duration::from_micros(7)));
        assert_eq!(wish(r#"{"scope":"readonly"}"#), None);
    }

    #[test]
    fn a_list_of_an_accounts_tokens_has_none_of_operators() {
        let stepped_up = AccessToken {
            mfa: caller::Mfa::SteppedUp { until: Timestamp::from_seconds(5) },
            ..token(Scope::ReadWrite)
        };
        let listed =
            |token, seconds: Option<i64>| ListedToken { token, last_used_at: seconds.map(Timestamp::from_seconds) };
        let tokens =
            vec![listed(token(Scope::Admin), None), listed(stepped_up, Some(4)), listed(token(Scope::ReadOnly), None)];
        let list = TokenList::from(tokens);
        let shown: Vec<_> = list.tokens.into_iter().map(|row| json!(row)).collect();
        assert_eq!(shown.len(), 2);
        assert_eq!((&shown[0]["mfa"], &shown[0]["mfa_expiration"]), (&json!(true), &json!({"t_s": 5})));
        assert_eq!((&shown[1]["mfa"], shown[1].get("mfa_expiration")), (&json!(false), None));
        assert_eq!((&shown[0]["last_used"], shown[1].get("last_used")), (&json!({"t_s": 4}), None));
    }
}
