//! A mailbox: what a mail server and a channel script can be given without a second thought.

use std::{borrow::Cow, fmt, str::FromStr};

use email_address::EmailAddress;
use idna::AsciiDenyList;
use unicode_normalization::UnicodeNormalization;

use super::AddressError;
use crate::domain::summary::cleaned;

/// The longest mailbox that SMTP carries (RFC 5321 section 4.5.3.1.3, less the angle brackets).
const LONGEST: usize = 254;
/// Characters that the grammar allows, some only within quotation marks, and that say more than a name: routes to another
/// host (`user%host@relay`, `host!user@relay`), programs (`|command`), lists, comments, and what a shell expands.
const HOSTILE: &str = "\"<>()[]\\,;:%!|`$";

/// A mailbox, `name@domain`: the name composed (NFC), the domain in ASCII and lower case.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Mailbox(String);

impl Mailbox {
    /// Reads a mailbox (RFC 5321): no display name, no quoting, no address literal, no route, nothing that a shell script
    /// or a mail header could take for more than an address, and nothing that cannot be seen. A domain beyond ASCII is
    /// kept as every mail server takes it (`xn--…`, UTS 46), so that one mailbox has one form; a name beyond ASCII stays,
    /// for servers that take it (RFC 6531).
    pub fn parse(raw: &str) -> Result<Self, AddressError> {
        let (local, domain) = raw.rsplit_once('@').ok_or(AddressError::NotAMailbox)?;
        // Before anything is mapped: what cannot be seen would be mapped away.
        if cleaned(raw) != raw || !is_plain(local) {
            return Err(AddressError::NotAMailbox);
        }
        let local: String = local.nfc().collect();
        let mailbox = format!("{local}@{}", ascii(domain)?);
        // The form that is kept is what is judged: some letters are longer, or are two characters, once they are mapped.
        let whole = mailbox.len() <= LONGEST && cleaned(&mailbox) == mailbox && is_plain(&local);
        let parsed = EmailAddress::from_str(&mailbox).map_err(|_| AddressError::NotAMailbox)?;
        if whole && is_host(parsed.domain()) { Ok(Self(mailbox)) } else { Err(AddressError::NotAMailbox) }
    }

    /// The mailbox that a row has. For the storage layer alone: nothing is checked, so that a customer whose mailbox was
    /// accepted once can still be shown it, and rid of it.
    #[must_use]
    pub fn stored(mailbox: &str) -> Self {
        Self(mailbox.to_owned())
    }

    /// The mailbox. For transports and for sealing only.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// The first character of the name, and the domain.
    pub(super) fn masked(&self) -> String {
        let (local, domain) = self.0.rsplit_once('@').unwrap_or((&self.0, ""));
        let first: String = local.chars().take(1).collect();
        format!("{first}***@{domain}")
    }
}

/// Whether a name is no option of a program (`-`), no file (`/`) and nothing else but a name.
fn is_plain(local: &str) -> bool {
    let hostile = |c: char| c.is_control() || c.is_whitespace() || HOSTILE.contains(c);
    !local.starts_with(['-', '/']) && !local.contains(hostile)
}

/// A domain as every mail server takes it.
fn ascii(domain: &str) -> Result<Cow<'_, str>, AddressError> {
    idna::domain_to_ascii_cow(domain.as_bytes(), AsciiDenyList::STD3).map_err(|_| AddressError::NotAMailbox)
}

/// Whether a domain is a host's full name: two labels at least, and no IPv4 address.
fn is_host(domain: &str) -> bool {
    let of_name = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
    let top = domain.rsplit_once('.').map_or("", |(_, top)| top);
    domain.chars().all(of_name) && top.contains(|c: char| !c.is_ascii_digit())
}

