//! The sentences that are part of a message: what a notice tells, and what the customer is shown of an operation of the
//! service's own. Each is a template, by section and key of `phrases.toml`.

use minijinja::{Value, context};

use crate::domain::{address::Address, channel::Channel, rules::factors::NoticeKind, totp::DeviceName};

/// Every phrase by its name, `section.key`, with what it may read.
pub(super) const ALL: &[(&str, &[&str])] = &[
    ("notice.address_replaced", &[]),
    ("notice.channel_removed", &[]),
    ("notice.address_set", &[]),
    ("notice.device_added", &[]),
    ("notice.device_removed", &[]),
    ("notice.recovery_codes_made", &[]),
    ("notice.recovery_code_used", &[]),
    ("notice.recovery_codes_removed", &[]),
    ("notice.api_token_made", &[]),
    ("notice.blocked", &[]),
    ("notice.blocked_for_good", &[]),
    ("notice.warned", &[]),
    ("summary.send_by_sms", &["address"]),
    ("summary.send_by_email", &["address"]),
    ("summary.stop_sms", &[]),
    ("summary.stop_email", &[]),
    ("summary.stop_both", &[]),
    ("summary.add_device", &["name"]),
    ("summary.remove_device", &["name"]),
    ("summary.remove_devices", &[]),
    ("summary.make_recovery_codes", &[]),
    ("summary.remove_recovery_codes", &[]),
    ("summary.step_up", &["minutes"]),
    ("summary.make_api_token", &["endless", "operations"]),
    ("summary.with_loss", &["what", "operations"]),
    ("summary.one_operation", &[]),
    ("summary.operations", &["count"]),
    ("summary.and_more", &["operations", "count"]),
];

/// The phrase of a notice.
pub(super) const fn of_notice(kind: NoticeKind) -> &'static str {
    match kind {
        NoticeKind::AddressReplaced => "notice.address_replaced",
        NoticeKind::ChannelRemoved => "notice.channel_removed",
        NoticeKind::AddressSet => "notice.address_set",
        NoticeKind::DeviceAdded => "notice.device_added",
        NoticeKind::DeviceRemoved => "notice.device_removed",
        NoticeKind::RecoveryCodesMade => "notice.recovery_codes_made",
        NoticeKind::RecoveryCodeUsed => "notice.recovery_code_used",
        NoticeKind::RecoveryCodesRemoved => "notice.recovery_codes_removed",
        NoticeKind::ApiTokenMade => "notice.api_token_made",
        NoticeKind::Blocked => "notice.blocked",
        NoticeKind::BlockedForGood => "notice.blocked_for_good",
        NoticeKind::Warned => "notice.warned",
    }
}

/// What the customer is shown of an operation of the service's own, or a part of that.
#[derive(Clone, Copy)]
pub enum Phrase<'a> {
    /// A new address is put in force. It is shown whole.
    SendTo(&'a Address),
    /// A device is put in force.
    AddDevice(&'a DeviceName),
    /// Recovery codes are made.
    MakeRecoveryCodes,
    /// Channels are removed; of authenticator apps this one alone, or all.
    Remove(&'a [Channel], Option<&'a DeviceName>),
    /// A session is stepped up for so many minutes.
    StepUp(u64),
    /// An API token is made.
    MakeApiToken {
        /// It never ends.
        endless: bool,
        /// What it may do: a list, or how many; `None`: nothing that is protected.
        operations: Option<&'a str>,
    },
    /// A removal with what is no longer possible after it.
    WithLoss {
        /// The removal's own phrase.
        what: &'a str,
        /// A list of operations, or how many.
        operations: &'a str,
    },
    /// So many operations, without their names.
    Operations(usize),
    /// These operations, and so many more.
    AndMore(&'a str, usize),
}

impl Phrase<'_> {
    /// The name of its template.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::SendTo(Address::Phone(_)) => "summary.send_by_sms",
            Self::SendTo(Address::Mailbox(_)) => "summary.send_by_email",
            Self::AddDevice(_) => "summary.add_device",
            Self::MakeRecoveryCodes => "summary.make_recovery_codes",
            Self::Remove(channels, device) => removal(channels, *device),
            Self::StepUp(_) => "summary.step_up",
            Self::MakeApiToken { .. } => "summary.make_api_token",
            Self::WithLoss { .. } => "summary.with_loss",
            Self::Operations(1) => "summary.one_operation",
            Self::Operations(_) => "summary.operations",
            Self::AndMore(..) => "summary.and_more",
        }
    }

    /// What its template reads.
    pub(super) fn filling(&self) -> Value {
        match *self {
            Self::SendTo(address) => context! { address => address.reveal() },
            Self::AddDevice(name) | Self::Remove(_, Some(name)) => context! { name => name.as_str() },
            Self::MakeRecoveryCodes | Self::Remove(_, None) => context! {},
            Self::StepUp(minutes) => context! { minutes },
            Self::MakeApiToken { endless, operations } => context! { endless, operations },
            Self::WithLoss { what, operations } => context! { what, operations },
            Self::Operations(count) => context! { count => count },
            Self::AndMore(operations, count) => context! { operations, count => count },
        }
    }
}

fn removal(channels: &[Channel], device: Option<&DeviceName>) -> &'static str {
    match (channels, device) {
        ([Channel::Totp], Some(_)) => "summary.remove_device",
        ([Channel::Totp], None) => "summary.remove_devices",
        ([Channel::Recovery], _) => "summary.remove_recovery_codes",
        ([Channel::Sms], _) => "summary.stop_sms",
        ([Channel::Email], _) => "summary.stop_email",
        _ => "summary.stop_both",
    }
}
