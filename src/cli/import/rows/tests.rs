//! Rows of files as they come, and as they should not.

use proptest::prelude::*;

use super::*;

const HEADER: &str = "username,phone,email,tan_channels,language\n";

fn rows(text: &[u8]) -> Result<Vec<Result<GoodRow, BadRow>>, ReadError> {
    let mut rows = Rows::of(text)?;
    let mut found = Vec::new();
    while let Some(row) = rows.read()? {
        found.push(row);
    }
    Ok(found)
}

/// The one row behind the header.
fn row(text: &[u8]) -> Result<GoodRow, BadRow> {
    let mut found = rows(&[HEADER.as_bytes(), text].concat()).unwrap();
    assert_eq!(found.len(), 1);
    found.remove(0)
}

fn reason(text: &[u8]) -> String {
    let bad = row(text).err().unwrap_or_else(|| panic!("it was taken: {}", String::from_utf8_lossy(text)));
    assert_eq!(bad.line, 2);
    bad.reason
}

fn header_trouble(header: &str) -> String {
    rows(header.as_bytes()).err().expect("the header was taken").to_string()
}

#[test]
fn a_row_becomes_an_account_to_be_made() {
    let alice = row(b"alice,+41 79 123 45 67,Alice@Example.com,sms email,de-CH\n").ok().unwrap();
    assert_eq!((alice.line, alice.account.username.as_str()), (2, "alice"));
    assert_eq!(alice.account.contact.phone.unwrap().reveal(), "+41791234567");
    assert_eq!(alice.account.contact.email.unwrap().reveal(), "Alice@example.com");
    assert_eq!(alice.account.channels, [Channel::Sms, Channel::Email]);
    assert_eq!(alice.account.language.unwrap().as_str(), "de-ch");
    let bare = row(b"bob,,,,\r\n").ok().unwrap().account;
    assert!(bare.contact == Contact::default() && bare.channels.is_empty() && bare.language.is_none());
}

#[test]
fn columns_may_stand_in_any_order_and_in_quotation_marks() {
    let text = "\"language\",\"tan_channels\",email,phone,username\r\n\"de\",\"sms  email\",a@example.com,\"+41791234567\",alice";
    let found = rows(text.as_bytes()).unwrap().remove(0).ok().unwrap().account;
    assert_eq!(found.username.as_str(), "alice");
    assert_eq!(found.channels, [Channel::Sms, Channel::Email]);
}

#[test]
fn what_is_wrong_with_a_header_is_named() {
    for (header, trouble) in [
        ("", "the file is empty"),
        ("\n\n", "the file is empty"),
        ("username,phone,email,tan_channels\n", "'language' is missing"),
        ("username,phone,email,tan_channels,language,notes\n", "no such column 'notes' (field 6)"),
        ("username,phone,email,tan_channels,phone\n", "'phone' stands twice"),
        ("username;phone;email;tan_channels;language\n", "no such column (field 1)"),
        ("alice,+41791234567,alice@example.com,sms,de\n", "no such column 'alice' (field 1)"),
        ("Username,phone,email,tan_channels,language\n", "no such column (field 1)"),
    ] {
        let told = header_trouble(header);
        assert!(told.contains(trouble) && told.contains("username,phone,email,tan_channels,language"), "{told}");
        assert!(!told.contains("4179"), "{told}");
    }
}

#[test]
fn what_is_wrong_with_a_row_is_named_and_no_address_is_repeated() {
    for (text, trouble) in [
        (b"alice,+41791234567,a@example.com,sms\n".as_slice(), "it has 4 fields, the header 5"),
        (b"alice,+41791234567,a@example.com,sms,de,\n", "it has 6 fields"),
        (&[b",".repeat(30).as_slice(), b"\n"].concat(), "more fields than the header's 5"),
        (b"..,+41791234567,,,\n", "username: A username has"),
        (b"+41791234567,alice,,,\n", "phone: "),
        (b"a@example.com,,,,\n", "username: "),
        (b"alice,0791234567,,,\n", "phone: A telephone number is written in international form"),
        (b"alice,,nobody,,\n", "email: A mailbox is written"),
        (b"alice,+41791234567,,sms sms,\n", "sms stands twice"),
        (b"alice,+41791234567,,+41791234567,\n", "names of channels"),
        (b"alice,,,,german\n", "language: "),
        (b"alice,,\xFF@example.com,,\n", "email: it is not UTF-8"),
        (b"ali\xFFce,,,,\n", "username: it is not UTF-8"),
        (b"alice,\"+41791234567\nbob,+41791234568,,sms,de\n", "it goes on to line 3"),
        (&[b"alice,".as_slice(), &b"7".repeat(LONGEST)].concat(), "longer than"),
    ] {
        let told = reason(text);
        assert!(told.contains(trouble), "{told}, not {trouble}");
        assert!(!told.contains("1234567") && !told.contains("@example.com"), "{told}");
    }
    assert_eq!(row(b"alice,079,,,\n").err().unwrap().username.unwrap().as_str(), "alice");
    assert_eq!(row(b"+41791234567,079,,,\n").err().unwrap().username, None);
}

#[test]
fn what_stands_inside_quotation_marks_never_becomes_a_row_of_its_own() {
    let text = format!("{HEADER}eve,,\"x\nmallory,+41791234567,,sms,de\n\",,\nbob,,,,\n");
    let found = rows(text.as_bytes()).unwrap();
    let taken: Vec<_> = found.iter().flatten().map(|row| (row.line, row.account.username.as_str())).collect();
    assert_eq!(taken, [(5, "bob")]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn no_bytes_break_the_reader(text in proptest::collection::vec(any::<u8>(), 0..2000)) {
        if let Ok(found) = rows(&text) {
            prop_assert!(found.len() <= text.len());
        }
    }

    #[test]
    fn nothing_behind_a_header_breaks_the_reader_and_lines_only_grow(
        text in proptest::collection::vec(prop_oneof![
            Just(b'"'), Just(b','), Just(b'\n'), Just(b'\r'), Just(b'a'), Just(b' '), any::<u8>(),
        ], 0..400),
    ) {
        let found = rows(&[HEADER.as_bytes(), &text].concat()).unwrap();
        let line = |row: &Result<GoodRow, BadRow>| row.as_ref().map_or_else(|bad| bad.line, |good| good.line);
        prop_assert!(found.iter().map(line).is_sorted());
        let most = 2 + text.iter().filter(|byte| matches!(byte, b'\n' | b'\r')).count() as u64;
        prop_assert!(found.iter().all(|row| (2..=most).contains(&line(row))));
    }
}
