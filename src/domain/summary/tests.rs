//! A stranger's text, and what is left of it.

use proptest::prelude::*;
use unicode_properties::{GeneralCategory, UnicodeGeneralCategory};

use super::*;

fn shown(raw: &str) -> String {
    Summary::of(raw).unwrap_or_else(|error| panic!("{raw:?}: {error}")).into_string()
}

#[test]
fn what_is_plain_stays_as_it_is() {
    for plain in [
        "Transfer CHF:120.00 to payto://iban/DE75512108001245126199?receiver-name=ACME%20GmbH",
        "send TANs by email to alice+tan#1@example.com",
        "Überweisung von 1'000 € an Jürgen Groß & Söhne (Zürich) – Rechnung #2024/7",
        "Перевод 100 ₽, 転送 ¥100, नमस्ते, ไม่ใช่ที่นี่, שלום",
        "e\u{301}te\u{301}",
        "12345678",
    ] {
        assert_eq!(shown(plain), plain);
    }
}

#[test]
fn what_cannot_be_seen_becomes_one_blank_and_never_joins_two_amounts() {
    for unseen in [
        "\0",
        "\t",
        "\n",
        "\r\n",
        "\u{7f}",
        "\u{85}",
        "\u{a0}",
        "\u{ad}",
        "\u{34f}",
        "\u{61c}",
        "\u{115f}",
        "\u{180e}",
        "\u{2003}",
        "\u{200b}",
        "\u{200d}",
        "\u{200e}",
        "\u{2028}",
        "\u{2029}",
        "\u{202e}",
        "\u{2060}",
        "\u{2066}",
        "\u{206f}",
        "\u{2800}",
        "\u{3000}",
        "\u{3164}",
        "\u{fe0f}",
        "\u{feff}",
        "\u{ffa0}",
        "\u{fff9}",
        "\u{fffd}",
        "\u{e000}",
        "\u{fdd0}",
        "\u{e0041}",
        "\u{e0100}",
        "\u{10ffff}",
        "  ",
        " \u{200b}\n ",
    ] {
        assert_eq!(shown(&format!("CHF 1{unseen}00{unseen}")), "CHF 1 00", "{unseen:?}");
    }
}

#[test]
fn marks_stand_on_letters_and_never_in_piles_or_on_an_amount() {
    assert_eq!(shown("1\u{338}00"), "1 00", "struck out");
    assert_eq!(shown("1\u{301}00"), "1 00", "on a digit");
    assert_eq!(shown("a\u{336}b\u{20dd}c"), "a b c", "overlays and enclosures");
    assert_eq!(shown("5\u{fe0f}\u{20e3}"), "5", "a keycap");
    assert_eq!(shown(&format!("a{}b", "\u{301}".repeat(50))), "a\u{301}\u{301}\u{301} b", "a pile");
}

#[test]
fn nothing_reads_as_an_origin_bound_line() {
    for (raw, clean) in [
        ("ACME\n@bank.example #12345678", "ACME @bank.example 12345678"),
        ("ACME @bank.example #12345678", "ACME @bank.example 12345678"),
        ("@bank.example\u{200b}#12345678 @evil.example", "@bank.example 12345678 @evil.example"),
        ("＠bank.example ＃12345678", "bank.example 12345678"),
        ("@bank.example ＃12345678", "@bank.example 12345678"),
        ("﹫bank.example #12345678", "bank.example #12345678"),
        ("@bank.example ♯1 ⌗2 ﹟3", "@bank.example 1 2 3"),
        ("Invoice #5 of bob@example.com #6", "Invoice #5 of bob@example.com 6"),
    ] {
        assert_eq!(shown(raw), clean, "{raw:?}");
    }
}

#[test]
fn a_hundred_and_forty_characters_are_shown_and_one_more_is_refused() {
    assert_eq!(Summary::of(&"ä".repeat(140)).map(|summary| summary.to_string()), Ok("ä".repeat(140)));
    assert_eq!(Summary::of(&"x".repeat(141)), Err(SummaryError::TooLong));
    assert_eq!(shown(&format!("{}\u{200b}", "\n".repeat(500) + "x")), "x", "what was cleaned away does not count");
}

#[test]
fn nothing_to_see_is_refused() {
    for raw in ["", " ", "\u{200b}\u{202e}\n", "\u{3164}", "＃"] {
        assert_eq!(Summary::of(raw), Err(SummaryError::Empty), "{raw:?}");
    }
}

#[test]
fn a_summary_does_not_print_itself_into_a_log() {
    assert_eq!(format!("{:?}", Summary::of("to ACME").unwrap()), "Summary(7 characters)");
}

#[test]
fn a_cut_keeps_both_ends() {
    for (value, most, short) in [
        ("DE75512108001245126199", 9, "DE75…6199"),
        ("DE75512108001245126199", 0, "DE75…6199"),
        ("DE75512108001245126199", 22, "DE75512108001245126199"),
        ("DE75512108001245126199", 10, "DE755…6199"),
        ("ACME\n GmbH", 9, "ACME GmbH"),
        ("äöüäöüäöüäöü", 9, "äöüä…üäöü"),
    ] {
        assert_eq!(shortened(value, most), short);
    }
}

