//! Addresses that strangers write: what is accepted is what the grammar says, told here a second time.

use proptest::prelude::*;
use unicode_properties::{GeneralCategoryGroup, UnicodeGeneralCategory};

use regex::Regex;

use super::*;

/// The digits of a number as people write it, or `None`, by an automaton over its characters.
fn number_by_hand(raw: &str) -> Option<String> {
    let (mut digits, mut within, mut last) = (String::new(), false, '+');
    let mut rest = raw.strip_prefix('+')?.chars().peekable();
    last = rest.next_if(|first| ('1'..='9').contains(first)).unwrap_or(last);
    digits.push(Some(last).filter(char::is_ascii_digit)?);
    for c in rest {
        match c {
            '0' if last == '(' => return None,
            '0'..='9' => digits.push(c),
            ' ' | '.' | '-' if !within && (last.is_ascii_digit() || last == ')') => {}
            '(' if !within && last != '(' => within = true,
            ')' if within && last.is_ascii_digit() => within = false,
            _ => return None,
        }
        last = c;
    }
    let whole = !within && (last.is_ascii_digit() || last == ')');
    (whole && (7..=15).contains(&digits.len())).then(|| format!("+{digits}"))
}

/// What the crate with the metadata makes of a number, where it makes anything of it: country code and digits behind it,
/// whose patterns are those of a number that is in use.
fn in_use(kept: &str) -> bool {
    let read = phonenumber::parse(None, kept).ok();
    read.is_some_and(|read| {
        phonenumber::is_valid(&read) && read.format().mode(phonenumber::Mode::E164).to_string() == kept
    })
}

/// Whether a text of ASCII is a mailbox: RFC 5321's `Dot-string "@" Domain` without what names more than a mailbox, and
/// the domain has a dot and is no address.
fn is_ascii_mailbox(raw: &str) -> bool {
    let atom = "[A-Za-z0-9#&'*+/=?^_{}~-]+";
    let label = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?";
    let form = Regex::new(&format!(r"^{atom}(?:\.{atom})*@{label}(?:\.{label})+$")).unwrap();
    let top = raw.rsplit('.').next().is_some_and(|top| top.contains(|c: char| !c.is_ascii_digit()));
    let short = raw.find('@').is_some_and(|at| at <= 64) && raw.len() <= 254;
    form.is_match(raw) && short && top && !raw.starts_with(['-', '/'])
}

