//! Configurations that were bent at random: each is read or refused with troubles that can be shown, whatever stands in it.

use std::collections::BTreeMap;

use proptest::{prelude::*, test_runner::TestCaseError};

use super::*;

/// A value of TOML of any kind, as it is written.
fn value() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        any::<i64>().prop_map(|number| number.to_string()),
        any::<bool>().prop_map(|flag| flag.to_string()),
        Just("1e400".to_owned()),
        Just("nan".to_owned()),
        Just("1979-05-27T07:32:00Z".to_owned()),
        any::<String>().prop_map(|text| toml::Value::from(text).to_string()),
        "[0-9]{1,25} ?(ms|s|min|h|days|years|KiB|MiB)".prop_map(|text| format!("'{text}'")),
        "(https?|postgres|unix|file):/{0,3}[a-z0-9.:@%\\[\\]{}-]{0,12}".prop_map(|text| format!("'{text}'")),
        "/[a-z{}/.%-]{0,16}".prop_map(|text| format!("'{text}'")),
        "(GET|POST|\\{\\{ (body|params|query)\\.[a-z]{1,4} (\\| shorten(\\([0-9]{1,3}\\))? )?\\}\\}|\\{% if x %\\}){1,3}".prop_map(|text| format!("'{text}'")),
    ];
    leaf.prop_recursive(2, 6, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(|values| format!("[{}]", values.join(", "))),
            prop::collection::vec(("[a-z_]{1,8}", inner), 0..3).prop_map(|members| {
                let members: BTreeMap<_, _> = members.into_iter().collect();
                let written = members.into_iter().map(|(name, value)| format!("{name} = {value}")).collect::<Vec<_>>();
                format!("{{ {} }}", written.join(", "))
            }),
        ]
    })
}

/// Every key there is, some with another value, some lines twice, some gone.
fn bent() -> impl Strategy<Value = String> {
    let changes = prop::collection::vec((any::<prop::sample::Index>(), 0u8..4, value()), 1..6);
    changes.prop_map(|changes| {
        let mut lines: Vec<String> = (uncommented() + EXAMPLE).lines().map(str::to_owned).collect();
        // Either page alone is whole; together their sections stand twice.
        let from = lines.len() - EXAMPLE.lines().count();
        let mut lines = if changes.len() % 2 == 0 { lines.split_off(from) } else { lines[..from].to_vec() };
        for (at, deed, value) in changes {
            let at = at.index(lines.len());
            match (deed, lines[at].split_once('=')) {
                (0, _) => drop(lines.remove(at)),
                (1, _) => lines.insert(at, lines[at].clone()),
                (_, Some((key, _))) => lines[at] = format!("{key}= {value}"),
                (_, None) => lines.insert(at, value),
            }
        }
        lines.join("\n")
    })
}

fn is_read_or_refused_in_sentences(text: &str, variables: &[(&str, &str)]) -> Result<(), TestCaseError> {
    match load(text, variables) {
        Ok(settings) => prop_assert!(settings.warnings().iter().all(|warning| !warning.is_empty())),
        Err(troubles) => {
            prop_assert!(troubles.iter().count() > 0);
            prop_assert!(troubles.iter().all(|trouble| !trouble.to_string().trim().is_empty()));
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn no_text_breaks_the_configurations_reader(text in prop_oneof![any::<String>(), "([a-z.]{1,9}|[\\[\\]{}='\"\n #,]|[0-9]){0,60}"]) {
        is_read_or_refused_in_sentences(&text, &[])?;
        is_read_or_refused_in_sentences(&format!("{LEAST}{text}"), &[])?;
    }

    #[test]
    fn no_value_at_any_key_breaks_the_configurations_reader(text in bent()) {
        is_read_or_refused_in_sentences(&text, &[])?;
    }

    #[test]
    fn no_variable_breaks_the_configurations_reader(name in "TANAGER_[A-Z_]{0,20}(__[A-Z_]{0,20}){0,2}", key in 0usize..6, value in any::<String>()) {
        let keys = ["SERVER__LISTEN", "DATABASE__URL", "LIMITS__TAN_LIFETIME", "GATEWAY__UPSTREAM", "IDENTITY__URL", "CHANNEL__SMS__SCRIPT"];
        let known = format!("TANAGER_{}", keys[key]);
        is_read_or_refused_in_sentences(EXAMPLE, &[(&name, &value), (&known, &value)])?;
    }
}