#[test]
fn of_a_payto_uri_the_account_is_kept_longest() {
    let whole = "payto://iban/DE75512108001245126199?receiver-name=ACME%20GmbH";
    let taler = "PAYTO://x-taler-bank/bank.example/alice?receiver-name=Alice";
    for (value, most, short) in [
        (whole, 61, whole),
        (whole, 40, "payto://iban/DE75512108001245126199?…"),
        (whole, 24, "payto://iban/DE75…6199?…"),
        (whole, 23, "DE75512108001245126199"),
        (whole, 20, "DE75512108…245126199"),
        (whole, 9, "DE75…6199"),
        ("payto://iban/DE75512108001245126199", 24, "payto://iban/DE755…26199"),
        ("payto://iban/SOGEDEFF/DE75512108001245126199?a=b", 40, "payto://iban/SOGEDEFF/DE755121…5126199?…"),
        (taler, 42, "PAYTO://x-taler-bank/bank.example/alice?…"),
        (taler, 24, "bank.example/alice"),
        (taler, 12, "bank.e…alice"),
        ("payto://?receiver-name=somebody%20with%20a%20name", 24, "payto://?rec…%20a%20name"),
        ("payto://iban/?receiver-name=DE75512108001245126199", 24, "payto://iban…01245126199"),
        ("payto://iban/DE75512108001245126199/?receiver-name=x", 24, "payto://iban/DE75…6199?…"),
    ] {
        let found = shortened(value, most);
        assert_eq!(found, short, "{value} in {most}");
    }
}

#[test]
fn of_a_payto_uri_an_amount_is_never_cut_away() {
    for query in [
        "amount=EUR:9999&message=a",
        "message=rent&AMOUNT=EUR:9999",
        "a=b;amount=EUR:1",
        "%61mount=EUR:9999",
        "a?amount=EUR:1",
    ] {
        let uri = format!("payto://iban/DE75512108001245126199?{query}");
        assert_eq!(shortened(&uri, 24), uri);
    }
    let uri = "payto://iban/DE75512108001245126199?message=amount%20due";
    assert_eq!(shortened(uri, 24), "payto://iban/DE75…6199?…");
}

fn is_unseen(c: char) -> bool {
    matches!(
        c.general_category(),
        GeneralCategory::Control
            | GeneralCategory::Format
            | GeneralCategory::LineSeparator
            | GeneralCategory::ParagraphSeparator
            | GeneralCategory::PrivateUse
            | GeneralCategory::Unassigned
    )
}

/// Texts of what an attacker would write.
fn hostile() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        any::<char>().prop_map(String::from),
        proptest::sample::select(vec![
            "@bank.example",
            "#12345678",
            "#",
            "@",
            "＠",
            "＃",
            " ",
            "\n",
            "\u{2028}",
            "\u{202e}",
            "\u{301}"
        ])
        .prop_map(str::to_owned),
    ];
    proptest::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn whatever_is_written_what_is_shown_can_be_seen(raw in hostile()) {
        if let Ok(summary) = Summary::of(&raw) {
            let text = summary.as_str();
            prop_assert!(!text.chars().any(is_unseen), "{:?}", text);
            prop_assert!((1..=LONGEST).contains(&text.chars().count()));
            prop_assert!(text.lines().count() == 1 && text.trim() == text && !text.contains("  "), "{:?}", text);
            let behind_at = text.split_once('@').map_or("", |(_, behind)| behind);
            prop_assert!(!behind_at.contains('#'), "{:?}", text);
            prop_assert_eq!(&cleaned(text), text);
        }
    }

    #[test]
    fn digits_are_never_changed_joined_or_lost(raw in hostile()) {
        let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
        prop_assert_eq!(digits(&cleaned(&raw)), digits(&raw));
        let runs = |text: &str| text.split(|c: char| !c.is_ascii_digit()).filter(|run| !run.is_empty()).map(str::to_owned).collect::<Vec<_>>();
        prop_assert_eq!(runs(&cleaned(&raw)), runs(&raw));
    }

    #[test]
    fn a_short_form_is_short_and_keeps_the_ends(uri in "(payto://)?", path in "[a-z/?é]{0,60}", rest in hostile(), most in 0usize..50) {
        let raw = format!("{uri}{path}{rest}");
        let short = shortened(&raw, most);
        // What could be an amount is not cut.
        prop_assume!(!raw.to_lowercase().starts_with("payto:") || !raw.contains('%'));
        prop_assert!(short.chars().count() <= most.max(SHORTEST));
        if !raw.to_lowercase().starts_with("payto:") {
            let clean = cleaned(&raw);
            prop_assert!(clean.chars().take(4).eq(short.chars().take(4)), "{:?} {:?}", clean, short);
        }
    }
}
