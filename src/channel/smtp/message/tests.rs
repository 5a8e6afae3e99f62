//! The mail, as a mail server sees it.

use proptest::prelude::*;

use super::*;
use crate::{
    channel::{MessageBody, smtp::tests::envelope},
    domain::address::{Address, Mailbox as DomainMailbox},
};

fn author() -> Author {
    Author::new(Some("Example Bank"), &DomainMailbox::parse("tan@bank.example").unwrap()).unwrap()
}

fn text(author: &Author, envelope: &Envelope) -> String {
    String::from_utf8(Mail::of(author, envelope).unwrap().text().to_vec()).unwrap()
}

/// Names and values of the head, folded lines put together.
fn head(text: &str) -> Vec<(String, String)> {
    let (head, _) = text.split_once("\r\n\r\n").unwrap();
    let unfolded = head.replace("\r\n ", " ").replace("\r\n\t", " ");
    unfolded
        .split("\r\n")
        .map(|line| line.split_once(": ").map(|(n, v)| (n.to_owned(), v.to_owned())).unwrap())
        .collect()
}

const NAMES: [&str; 10] = [
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "Auto-Submitted",
    "X-Auto-Response-Suppress",
    "MIME-Version",
    "Content-Type",
    "Content-Transfer-Encoding",
];

#[test]
fn a_mail_says_what_it_is_and_a_repeat_is_the_same() {
    let text = text(&author(), &envelope());
    let expected = [
        ("From", "\"Example Bank\" <tan@bank.example>"),
        ("To", "alice@example.com"),
        ("Subject", "Your TAN"),
        ("Date", "Tue, 22 Feb 2022 19:22:22 +0000"),
        ("Message-ID", "<017f22e2-79b0-7cc3-98c4-dc0c0c07398f@bank.example>"),
        ("Auto-Submitted", "auto-generated"),
        ("X-Auto-Response-Suppress", "All"),
        ("MIME-Version", "1.0"),
        ("Content-Type", "text/plain; charset=utf-8"),
        ("Content-Transfer-Encoding", "quoted-printable"),
    ];
    assert_eq!(head(&text), expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    assert!(text.ends_with("\r\n\r\nYour TAN is 12345678.\r\n.\r\n"), "{text}");
    assert_eq!(text, self::text(&author(), &envelope()));
}

#[test]
fn with_html_it_has_two_parts_the_plain_one_first() {
    let html = Some(MessageBody::new("<p>Grüezi, <b>12345678</b></p>".to_owned()));
    let text = text(&author(), &Envelope { html, ..envelope() });
    assert!(
        text.contains("Content-Type: multipart/alternative;\r\n boundary=\"017f22e279b07cc398c4dc0c0c07398f\"\r\n"),
        "{text}"
    );
    let plain = text.find("Content-Type: text/plain; charset=utf-8").unwrap();
    let html = text.find("Content-Type: text/html; charset=utf-8").unwrap();
    assert!(
        plain < html && text.contains("Your TAN is 12345678.") && text.contains("<p>Gr=C3=BCezi, <b>12345678</b></p>")
    );
    assert!(text.is_ascii() && text.ends_with("--017f22e279b07cc398c4dc0c0c07398f--\r\n.\r\n"), "{text}");
}

#[test]
fn replies_go_where_they_are_to_go() {
    let service = DomainMailbox::parse("service@bank.example").unwrap();
    let text = text(&author().with_replies_to(None, &service).unwrap(), &envelope());
    assert!(head(&text).contains(&("Reply-To".to_owned(), "service@bank.example".to_owned())), "{text}");
}

#[test]
fn neither_a_subject_nor_a_bank_makes_a_line_of_the_head() {
    let hostile = "x\r\nBcc: eve@evil.example\r\n\r\n<script>\n.\r\n\0\u{b}\u{85}\u{2028}Bcc: eve@evil.example";
    let mailbox = DomainMailbox::parse("tan@bank.example").unwrap();
    let author = Author::new(Some(&format!("Bank\" <eve@evil.example>, {hostile}")), &mailbox).unwrap();
    for subject in [hostile.to_owned(), format!("ü{hostile}"), hostile.repeat(40)] {
        let text = text(&author, &Envelope { subject, ..envelope() });
        let names: Vec<_> = head(&text).into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, NAMES, "{text}");
        assert!(text.is_ascii() && text.lines().all(|line| line.len() <= 998), "{text}");
    }
}

#[test]
fn no_line_of_a_body_is_taken_for_the_end_or_for_another_part() {
    let mut hostile = envelope();
    let body = "one\n.\ntwo\r\n.\r\nQUIT\r\n\r.\r\n--017f22e2\n.three\r..\n\u{2028}".to_owned();
    hostile.body = MessageBody::new(body);
    let text = text(&author(), &hostile);
    let (_, body) = text.split_once("\r\n\r\n").unwrap();
    let expected = "one\r\n..\r\ntwo\r\n..\r\nQUIT\r\n=0D.\r\n--017f22e2\r\n..three=0D..\r\n=E2=80=A8\r\n.\r\n";
    assert_eq!(body, expected, "{body:?}");
}

#[test]
fn a_domain_goes_out_as_dns_has_it_and_a_name_beyond_ascii_as_it_is() {
    let to = |raw: &str| Envelope { address: Address::Mailbox(DomainMailbox::parse(raw).unwrap()), ..envelope() };
    let mail = Mail::of(&author(), &to("alice@bücher.example")).unwrap();
    assert_eq!((mail.to.to_string().as_str(), mail.is_ascii()), ("alice@xn--bcher-kva.example", true));
    let mail = Mail::of(&author(), &to("älice@bücher.example")).unwrap();
    assert_eq!((mail.to.to_string().as_str(), mail.is_ascii()), ("älice@xn--bcher-kva.example", false));
}

#[test]
fn mails_are_from_a_mailbox_that_every_server_takes() {
    let mailbox = DomainMailbox::parse("tän@bank.example").unwrap();
    let refused = Author::new(None, &mailbox).err().unwrap().to_string();
    assert_eq!(refused, "t***@bank.example is no mailbox that a mail can be from");
}

proptest! {
    #[test]
    fn whatever_the_texts_are_the_head_has_these_lines_and_the_mail_one_end(
        bank in any::<String>(), subject in any::<String>(), body in any::<String>(), html in any::<Option<String>>(),
    ) {
        let author = Author::new(Some(&bank), &DomainMailbox::parse("tan@bank.example").unwrap()).unwrap();
        let mut envelope = Envelope { subject, html: html.map(MessageBody::new), ..envelope() };
        envelope.body = MessageBody::new(body);
        let text = text(&author, &envelope);
        let names: Vec<_> = head(&text).into_iter().map(|(name, _)| name).collect();
        prop_assert!(names.iter().all(|name| NAMES.contains(&name.as_str())) && names.len() >= 9, "{:?}", names);
        prop_assert_eq!(text.find("\r\n.\r\n"), Some(text.len() - 5));
        prop_assert!(text.is_ascii() && !text.replace("\r\n", "").contains(['\r', '\n', '\0']));
    }
}