/// Much that could be a mailbox, and what is hidden in some.
pub(super) fn mailbox() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "[a-z0-9A-Z]{1,6}",
        "[!-~]",
        any::<char>().prop_map(String::from),
        prop::sample::select(vec![
            "@", ".", "-", "--", "a.b", "\u{200b}", "\u{202e}", "\u{ad}", "\u{3164}", "\r\n", "İ", "ẞ", "xn--",
            "\u{308}", "ß", "\u{3002}", "\u{ff20}", "\u{212b}", "例え"
        ])
        .prop_map(str::to_owned),
    ];
    let part = || prop::collection::vec(piece.clone(), 1..5).prop_map(|pieces| pieces.concat());
    (part(), part(), "[a-z]{2,3}").prop_map(|(local, domain, top)| format!("{local}@{domain}.{top}"))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn a_text_is_a_number_if_and_only_if_it_is_written_like_one(
        raw in prop_oneof![
            "\\PC*",
            any::<String>(),
            "\\+?[0-9]{6,16}[ \n٣]?",
            "\\+[1-9]([ .-]?(\\([0-9]{1,3}\\)|[0-9]{1,4})){1,6}[ .()-]?",
            "\\+[0-9() .-]{5,16}",
        ],
    ) {
        let read = PhoneNumber::parse(&raw).map(|number| number.reveal().to_owned());
        let by_hand = number_by_hand(&raw);
        prop_assert_eq!(read == Err(AddressError::NotE164), by_hand.is_none());
        if let Ok(number) = read {
            prop_assert_eq!(&Some(number.clone()), &by_hand);
            let again = PhoneNumber::parse(&number).unwrap();
            prop_assert_eq!(again.reveal(), number);
        }
    }

    #[test]
    fn a_number_that_is_in_use_is_possible(
        raw in prop_oneof![
            "\\+(41|49|33|39|1|44|43|423|7|225|386|882)[0-9]{6,12}",
            "\\+4179[0-9]{7}",
            "\\+390?[0-9]{8,10}",
            "\\+1[2-9][0-9]{9}",
            "\\+447[0-9]{9}",
            "\\+[1-9][0-9]{6,14}",
        ],
    ) {
        let possible = PhoneNumber::parse(&raw);
        prop_assert!(possible.is_ok() || !in_use(&raw), "{} {:?}", raw, possible);
        if let Ok(number) = possible {
            prop_assert_eq!(number.reveal(), raw);
        }
    }

    /// One that is kept, whatever it is, shows no more than its beginning and its end.
    #[test]
    fn a_masked_address_shows_its_ends_alone(
        phone in prop_oneof!["\\+[1-9][0-9]{6,14}", "\\PC{0,20}"],
        local in "[^@\\p{C}]{1,20}",
        domain in "[a-z.]{1,20}",
    ) {
        let number = PhoneNumber::stored(&phone);
        let (shown, hidden) = (number.masked(), phone.chars().count().saturating_sub(7));
        prop_assert_eq!(shown.chars().count(), phone.chars().count());
        prop_assert!(shown.chars().filter(|c| *c == '*').count() >= hidden);
        let masked = Mailbox::stored(&format!("{local}@{domain}")).masked();
        let first = local.chars().next().unwrap();
        prop_assert_eq!(masked, format!("{first}***@{domain}"));
    }

    #[test]
    fn a_text_of_ascii_is_a_mailbox_if_and_only_if_the_grammar_says_so(
        raw in prop_oneof![
            "[!-~]{0,8}@[!-~]{0,8}",
            "[a-z.+/|-]{1,8}@[a-z0-9.-]{1,8}\\.[a-zA-Z]{1,3}",
            "[a-z]{62,66}@[a-z]{1,3}\\.ch",
            "[a-z]{60}@([a-z]{60,64}\\.){2,3}[a-z]{1,20}",
            "[a-zA-Z]{1,4}[ -~]@[a-zA-Z]{1,4}[ -~][a-z]{1,3}\\.ch[ \n]?",
        ],
    ) {
        prop_assume!(!raw.to_lowercase().contains("xn--")); // not every text is one in that encoding
        prop_assert_eq!(Mailbox::parse(&raw).is_ok(), is_ascii_mailbox(&raw), "{}", raw);
    }

    #[test]
    fn whatever_is_accepted_is_seen_whole_and_is_the_same_when_it_is_read_again(
        raw in prop_oneof![mailbox(), any::<String>(), "\\PC*"]
    ) {
        for channel in Channel::ALL {
            let Ok(address) = Address::parse(channel, &raw) else { continue };
            let text = address.reveal();
            prop_assert!(text.len() <= 254 && !text.starts_with('-'));
            let unseen = |c: char| c.is_whitespace() || c.general_category_group() == GeneralCategoryGroup::Other;
            prop_assert!(!text.contains(unseen) && !text.contains('\u{3164}'), "{:?}", text);
            prop_assert!(text.matches('@').count() == usize::from(channel == Channel::Email));
            prop_assert_eq!(Address::parse(channel, text), Ok(address.clone()));
            prop_assert_ne!(address.masked(), text);
            prop_assert_eq!(format!("{address:?}"), address.masked());
        }
    }

    #[test]
    fn a_long_domain_is_measured_as_it_is_kept(labels in prop::collection::vec("[a-zİẞȺ]{1,30}", 2..9)) {
        let raw = format!("a@{}.ch", labels.join("."));
        if let Ok(mailbox) = Mailbox::parse(&raw) {
            prop_assert!(mailbox.reveal().len() <= 254);
            prop_assert_eq!(Mailbox::parse(mailbox.reveal()), Ok(mailbox));
        }
    }
}
