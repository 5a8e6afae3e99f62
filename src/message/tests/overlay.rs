//! An operator's own templates over the shipped ones.

use std::{fs, path::Path};

use super::*;

/// A directory with these files.
fn directory(files: &[(&str, &str)]) -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = directory.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    directory
}

fn loaded(directory: &Path) -> Result<Catalog, String> {
    Catalog::load(Some(directory), &Language::english()).map_err(|error| error.to_string())
}

fn sms(catalog: &Catalog, language: &str) -> String {
    let language = Language::parse(language).unwrap();
    let text = catalog.tan(&language, Channel::Sms, &message(WITHOUT_HOST, about("Transfer 1 to Bob"))).unwrap();
    text.plain.into_string()
}

const OWN: &str = "{{ bank }} sagt: {{ tan }} für {{ summary if summary }}, {{ minutes }} Min.\n";

#[test]
fn a_file_takes_the_place_of_one_shipped_file() {
    let own = directory(&[("de/tan-sms.txt", OWN), ("de/.tan-sms.txt.swp", "{{"), ("README", "no language")]);
    let catalog = loaded(own.path()).unwrap();
    assert_eq!(sms(&catalog, "de"), format!("Example Bank sagt: {TAN} für Transfer 1 to Bob, 5 Min."));
    assert!(sms(&catalog, "en").starts_with("Example Bank: your TAN is"));
    let german = Language::parse("de").unwrap();
    let mail = catalog.tan(&german, Channel::Email, &message(BANK, About::Nothing)).unwrap();
    assert_eq!(mail.subject, "Example Bank: Ihre TAN", "the other files are the shipped ones");
}

#[test]
fn a_phrase_takes_the_place_of_one_phrase() {
    let own = directory(&[("en/phrases.toml", "[notice]\nblocked = \"no more TANs today.\"\n")]);
    let catalog = loaded(own.path()).unwrap();
    let said = |kind| {
        let notice = NoticeMessage { letterhead: BANK, kind, reference: "K7QD-2MXA" };
        catalog.notice(&Language::english(), Channel::Sms, &notice).unwrap().plain.into_string()
    };
    assert!(said(NoticeKind::Blocked).starts_with("Example Bank: no more TANs today. If this was not you"));
    assert!(said(NoticeKind::Warned).starts_with("Example Bank: very many wrong TANs"));
}

#[test]
fn a_region_has_what_its_language_has_and_a_new_language_is_complete() {
    let own = directory(&[("de-CH/tan-sms.txt", OWN), ("de/tan-email-subject.txt", "Grüezi")]);
    let catalog = loaded(own.path()).unwrap();
    assert!(sms(&catalog, "de-ch").starts_with("Example Bank sagt"));
    assert!(sms(&catalog, "de-at").starts_with("Example Bank: Ihre TAN"));
    let swiss = catalog.choose(&Language::parse("de-ch"));
    assert_eq!(swiss.as_str(), "de-ch");
    let mail = catalog.tan(&swiss, Channel::Email, &message(BANK, About::Nothing)).unwrap();
    assert_eq!(mail.subject, "Grüezi");
    assert!(mail.html.unwrap().reveal().contains("<html lang=\"de-ch\">"));

    let refused = loaded(directory(&[("pt/tan-sms.txt", OWN)]).path()).err().unwrap();
    assert!(
        refused.contains("pt: is a language that is not shipped and has to be complete; add tan-email-subject.txt")
    );
    assert!(refused.contains("notice.blocked in phrases.toml"), "{refused}");
    let files: Vec<(String, &str)> =
        shipped::LANGUAGES[0].files().map(|(name, text)| (format!("pt/{name}"), text)).collect();
    let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (name.as_str(), *text)).collect();
    assert!(sms(&loaded(directory(&files).path()).unwrap(), "pt-br").starts_with("Example Bank: your TAN"));
}

