//! Every message in every language.

mod overlay;
mod snapshots;

use proptest::prelude::*;

use super::*;
use crate::domain::{
    channel::Channel,
    language::Language,
    notice::NoticeKind,
    summary::{Summary, by_account},
    totp::DeviceName,
};

/// A transfer as gateways show it.
const TRANSFER: &str = "Transfer CHF:10.00 to payto://iban/CH9300762011623852957?receiver-name=Bob";
const TAN: &str = "90817263";
const BANK: Letterhead<'static> =
    Letterhead { bank: "Example Bank", host: Some("bank.example"), contact: Some("+41 44 123 45 67") };
const WITHOUT_HOST: Letterhead<'static> = Letterhead { host: None, ..BANK };

fn catalog() -> Catalog {
    Catalog::load(None, &Language::english()).unwrap()
}

fn about(summary: &str) -> About<'_> {
    About::Operation { summary, brief: None }
}

fn message<'a>(letterhead: Letterhead<'a>, about: About<'a>) -> TanMessage<'a> {
    TanMessage { letterhead, tan: TAN, about, minutes: 5 }
}

/// The text in each language.
fn in_each(channel: Channel, message: &TanMessage<'_>) -> Vec<(Language, Text)> {
    let catalog = catalog();
    let text = |language: &Language| (language.clone(), catalog.tan(language, channel, message).unwrap());
    catalog.languages().map(text).collect()
}

fn runs(text: &str) -> Vec<&str> {
    text.split(|c: char| !c.is_ascii_digit()).filter(|run| run.len() == TAN.len()).collect()
}

#[test]
fn five_languages_are_shipped_whole() {
    let catalog = catalog();
    let tags: Vec<&str> = catalog.languages().map(Language::as_str).collect();
    assert_eq!(tags, ["de", "en", "es", "fr", "it"]);
    for speech in catalog.speeches() {
        assert_eq!(speech.templates.sources.missing(), [] as [&str; 0], "{}", speech.language);
    }
}

#[test]
fn no_shipped_template_has_a_flaw_under_any_name_and_with_any_digits() {
    let long = format!("{}.example", "a-label-that-is-long.".repeat(11));
    for letterhead in [BANK, WITHOUT_HOST, Letterhead { host: Some(&long), contact: None, ..BANK }] {
        for digits in 6..=10 {
            let Examination { flaws, figures } = catalog().examine(&letterhead, digits, 60);
            assert_eq!(flaws, [], "{digits}");
            assert_eq!(figures.len(), 5);
        }
    }
}

#[test]
fn a_usual_transfer_takes_one_segment_in_gsm_7_in_every_language() {
    for minutes in [5, 10] {
        for (language, text) in in_each(Channel::Sms, &TanMessage { minutes, ..message(BANK, about(TRANSFER)) }) {
            let measure = text.measure.unwrap();
            assert_eq!(
                (measure.alphabet, measure.segments),
                (Alphabet::Gsm7, 1),
                "{language}: {}",
                text.plain.reveal()
            );
            assert!(text.plain.reveal().contains("CHF:10.00 to CH9300762011623852957"), "{}", text.plain.reveal());
        }
    }
}

#[test]
fn what_has_room_is_shown_whole_and_what_needs_two_segments_takes_two() {
    let short = "Transfer CHF:1 to payto://x/bob?receiver-name=B";
    for (language, text) in in_each(Channel::Sms, &message(WITHOUT_HOST, about(short))) {
        assert!(text.plain.reveal().contains(short), "{language}: {}", text.plain.reveal());
        assert_eq!(text.measure.unwrap().segments, 1);
    }
    let long = format!("Transfer CHF:10.00 to {} for {}", "Bob ".repeat(12).trim(), "rent ".repeat(10).trim());
    for (_, text) in in_each(Channel::Sms, &message(BANK, about(&long))) {
        assert!(text.plain.reveal().contains(&long), "nothing is cut that is no payto URI");
        assert_eq!(text.measure.unwrap().segments, 2);
    }
}

#[test]
fn the_short_form_is_taken_where_it_saves_a_segment_and_only_there() {
    let whole = format!("Transfer CHF:10.00 to {TRANSFER}, reference {}", "x".repeat(30));
    let brief = "Transfer CHF:10.00 to CH9300762011623852957, reference xxxx…";
    let long = About::Operation { summary: &whole, brief: Some(brief) };
    for (language, text) in in_each(Channel::Sms, &message(WITHOUT_HOST, long)) {
        assert!(text.plain.reveal().contains("reference xxxx..."), "{language}: {}", text.plain.reveal());
    }
    let short = About::Operation { summary: "Transfer CHF:10.00 to Bob", brief: Some("CHF:10.00 to Bob") };
    for (_, text) in in_each(Channel::Sms, &message(BANK, short)) {
        assert!(text.plain.reveal().contains("Transfer CHF:10.00 to Bob"), "{}", text.plain.reveal());
    }
}