impl fmt::Debug for Mailbox {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.masked())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::address::properties;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1000))]

        #[test]
        fn whatever_is_accepted_is_an_address_for_the_mail_transport(
            raw in prop_oneof![properties::mailbox(), any::<String>(), "\\PC*"],
        ) {
            if let Ok(mailbox) = Mailbox::parse(&raw) {
                let address: lettre::Address = mailbox.reveal().parse().unwrap();
                prop_assert_eq!(format!("{}@{}", address.user(), address.domain()), mailbox.reveal());
                prop_assert!(address.domain().is_ascii() && address.domain().contains('.'));
                prop_assert!(address.domain().split('.').all(|label| (1..=63).contains(&label.len())));
                prop_assert!(address.user().len() <= 64);
            }
        }
    }

    #[test]
    fn what_is_no_mailbox_is_refused() {
        for raw in [
            "",
            "alice",
            "@example.com",
            "alice@",
            "-alice@example.com",
            "alice@example.com\r\nBcc: eve@example.com",
            "alice\r\nRCPT TO:<eve@example.com>@example.com",
            "Alice <alice@example.com>",
            "alice(comment)@example.com",
            "a b@example.com",
            "\"a\"@example.com",
            "\"a b\"@example.com",
            "alice@[127.0.0.1]",
            "alice@127.0.0.1",
            "alice@localhost",
            "alice@example.com,eve@example.com",
            "alice@a|b.example",
            "alice@$(x).example",
            "alice@ex_ample.com",
            "al\u{200b}ice@example.com",
            "alice@exam\u{202e}ple.com",
            "alice@exam\u{ad}ple.com",
            "alice@example\u{3164}.com",
        ] {
            assert_eq!(Mailbox::parse(raw), Err(AddressError::NotAMailbox), "{raw:?}");
        }
    }

    #[test]
    fn routes_programs_and_files_are_no_mailboxes() {
        for raw in [
            "alice%bank.example@relay.example",
            "bank!alice@relay.example",
            "|/bin/sh@example.com",
            "/var/mail/alice@example.com",
            "alice@bank.example@relay.example",
            "@relay.example:alice@bank.example",
            "`id`@example.com",
            "$HOME@example.com",
        ] {
            assert_eq!(Mailbox::parse(raw), Err(AddressError::NotAMailbox), "{raw:?}");
        }
    }

    #[test]
    fn labels_dots_and_lengths_are_those_of_smtp() {
        let (local, label) = ("a".repeat(64), "b".repeat(63));
        for (raw, accepted) in [
            (format!("{local}@example.com"), true),
            (format!("a{local}@example.com"), false),
            (format!("{}@example.com", "ä".repeat(32)), true),
            (format!("{}@example.com", "ä".repeat(33)), false),
            (format!("a@{label}.com"), true),
            (format!("a@b{label}.com"), false),
            (format!("{local}@{label}.{label}.{}.com", "c".repeat(57)), true),
            (format!("{local}@{label}.{label}.{}.com", "c".repeat(58)), false),
            ("a@example..com".to_owned(), false),
            ("a@.example.com".to_owned(), false),
            ("a@example.com.".to_owned(), false),
            ("a@-example.com".to_owned(), false),
            ("a@example-.com".to_owned(), false),
            ("a..b@example.com".to_owned(), false),
            (".a@example.com".to_owned(), false),
            ("a.@example.com".to_owned(), false),
            ("a.b@example.com".to_owned(), true),
        ] {
            assert_eq!(Mailbox::parse(&raw).is_ok(), accepted, "{raw}");
        }
    }

    #[test]
    fn one_mailbox_has_one_form() {
        for (raw, kept) in [
            ("Alice+tan@Example.COM", "Alice+tan@example.com"),
            ("o'hara_#1=/x~^{}@example.com", "o'hara_#1=/x~^{}@example.com"),
            ("alice@münchen.example", "alice@xn--mnchen-3ya.example"),
            ("alice@MU\u{308}NCHEN.example", "alice@xn--mnchen-3ya.example"),
            ("alice@xn--mnchen-3ya.example", "alice@xn--mnchen-3ya.example"),
            ("alice@\u{ff45}xample\u{3002}com", "alice@example.com"),
            ("zoe\u{308}@example.com", "zo\u{eb}@example.com"),
            ("用户@例え.example", "用户@xn--r8jz45g.example"),
        ] {
            assert_eq!(Mailbox::parse(raw).unwrap().reveal(), kept, "{raw}");
        }
        assert!(Mailbox::parse("alice@xn--0.example").is_err(), "no name in that encoding");
    }

    #[test]
    fn a_mailbox_that_a_row_has_is_taken_as_it_is_and_never_shown_whole() {
        for (kept, masked) in [("a%b@relay.example", "a***@relay.example"), ("alice", "a***@")] {
            let mailbox = Mailbox::stored(kept);
            assert_eq!((mailbox.reveal(), mailbox.masked().as_str()), (kept, masked));
        }
    }
}
