//! The sentences that are part of a message: what a notice tells, and what the customer is shown of an operation of the
//! service's own. Each is a template, by section and key of `phrases.toml`.

use minijinja::{Value, context};

use crate::domain::{address::Address, channel::Channel, notice::NoticeKind, totp::DeviceName};

/// The phrases of the service's own operations by their names, `section.key`, with what each may read.
const OF_OPERATIONS: &[(&str, &[&str])] = &[
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
    ("summary.delete_account", &[]),
    ("summary.with_loss", &["what", "operations"]),
    ("summary.one_operation", &[]),
    ("summary.operations", &["count"]),
    ("summary.and_more", &["operations", "count"]),
];

/// The name of each phrase.
pub(super) fn names() -> impl Iterator<Item = String> {
    NoticeKind::ALL.iter().map(|kind| of_notice(*kind)).chain(OF_OPERATIONS.iter().map(|(name, _)| (*name).to_owned()))
}

/// What the phrase of that name may read; `None`: there is no such phrase.
pub(super) fn variables(name: &str) -> Option<&'static [&'static str]> {
    let notice = name.strip_prefix("notice.").and_then(NoticeKind::named).map(|_| [].as_slice());
    notice.or_else(|| OF_OPERATIONS.iter().find(|(known, _)| *known == name).map(|(_, variables)| *variables))
}

/// The name of the phrase of a notice.
pub(super) fn of_notice(kind: NoticeKind) -> String {
    format!("notice.{}", kind.name())
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
    /// The account is deleted.
    DeleteAccount,
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
            Self::DeleteAccount => "summary.delete_account",
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
            Self::MakeRecoveryCodes | Self::Remove(_, None) | Self::DeleteAccount => context! {},
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