#[test]
fn letters_that_gsm_lacks_are_sent_as_they_are() {
    for (_, text) in in_each(Channel::Sms, &message(BANK, about("Transfer 1 to Łukasz’"))) {
        assert!(text.plain.reveal().contains("to Łukasz’."));
        assert_eq!(text.measure.unwrap().alphabet, Alphabet::Ucs2);
    }
}

#[test]
fn the_tan_is_the_first_and_the_last_run_of_its_length_whatever_the_summary_says() {
    for (channel, letterhead) in
        [(Channel::Sms, BANK), (Channel::Sms, WITHOUT_HOST), (Channel::Email, BANK), (Channel::Email, WITHOUT_HOST)]
    {
        for summary in ["Transfer CHF 12345678.00 to DE75512108001245126199", "Transfer CHF 1 to X", "TAN: 00000000"] {
            for (language, text) in in_each(channel, &message(letterhead, about(summary))) {
                for shown in [Some(&text.plain), text.html.as_ref()].into_iter().flatten() {
                    let runs = runs(shown.reveal());
                    assert_eq!((runs.first(), runs.last()), (Some(&TAN), Some(&TAN)), "{language} {}", shown.reveal());
                    assert!(shown.reveal().contains(summary), "{language} {}", shown.reveal());
                }
            }
        }
    }
}

#[test]
fn only_an_sms_is_bound_to_an_origin_and_only_by_its_last_line() {
    for summary in [TRANSFER, "Transfer 1 to bob@bank.example", "Transfer 1 to @bank.example 12345678"] {
        for (_, text) in in_each(Channel::Sms, &message(BANK, about(summary))) {
            let (before, last) = text.plain.reveal().rsplit_once('\n').unwrap();
            assert_eq!(last, format!("@bank.example #{TAN}"));
            assert!(!before.contains('#') && !before.contains('\n'), "{before}");
        }
        for (_, text) in in_each(Channel::Email, &message(BANK, about(summary))) {
            assert!(!text.plain.reveal().contains('#'), "{}", text.plain.reveal());
            assert!(!text.html.unwrap().reveal().contains(&format!("#{TAN}")));
        }
    }
}

#[test]
fn a_mail_is_a_page_too_and_its_subject_says_no_secret() {
    let hostile = r#"<script>alert("x")</script> & <img src=x>"#;
    for (language, text) in in_each(Channel::Email, &message(BANK, about(hostile))) {
        let page = text.html.unwrap();
        let page = page.reveal();
        assert!(page.starts_with(&format!("<!DOCTYPE html>\n<html lang=\"{language}\">")), "{page}");
        assert!(page.contains("&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt; &amp; &lt;img src=x&gt;"), "{page}");
        for active in ["<script", "<img", "<link", "<style", "http:", "https:", "src=\"", "href=", "url("] {
            assert!(!page.contains(active), "{page}");
        }
        assert!(text.plain.reveal().contains(hostile));
        assert!(
            text.subject.starts_with("Example Bank") && !text.subject.contains(char::is_numeric),
            "{}",
            text.subject
        );
    }
}

#[test]
fn every_notice_tells_the_reference_and_how_the_bank_is_reached_if_that_is_known() {
    let catalog = catalog();
    for (language, kind) in
        catalog.languages().flat_map(|language| NoticeKind::ALL.iter().map(move |kind| (language, kind)))
    {
        for (letterhead, says) in [(BANK, true), (Letterhead { contact: None, ..BANK }, false)] {
            let notice = NoticeMessage { letterhead, kind: *kind, reference: "K7QD-2MXA" };
            let sms = catalog.notice(language, Channel::Sms, &notice).unwrap();
            let mail = catalog.notice(language, Channel::Email, &notice).unwrap();
            assert_eq!(sms.measure.unwrap().alphabet, Alphabet::Gsm7, "{}", sms.plain.reveal());
            assert!(sms.measure.unwrap().segments <= 2, "{}", sms.plain.reveal());
            for text in [&sms.plain, &mail.plain, &mail.html.unwrap()] {
                let text = text.reveal();
                assert!(text.contains("K7QD-2MXA") && text.contains("Example Bank"), "{text}");
                assert_eq!(text.contains("+41 44 123 45 67"), says, "{text}");
            }
        }
    }
}