#[test]
fn a_broken_file_is_refused_by_name_and_line() {
    for (file, text, said) in [
        ("de/tan-sms.txt", "{{ bank }}\n{{ tan }", "de/tan-sms.txt, line 2: is no template"),
        ("de/tan-sms.txt", "{{ bank }}\n\n{{ tna }}", "de/tan-sms.txt, line 3: reads \"tna\", which is not there"),
        ("de/tan-sms.txt", "{{ tan|upper }}", "de/tan-sms.txt, line 1: is no template: filter upper is unknown"),
        (
            "de/tan-sms.txt",
            "{{ bank }} {{ tan }} {{ summary }} {{ minutes }}",
            "de/tan-sms.txt, line 1: is no template: a value that is not there",
        ),
        ("de/tan-sms.txt", "{{ bank }} {{ minutes }}", "de/tan-sms.txt: has no TAN in it"),
        ("de/tan-sms.txt", "{{ bank }} {{ minutes }} {{ tan }}", "de/tan-sms.txt: does not show \"Transfer"),
        (
            "de/tan-sms.txt",
            "{{ bank }} {{ summary if summary }} {{ minutes }} {{ tan }}",
            "de/tan-sms.txt: has as many digits in a row before the TAN as the TAN has",
        ),
        ("de/tan-sms.txt", "{{ bank }} 0{{ tan }} {{ summary if summary }} {{ minutes }}", "a digit beside the TAN"),
        ("de/tan-sms.txt", "@x {{ bank }} {{ tan }} {{ summary if summary }} {{ minutes }} #", "reads as the line"),
        ("de/tan-email-subject.txt", "a\n{{ tan }}", "de/tan-email-subject.txt, line 2: reads \"tan\""),
        ("de/tan-email-subject.txt", " \n", "de/tan-email-subject.txt: is no line of a subject"),
        ("de/notice-sms.txt", "{{ bank }} {{ phrase }}", "de/notice-sms.txt: does not show \"K7QD-2MXA\""),
        ("de/notice-sms.txt", "{% for x in bank %}{% endfor %}", "de/notice-sms.txt, line 1: has a statement"),
        ("de/phrases.toml", "[notice]\nblocked = \"\"", "de/phrases.toml: notice.blocked is no line"),
        ("de/phrases.toml", "[notice]\n\nblokced = \"x\"", "de/phrases.toml, line 3: notice.blokced is not known here"),
        (
            "de/phrases.toml",
            "[notice]\nblocked = \"{{ y }}\"",
            "reads \"y\", which is not there; there is nothing to read",
        ),
        ("de/phrases.toml", "[notice]\nblocked = 1", "de/phrases.toml, line 2: notice.blocked is no text"),
        ("de/phrases.toml", "[notice]\nblocked = ", "de/phrases.toml, line 2: is no TOML"),
        ("de/phrases.toml", "[summary]\nadd_device = \"app\"", "de/phrases.toml: summary.add_device does not show"),
        (
            "de/phrases.toml",
            "[summary]\nadd_device = \"{{ nmae }}\"",
            "de/phrases.toml, line 2: summary.add_device reads",
        ),
        ("de/tan-sms.text", "", "de/tan-sms.text: is no message's template; there are tan-sms.txt"),
        ("german/tan-sms.txt", "", "german: is no language"),
    ] {
        let own = directory(&[(file, text)]);
        let refused = loaded(own.path()).err().unwrap_or_else(|| panic!("{file} {text} is taken"));
        assert!(refused.contains(&format!("{}/", own.path().display())), "{refused}");
        assert!(refused.contains(said), "{text:?}: {refused}");
    }
    assert!(loaded(Path::new("/no/such/directory")).err().unwrap().contains("/no/such/directory: cannot be read"));
}

#[test]
fn what_fails_for_one_summary_alone_is_said_by_the_shipped_template() {
    // No sample has this summary, so nothing finds out before a customer does.
    let own = OWN
        .replace("{{ bank }}", "{{ bank }}{% if summary == 'Transfer 1 to Bob' %}{{ summary|none_such }}{% endif %}");
    let lying = OWN.replace(
        "{{ summary if summary }}",
        "{% if summary == 'Transfer 1 to Bob' %}you{% else %}{{ summary if summary }}{% endif %}",
    );
    for own in [own, lying] {
        let catalog = loaded(directory(&[("de/tan-sms.txt", &own)]).path()).unwrap();
        assert_eq!(
            sms(&catalog, "de"),
            format!(
                "Example Bank: Ihre TAN ist {TAN}. Freigabe: Transfer 1 to Bob. 5 Min. gültig. Nennen Sie sie niemandem."
            )
        );
    }
}
