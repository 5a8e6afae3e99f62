//! What a message says. The TAN stands in it in clear, before anything that a stranger wrote, and closes an SMS bound to
//! the bank's origin.

use std::fmt::Write as _;

use super::Bank;
use crate::{
    channel::{Envelope, MessageBody, MessageKind},
    domain::{
        account::Account,
        address::Address,
        challenge::{Challenge, ChallengeKind},
        channel::Channel,
        id::TransmissionId,
        language::Language,
        limits::Limits,
        notice::NoticeKind,
        summary::Approval,
        tan::Tan,
        totp::DeviceName,
        username::Username,
    },
    storage::notices::ClaimedNotice,
};

/// The language of messages for accounts that name none.
const DEFAULT_LANGUAGE: &str = "en";

/// One sending of a TAN: of which challenge, whereto, and under which id.
pub(super) struct Carried<'a> {
    pub(super) challenge: &'a Challenge,
    pub(super) address: &'a Address,
    pub(super) tan: &'a Tan,
    pub(super) transmission: TransmissionId,
}

/// The message that carries a TAN.
pub(super) fn tan_message(bank: &Bank, account: &Account, carried: &Carried<'_>, limits: &Limits) -> Envelope {
    let Carried { challenge, address, tan, transmission } = *carried;
    let mut text = format!("{}: your TAN is {}.", bank.name, tan.reveal());
    match (challenge.summary.as_ref().map(Approval::whole), challenge.kind) {
        (Some(summary), _) => _ = write!(text, " It approves: {summary}."),
        (None, ChallengeKind::Address) => text.push_str(" It confirms this address for your account."),
        (None, ChallengeKind::Token | ChallengeKind::Taler) => {}
    }
    let minutes = limits.tan_lifetime.as_secs().div_ceil(60);
    _ = write!(text, " Valid for {minutes} min. Never tell it to anyone.");
    close(&mut text, bank, carried);
    Envelope {
        transmission: transmission.as_uuid(),
        kind: MessageKind::Tan,
        subject: format!("{}: your TAN", bank.name),
        expected_digits: challenge.tan_digits,
        ..addressed(&account.username, account.language.as_ref(), address.clone(), text)
    }
}

/// Origin-bound one-time codes: the last line of an SMS is `@host #TAN`, and nothing else in it can be. Where there is no
/// such line, and the summary has as many digits in a row as the TAN, the TAN stands last as well: whoever looks for such
/// a run, from either end, finds the TAN.
fn close(text: &mut String, bank: &Bank, carried: &Carried<'_>) {
    let Carried { challenge, address, tan, .. } = *carried;
    if let (Address::Phone(_), Some(host)) = (address, &bank.host) {
        _ = write!(text, "\n@{host} #{}", tan.reveal());
    } else if challenge.summary.as_ref().is_some_and(|summary| has_run(summary.whole(), challenge.tan_digits)) {
        _ = write!(text, "\nTAN: {}", tan.reveal());
    }
}

fn has_run(summary: &str, digits: u8) -> bool {
    summary.split(|c: char| !c.is_ascii_digit()).any(|run| run.len() == usize::from(digits))
}

/// A message that tells of something, without a TAN.
pub(super) fn notice_message(bank: &Bank, claimed: &ClaimedNotice) -> Envelope {
    let ClaimedNotice { username, posted, .. } = claimed;
    let what = match posted.notice.kind {
        NoticeKind::AddressReplaced => "TANs no longer go to this address: another one was confirmed.",
        NoticeKind::ChannelRemoved => "TANs no longer go to this address: it was removed.",
        NoticeKind::AddressSet => "TANs now go to this address: the bank has set it.",
        NoticeKind::AddressAdded => "another address for TANs was added to your account.",
        NoticeKind::AddressChanged => "an address for TANs of your account was changed.",
        NoticeKind::AddressRemoved => "an address for TANs of your account was removed.",
        NoticeKind::DeviceAdded => "an authenticator app was added to your account.",
        NoticeKind::DeviceRemoved => "an authenticator app was removed from your account.",
        NoticeKind::RecoveryCodesMade => {
            "new recovery codes were made for your account; earlier ones are no longer valid."
        }
        NoticeKind::RecoveryCodeUsed => "a recovery code was used for your account.",
        NoticeKind::RecoveryCodesRemoved => "the recovery codes of your account were removed.",
        NoticeKind::ApiTokenMade => "an access token that needs no TAN was made for your account.",
        NoticeKind::Blocked => "TANs are blocked for a while: too many wrong ones were entered.",
        NoticeKind::BlockedForGood => {
            "TANs are blocked until the bank unblocks your account: too many wrong ones were entered."
        }
        NoticeKind::Warned => {
            "very many wrong TANs were entered. After more of them only the bank can unblock your account."
        }
    };
    let reference = posted.reference.as_str();
    let text = format!("{}: {what} If this was not you, call the bank and give reference {reference}.", bank.name);
    Envelope {
        transmission: posted.id.as_uuid(),
        kind: MessageKind::Notice,
        subject: format!("{}: a change to your account", bank.name),
        ..addressed(username, posted.language.as_ref(), posted.notice.address.clone(), text)
    }
}

