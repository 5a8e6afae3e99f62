//! What use cases are asked and what they answer, between the words of the wire and those of the service.

use std::time::Duration;

use super::{
    json::{Nullable, Span},
    wire::{
        account::{AccountList, AccountPatch, AccountView, ContactView, CreateAccount},
        challenge::{AddressProven, ChallengeState, ChallengeStatus, ChallengeView, ConfirmReply, TokenReply},
        channel::{ChannelList, ChannelRow, ChannelState, EnrolmentReply},
        session::{AccountScope, Mfa, MintToken, MintedToken, TokenList, TokenRow},
    },
};
use crate::{
    domain::{
        account::Contact,
        address::Address,
        caller::{self, AccessToken},
        challenge::Phase,
        time::Timestamp,
        view,
    },
    service::{
        self, AccountListing, Confirmed, ContactPatch, Edit, Enrolment, Minted, NewAccount, Pending, TokenRequest,
    },
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

impl From<Vec<AccountListing>> for AccountList {
    fn from(accounts: Vec<AccountListing>) -> Self {
        Self { accounts: accounts.into_iter().map(Into::into).collect() }
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

impl From<Vec<service::ChannelRow>> for ChannelList {
    fn from(rows: Vec<service::ChannelRow>) -> Self {
        Self { tan_channels: rows.into_iter().map(Into::into).collect(), recovery_codes_left: None }
    }
}

impl From<service::ChannelRow> for ChannelRow {
    fn from(row: service::ChannelRow) -> Self {
        let state = match row.pending {
            Pending::Yes => ChannelState::Pending,
            Pending::No => ChannelState::Active,
        };
        Self { tan_channel: row.channel.into(), state, tan_info: row.tan_info, since: row.since.into() }
    }
}

impl From<Enrolment> for EnrolmentReply {
    fn from(enrolment: Enrolment) -> Self {
        Self {
            tan_channel: enrolment.channel.into(),
            state: ChannelState::Pending,
            challenge: enrolment.challenge.into(),
            secret: None,
            otpauth_uri: None,
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
            earliest_retransmission: challenge.earliest_retransmission.unwrap_or(Timestamp::NEVER).into(),
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

impl From<Vec<AccessToken>> for TokenList {
    fn from(tokens: Vec<AccessToken>) -> Self {
        Self { tokens: tokens.into_iter().filter_map(row).collect() }
    }
}

/// A token of an account; operators and bank cores have theirs outside of every account.
fn row(token: AccessToken) -> Option<TokenRow> {
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
        description: token.description,
        operations: token.operations,
    })
}
