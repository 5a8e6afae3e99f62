//! Which texts are templates.

use proptest::{prelude::*, sample::select};

use super::*;

fn trouble(source: &str) -> String {
    match SummaryTemplate::compile(source) {
        Ok(_) => panic!("{source} was taken"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn a_template_shows_chooses_and_repeats() {
    for source in [
        "Transfer {{ body.amount }} to {{ body.payto_uri }}",
        "Transfer {{ body.amount }} to {{ body.payto_uri | shorten }}",
        "Transfer {{- body['amount'] -}} to {{ (body.a ~ \" \" ~ body.b)|shorten( 30 ) }}",
        "{% if body.subject is defined and not body.internal %}for {{ body.subject }}{% endif %}",
        "{% if (body.kind == 'instant') or body.kind is not defined %}x{% elif body.a != body.b %}y{% else %}z{% endif %}",
        "{% for part in body.parts %}{{ part.amount }} to {{ part.to }}{% if not loop.last %}, {% endif %}{% endfor %}",
        "{{ username }} {{ path }} {{ params.id }} {{ query.amount }} {{ body.parts[-1].is }}",
        "{# a note | with > anything #}Close the account",
        "no braces, 100 % { here }",
        "",
    ] {
        assert!(SummaryTemplate::compile(source).is_ok(), "{source}: {}", trouble(source));
    }
}

#[test]
fn what_a_template_has_no_use_for_is_named_at_start() {
    for (source, said) in [
        ("{{ body.amount", "not closed with \"}}\""),
        ("{% if body.a", "not closed with \"%}\""),
        ("{{ body.amount }", "'}' in a tag"),
        ("{{ }}", "is no template"),
        ("{% if body.a %}", "is no template"),
        ("{{ bdoy.amount }}", "reads \"bdoy\", which there is not; there are username, path, params, query, body"),
        ("{{ loop.index }}", "reads \"loop\""),
        ("{{ body.amount | shortn }}", "filter that is not known here; there is shorten"),
        ("{{ body.amount | default('x') }}", "filter that is not known"),
        ("{{ body.amount | safe }}", "filter that is not known"),
        ("{{ body.a | shorten(8) }}", "write 9 to 140"),
        ("{{ body.a | shorten(141) }}", "write 9 to 140"),
        ("{{ body.a | shorten(body.n) }}", "write 9 to 140"),
        ("{{ body.a | shorten(\"9\") }}", "write 9 to 140"),
        ("{% if body.a is none %}{% endif %}", "test that is not known here; there are defined, undefined"),
        ("{% if false %}{{ body.a | nothing }}{% endif %}", "filter that is not known"),
        ("{{ range(9) }}", "calls a function"),
        ("{{ body.items() }}", "calls a function"),
        ("{{ body['x']() }}", "calls a function"),
        ("{{ body.if() }}", "calls a function"),
        ("{{ body.amount + 1 }}", "'+' in a tag"),
        ("{{ body.amount - 1 }}", "'-' in a tag"),
        ("{{ body.amount * 2 }}", "'*' in a tag"),
        ("{{ body.amount[:3] }}", "':' in a tag"),
        ("{% if body.amount > 1000 %}x{% endif %}", "'>' in a tag"),
        ("{% if body.amount == 1000 %}x{% endif %}", "put it in quotes"),
        ("{% if 10 != body.amount %}x{% endif %}", "put it in quotes"),
        (
            "{% set body %}x{% endset %}",
            "statement that is not known here; there are if, elif, else, endif, for, endfor",
        ),
        ("{% include 'x' %}", "statement that is not known"),
        ("{% import 'x' as y %}", "statement that is not known"),
        ("{% macro m() %}{% endmacro %}", "statement that is not known"),
        ("{% raw %}{{ x }}{% endraw %}", "statement that is not known"),
        ("{% filter shorten %}x{% endfilter %}", "statement that is not known"),
        ("{% %}", "statement that is not known"),
        ("{{ 'x }}", "a text without its end"),
    ] {
        let found = trouble(source);
        assert!(found.contains(said), "{source}: {found:?} says nothing of {said:?}");
    }
    assert!(trouble(&"x".repeat(5000)).contains("is longer than 4096 bytes"));
    assert!(trouble(&format!("{{{{ {}body{} }}}}", "(".repeat(1000), ")".repeat(1000))).contains("is no template"));
}

#[test]
fn a_trouble_names_its_line() {
    assert!(trouble("Transfer\n{{ body.amount }}\n{{ body.x | upper }}").ends_with("(line 3 of the template)"));
    assert!(trouble("Transfer\n{{ body. }}").ends_with("(line 2 of the template)"));
}

#[test]
fn it_is_known_what_a_template_reads() {
    let template =
        SummaryTemplate::compile("{{ params.id }} {% if query.x is defined %}{{ params.other }}{% endif %}").unwrap();
    assert!(template.reads("query") && !template.reads("body") && !template.reads("path"));
    assert_eq!(template.params().into_iter().collect::<Vec<_>>(), ["id", "other"]);
    for source in
        ["{{ body['a'] }}", "{% if body %}x{% endif %}", "{% for body in body %}{% endfor %}", "{{ 'x' in body }}"]
    {
        assert!(SummaryTemplate::compile(source).unwrap().reads("body"), "{source}");
    }
}

#[test]
fn a_bound_operation_that_shows_its_name_alone_is_doubtful() {
    let warned = |more: &str| {
        let text = format!(
            "[database]\nurl = 'postgres://t@127.0.0.1/t'\n[gateway]\nlisten = '127.0.0.1:1'\nupstream = 'http://127.0.0.1:2'\n\
             [[gateway.operation]]\nname = 'confirm'\nmethod = 'POST'\npath = '/accounts/{{username}}/x'\n{more}\n"
        );
        let settings = crate::settings::Settings::from_toml(&text, std::path::Path::new("/"), std::iter::empty());
        settings
            .unwrap_or_else(|troubles| panic!("{troubles}"))
            .warnings()
            .iter()
            .any(|text| text.contains("\"confirm\" has no summary"))
    };
    assert!(warned(""));
    assert!(!warned("summary = 'Confirm'") && !warned("assurance = 'token'"));
}

#[test]
fn a_configuration_with_a_bad_template_names_the_key() {
    let troubles = |summary: &str| {
        let text = format!(
            "[database]\nurl = 'postgres://t@127.0.0.1/t'\n[gateway]\nlisten = '127.0.0.1:1'\nupstream = 'http://127.0.0.1:2'\n\
             [[gateway.operation]]\nname = 'confirm'\nmethod = 'POST'\npath = '/accounts/{{username}}/x/{{id}}'\n\
             summary = {summary}\n"
        );
        let settings = crate::settings::Settings::from_toml(&text, std::path::Path::new("/"), std::iter::empty());
        settings.err().map(|troubles| troubles.to_string()).unwrap_or_default()
    };
    for (summary, said) in [
        (
            "'{{ body.amount | upper }}'",
            "has a filter that is not known here; there is shorten (line 1 of the template); write one like",
        ),
        (
            "\"\"\"Transfer\n{{ body.amount\"\"\"",
            "the value has a tag that is not closed with \"}}\" (line 2 of the template)",
        ),
        ("'{{ params.ID }}'", "reads params.ID, but the path has no {ID}; name one it has"),
        ("' '", "is empty; write one like \"Transfer {{ body.amount }} to {{ body.payee }}\""),
        ("5", "is no text"),
    ] {
        let found = troubles(summary);
        assert!(
            found.starts_with("gateway.operation[0].summary: ") && found.contains(said),
            "{found:?} says nothing of {said:?}"
        );
        assert_eq!(found.lines().count(), 1, "{found}");
    }
    assert_eq!(troubles("\"\"\"Confirm\n{{ params.id }} of {{ params.username }}\"\"\""), "");
}

/// Errors that are the template's own fault, whatever fills it in.
const OWN_FAULTS: [ErrorKind; 5] = [
    ErrorKind::UnknownFilter,
    ErrorKind::UnknownTest,
    ErrorKind::UnknownFunction,
    ErrorKind::TooManyArguments,
    ErrorKind::MissingArgument,
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]
    #[test]
    fn whatever_is_taken_at_start_has_no_fault_of_its_own_later(
        pieces in proptest::collection::vec(select(vec![
            "body", ".a", "['a']", "|", "| shorten", "| shorten(9)", "|upper", "upper", "(", ")", "is", "is defined", "is not undefined",
            "is none", "not", "and", "in", "if", "else", "~", "==", "9", "'x'", "\"", "'", "\\", ".", ",", "-", "[", "]",
            "}}", "{{", "{%", "%}", "{% if body %}", "{% endif %}", "{#", "#}", "\n", "loop", "true",
        ]), 1..9)
    ) {
        let source = format!("{{{{ body {} }}}}", pieces.join(" "));
        if let Ok(template) = SummaryTemplate::compile(&source) {
            for body in [Filling::from("text"), Filling::from(true)] {
                let filling: std::collections::BTreeMap<&str, Filling> = [("body", body)].into();
                if let Err(error) = template.fill(Filling::from(filling)) {
                    prop_assert!(!OWN_FAULTS.contains(&error.kind()), "{}: {}", source, error);
                }
            }
        }
    }
}