#[test]
fn what_is_shown_of_the_services_own_operations_can_be_shown_whole() {
    let catalog = catalog();
    let name = DeviceName::parse(&"n".repeat(DeviceName::LONGEST)).unwrap();
    let phrases = [
        Phrase::AddDevice(&name),
        Phrase::Remove(&[Channel::Totp], Some(&name)),
        Phrase::Remove(&[Channel::Totp], None),
        Phrase::Remove(&[Channel::Recovery], None),
        Phrase::Remove(&[Channel::Sms], None),
        Phrase::Remove(&[Channel::Sms, Channel::Email], None),
        Phrase::MakeRecoveryCodes,
        Phrase::StepUp(u64::MAX),
        Phrase::MakeApiToken { endless: true, operations: Some("ten operations") },
        Phrase::DeleteAccount,
        Phrase::Operations(1),
    ];
    for language in catalog.languages() {
        for phrase in &phrases {
            let text = catalog.phrase(language, phrase);
            assert_eq!(Summary::of(&text).unwrap().as_str(), text);
            assert!(gsm::is_gsm(&text), "{text}");
        }
    }
}

#[test]
fn a_language_is_spoken_by_its_wider_one_and_else_by_the_default() {
    let german = Language::parse("de").unwrap();
    let catalog = Catalog::load(None, &german).unwrap();
    let tag = |tag: &str| Language::parse(tag).unwrap();
    for (wanted, spoken) in [("de-ch-1996", Some("de")), ("en-gb", Some("en")), ("fr", Some("fr")), ("pt", None)] {
        assert_eq!(catalog.speaks(&tag(wanted)).as_ref().map(Language::as_str), spoken);
    }
    assert_eq!(catalog.choose(&[tag("pt"), tag("it-ch")]).as_str(), "it");
    assert_eq!(catalog.choose(&[tag("pt")]).as_str(), "de");
    assert_eq!(catalog.choose(None).as_str(), "de");
    let refused = Catalog::load(None, &tag("pt")).err().unwrap().to_string();
    assert!(
        refused.contains("message.language pt: there is no such language; there are de, en, es, fr, it"),
        "{refused}"
    );
}

/// Summaries as strangers write them.
fn summaries() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        "[0-9]{1,12}",
        "[A-Z]{2}[0-9]{2}[A-Z0-9]{10,30}",
        "payto://iban/[A-Z]{2}[0-9]{10,20}(\\?receiver-name=[A-Za-z%0-9]{0,12})?",
        "payto://[a-z]{1,5}/[a-z0-9./]{1,12}\\?(amount|%61mount|AMOUNT)=CHF:[0-9]{1,5}",
        "[a-zA-Zäéß’…@#<>&\"'{}%]{1,12}",
        "\\PC{1,6}",
    ];
    let text = proptest::collection::vec(word, 1..8).prop_map(|words| words.join(" "));
    text.prop_filter_map("no summary", |text| Summary::of(&text).ok().map(Summary::into_string))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn whatever_strangers_write_the_properties_hold(summary in summaries()) {
        let accounts = by_account(&summary);
        for (letterhead, closing) in [(BANK, Some(format!("\n@bank.example #{TAN}"))), (WITHOUT_HOST, None)] {
            for (_, text) in in_each(Channel::Sms, &message(letterhead, about(&summary))) {
                let shown = text.plain.reveal();
                let runs = runs(shown);
                prop_assert_eq!((runs.first(), runs.last()), (Some(&TAN), Some(&TAN)), "{}", shown);
                prop_assert_eq!(text.measure, Some(Measure::of(shown)));
                let before = closing.as_ref().map_or(Some(shown), |closing| shown.strip_suffix(closing.as_str()));
                let before = before.unwrap();
                prop_assert!(!before.split_once('@').is_some_and(|(_, behind)| behind.contains('#')), "{}", before);
                // Each number and each word with digits of what is approved stands there, but for what a payto URI says
                // beside its account.
                for word in accounts.split(' ').filter(|word| word.contains(|c: char| c.is_ascii_digit()) && word.is_ascii()) {
                    prop_assert!(before.contains(word), "{} in {}", word, before);
                }
            }
        }
    }

    #[test]
    fn accounts_amounts_and_all_else_stay_when_a_payto_uri_is_brought_down(summary in summaries()) {
        let short = by_account(&summary);
        prop_assert!(short.len() <= summary.len());
        prop_assert_eq!(by_account(&short).len() <= short.len(), true);
        for (word, left) in summary.split(' ').zip(short.split(' ')) {
            prop_assert!(word.contains(left));
            if word.to_lowercase().contains("amount") || !word.starts_with("payto://") {
                prop_assert_eq!(word, left);
            }
        }
    }
}
