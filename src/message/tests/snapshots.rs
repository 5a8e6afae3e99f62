//! Every message in every language, as it was when somebody last read it: `tests/snapshots/messages/{language}/`. A change of a
//! template shows there. To renew them: `TANAGER_RENEW_SNAPSHOTS=1 cargo test --lib message::tests::snapshots`, then read what
//! git says has changed.

use std::{fmt::Write as _, fs, path::PathBuf};

use super::*;
use crate::domain::address::{Address, Mailbox, PhoneNumber};

fn renewing() -> bool {
    std::env::var_os("TANAGER_RENEW_SNAPSHOTS").is_some()
}

fn compare(language: &Language, name: &str, now: &str) {
    let path =
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/snapshots/messages").join(language.as_str()).join(name);
    if renewing() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, now).unwrap();
    }
    let before = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        before == now,
        "{} is another one now (see the head of this file):\n{}",
        path.display(),
        difference(&before, now)
    );
}

/// The lines that are not alike, between those that are.
fn difference(before: &str, now: &str) -> String {
    let (before, now): (Vec<&str>, Vec<&str>) = (before.lines().collect(), now.lines().collect());
    let first = before.iter().zip(&now).take_while(|(one, other)| one == other).count();
    let rest = before.len().min(now.len()) - first;
    let last = before.iter().rev().zip(now.iter().rev()).take(rest).take_while(|(one, other)| one == other).count();
    let lines = |lines: &[&str], mark: char| {
        lines[first..lines.len() - last].iter().fold(String::new(), |text, line| text + &format!("{mark} {line}\n"))
    };
    format!("line {}:\n{}{}", first + 1, lines(&before, '-'), lines(&now, '+'))
}

fn headed(out: &mut String, head: &str, text: &Text) {
    let measure = text.measure.map(|measure| format!(" ({measure})")).unwrap_or_default();
    writeln!(out, "=== {head}{measure}").unwrap();
    if !text.subject.is_empty() {
        writeln!(out, "Subject: {}\n", text.subject).unwrap();
    }
    writeln!(out, "{}\n", text.plain.reveal()).unwrap();
    if let Some(html) = &text.html {
        writeln!(out, "--- as a page\n{}\n", html.reveal()).unwrap();
    }
}

fn tans(channel: Channel, language: &Language) -> String {
    let catalog = catalog();
    let long = format!("Transfer CHF:10.00 to {} for {}", "Bob ".repeat(12).trim(), "rent ".repeat(10).trim());
    let bare = Letterhead { host: None, contact: None, ..BANK };
    let brief = About::Operation { summary: &long, brief: Some("Transfer CHF:10.00 to Bob Bob… for rent…") };
    let samples = [
        ("log-in", BANK, About::Nothing),
        ("log-in, without host and contact", bare, About::Nothing),
        ("a new address", BANK, About::Address),
        ("a transfer", BANK, about(TRANSFER)),
        ("digits in a row", bare, about("Transfer CHF 12345678 to Bob")),
        ("a long summary", BANK, about(&long)),
        ("a long summary with a short form", BANK, brief),
        ("letters that GSM-7 lacks", BANK, about("Transfer CHF:10.00 to Łukasz & Søren")),
    ];
    let mut out = String::new();
    for (head, letterhead, about) in samples {
        headed(&mut out, head, &catalog.tan(language, channel, &message(letterhead, about)).unwrap());
    }
    out
}

fn notices(channel: Channel, language: &Language) -> String {
    let catalog = catalog();
    let mut out = String::new();
    for (kind, contact) in NoticeKind::ALL.iter().zip([None, BANK.contact].into_iter().cycle()) {
        let letterhead = Letterhead { contact, ..BANK };
        let notice = NoticeMessage { letterhead, kind: *kind, reference: "K7QD-2MXA" };
        headed(&mut out, kind.name(), &catalog.notice(language, channel, &notice).unwrap());
    }
    out
}

fn summaries(language: &Language) -> String {
    let catalog = catalog();
    let phone = Address::Phone(PhoneNumber::parse("+41791234567").unwrap());
    let mailbox = Address::Mailbox(Mailbox::parse("alice@mail.example").unwrap());
    let device = DeviceName::parse("telephone").unwrap();
    let stop = catalog.phrase(language, &Phrase::Remove(&[Channel::Sms], None));
    let phrases = [
        Phrase::SendTo(&phone),
        Phrase::SendTo(&mailbox),
        Phrase::AddDevice(&device),
        Phrase::MakeRecoveryCodes,
        Phrase::Remove(&[Channel::Sms], None),
        Phrase::Remove(&[Channel::Email], None),
        Phrase::Remove(&[Channel::Sms, Channel::Email], None),
        Phrase::Remove(&[Channel::Totp], Some(&device)),
        Phrase::Remove(&[Channel::Totp], None),
        Phrase::Remove(&[Channel::Recovery], None),
        Phrase::StepUp(15),
        Phrase::MakeApiToken { endless: false, operations: None },
        Phrase::MakeApiToken { endless: true, operations: Some("transfer, cash-out") },
        Phrase::DeleteAccount,
        Phrase::WithLoss { what: &stop, operations: "transfer, mandate" },
        Phrase::Operations(1),
        Phrase::Operations(17),
        Phrase::AndMore("transfer, mandate", 3),
    ];
    phrases.iter().fold(String::new(), |text, phrase| text + &catalog.phrase(language, phrase) + "\n")
}

#[test]
fn every_message_is_as_it_was_read() {
    for language in catalog().languages() {
        compare(language, "tan-sms.txt", &tans(Channel::Sms, language));
        compare(language, "tan-email.txt", &tans(Channel::Email, language));
        compare(language, "notice-sms.txt", &notices(Channel::Sms, language));
        compare(language, "notice-email.txt", &notices(Channel::Email, language));
        compare(language, "summaries.txt", &summaries(language));
    }
}

#[test]
fn a_difference_shows_the_lines_that_are_not_alike() {
    assert_eq!(difference("a\nb\nc\n", "a\nx\ny\nc\n"), "line 2:\n- b\n+ x\n+ y\n");
    assert_eq!(difference("", "a\n"), "line 1:\n+ a\n");
}