fn addressed(username: &Username, language: Option<&Language>, address: Address, text: String) -> Envelope {
    let language = language.map_or(DEFAULT_LANGUAGE, |language| language.as_str());
    Envelope {
        transmission: uuid::Uuid::nil(),
        channel: address.channel(),
        kind: MessageKind::Notice,
        account: username.clone(),
        language: language.to_owned(),
        subject: String::new(),
        address,
        body: MessageBody::new(text),
        html: None,
        expected_digits: 6,
    }
}

/// What a customer is shown when a new address is to be put in force: all of it.
pub(super) fn enrolment_summary(address: &Address) -> String {
    match address.channel() {
        Channel::Sms => format!("send TANs by SMS to {}", address.reveal()),
        _ => format!("send TANs by email to {}", address.reveal()),
    }
}

/// What a customer is shown when a device is to be put in force.
pub(super) fn device_summary(name: &DeviceName) -> String {
    format!("add an authenticator app named {name}")
}

/// What a customer is shown when recovery codes are to be made.
pub(super) const RECOVERY_CODES_SUMMARY: &str = "make new recovery codes";

/// What a customer is shown when channels are to be removed; of authenticator apps this `device` alone, or all.
pub(super) fn removal_summary(channels: &[Channel], device: Option<&DeviceName>) -> String {
    let name = |channel: &Channel| if *channel == Channel::Sms { "SMS" } else { channel.name() };
    match (channels, device) {
        ([Channel::Totp], Some(device)) => format!("remove the authenticator app {device}"),
        ([Channel::Totp], None) => "remove all authenticator apps".to_owned(),
        ([Channel::Recovery], _) => "remove the recovery codes".to_owned(),
        _ => format!("send no more TANs by {}", channels.iter().map(name).collect::<Vec<_>>().join(" and ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{keys::tests::ring, rules::request::Wish, testing::Scene};

    /// The TAN, and the message that carries it with that summary.
    fn message(channel: Channel, host: Option<&str>, summary: &str) -> (String, String) {
        let mut scene = Scene::enrolled();
        let id = scene.begin_with(channel, Wish { summary: Some(Approval::of(summary)), ..Wish::default() });
        let bank = Bank { name: "Example Bank".to_owned(), host: host.map(str::to_owned) };
        let challenge = scene.challenge(id);
        let tan = challenge.tan(scene.account.id, &ring()).unwrap();
        let transmission = TransmissionId::from_uuid(uuid::Uuid::nil());
        let address = challenge.address().unwrap();
        let carried = Carried { challenge, address, tan: &tan, transmission };
        let envelope = tan_message(&bank, &scene.account, &carried, &scene.limits);
        (tan.reveal().to_owned(), envelope.body.reveal().to_owned())
    }

    #[test]
    fn the_tan_is_the_first_and_the_last_run_of_its_length_whatever_the_summary_says() {
        for (channel, host) in
            [(Channel::Sms, Some("bank.example")), (Channel::Sms, None), (Channel::Email, Some("bank.example"))]
        {
            for summary in
                ["Transfer CHF 12345678.00 to DE75512108001245126199", "Transfer CHF 1 to X", "TAN: 00000000"]
            {
                let (tan, text) = message(channel, host, summary);
                let runs: Vec<&str> = text.split(|c: char| !c.is_ascii_digit()).filter(|run| run.len() == 8).collect();
                assert_eq!((runs.first(), runs.last()), (Some(&tan.as_str()), Some(&tan.as_str())), "{text}");
                assert!(text.contains(&format!(" It approves: {summary}. ")), "{text}");
            }
        }
    }

    #[test]
    fn the_last_line_of_an_sms_is_bound_to_the_banks_origin() {
        let (tan, text) = message(Channel::Sms, Some("bank.example"), "Transfer CHF 12345678");
        assert!(text.ends_with(&format!("\n@bank.example #{tan}")), "{text}");
        let (_, text) = message(Channel::Email, Some("bank.example"), "Transfer CHF 1");
        assert!(!text.contains(['\n', '@', '#']), "{text}");
    }
}
