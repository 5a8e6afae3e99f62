//! What documents say of the tests is true: each test that they name is there. And what operators can look for stands in
//! theirs.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use tanager::domain::event::EventKind;

/// Every Rust file below a folder of the repository, with its text.
fn sources(folder: &str) -> BTreeMap<PathBuf, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (mut folders, mut found) = (vec![root.join(folder)], BTreeMap::new());
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.insert(path.strip_prefix(root).unwrap().to_owned(), fs::read_to_string(&path).unwrap());
            }
        }
    }
    found
}

/// `trail::bent::a_test` names `tests/it/trail/bent.rs`; `domain::keys::tests::a_test` names `src/domain/keys/tests.rs`,
/// or the module `tests` within `src/domain/keys.rs`.
fn is_there(name: &str, sources: &BTreeMap<PathBuf, String>) -> bool {
    let Some((module, test)) = name.rsplit_once("::") else { return false };
    let module = module.replace("::", "/");
    let beside = module.strip_suffix("/tests").unwrap_or(&module).to_owned();
    let places = [format!("tests/it/{module}"), format!("src/{module}"), format!("src/{beside}")];
    let files = places.iter().flat_map(|place| [format!("{place}.rs"), format!("{place}/mod.rs")]);
    files.filter_map(|file| sources.get(Path::new(&file))).any(|text| text.contains(&format!("fn {test}(")))
}

/// What stands between backticks and has the form of a test's name.
fn named(text: &str) -> Vec<&str> {
    let quoted = text.split('`').skip(1).step_by(2);
    let of_path =
        |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    quoted
        .filter(|quoted| quoted.contains("::") && quoted.split("::").all(of_path) && *quoted != "module::test")
        .collect()
}

#[test]
fn each_test_that_the_threat_model_names_is_there() {
    let sources: BTreeMap<_, _> = sources("src").into_iter().chain(sources("tests")).collect();
    let text = include_str!("../../docs/threat-model.md");
    let names = named(text);
    assert!(names.len() > 50, "{} tests are named", names.len());
    let missing: Vec<_> = names.into_iter().filter(|name| !is_there(name, &sources)).collect();
    assert!(missing.is_empty(), "these tests are named and are not there: {missing:#?}");
    assert!(
        !is_there("trail::bent::no_such_test", &sources)
            && is_there("trail::bent::the_program_says_whether_the_trail_is_whole", &sources)
    );
}

#[test]
fn each_attack_of_the_threat_model_names_a_test() {
    let text = include_str!("../../docs/threat-model.md");
    let attacks = text.split("## What is not defended").next().unwrap();
    let rows = attacks.lines().filter(|line| line.starts_with("| ") && line.matches(" | ").count() == 2);
    let rows: Vec<_> = rows
        .filter(|line| !line.contains("| shown by |") && !line.starts_with("| |") && !line.starts_with("| **"))
        .collect();
    assert!(rows.len() > 40, "{} attacks", rows.len());
    let bare: Vec<_> = rows.into_iter().filter(|row| named(row).is_empty()).collect();
    assert!(bare.is_empty(), "nothing shows these: {bare:#?}");
}

#[test]
fn each_kind_of_event_is_told_to_operators() {
    let text = include_str!("../../docs/operations.md");
    let rows: Vec<_> = text.lines().filter(|line| line.starts_with("| `")).collect();
    let told = |name: &str| rows.iter().any(|row| row.contains(&format!("`{name}`")));
    let missing: Vec<_> = EventKind::ALL.iter().map(|kind| kind.name()).filter(|name| !told(name)).collect();
    assert!(missing.is_empty(), "operations.md does not tell of {missing:?}");
    assert!(!told("challenge.eaten"));
}

/// What is quoted in the sources and begins with `beginning`.
fn quoted(beginning: &str) -> BTreeSet<String> {
    quoted_in(&sources("src"), beginning)
}

fn quoted_in(sources: &BTreeMap<PathBuf, String>, beginning: &str) -> BTreeSet<String> {
    let texts = sources.values().flat_map(|text| text.split('"').skip(1));
    let of_name = |text: &&str| text.chars().all(|c| c.is_ascii_lowercase() || c == '_');
    texts.filter(|text| text.starts_with(beginning)).filter(of_name).map(ToOwned::to_owned).collect()
}

#[test]
fn each_metric_is_told_to_operators() {
    let text = include_str!("../../docs/operations.md");
    let mut metrics = quoted("tanager_");
    metrics.retain(|name| !name.ends_with("_bucket")); // a series of another metric
    assert!(metrics.contains("tanager_identity_answers_total") && metrics.len() > 5, "{metrics:?}");
    let missing: Vec<_> = metrics.iter().filter(|name| !text.contains(&format!("`{name}`"))).collect();
    assert!(missing.is_empty(), "operations.md does not tell of {missing:?}");
}

#[test]
fn each_metric_tells_by_itself_what_it_is() {
    let mut sources = sources("src");
    let told = sources.remove(Path::new("src/http/metrics/told.rs")).unwrap();
    let told = quoted_in(&BTreeMap::from([(PathBuf::new(), told)]), "tanager_");
    let mut metrics = quoted_in(&sources, "tanager_");
    metrics.retain(|name| !name.ends_with("_bucket"));
    assert_eq!(told, metrics);
}

/// The names of metrics in a text, without what Prometheus puts behind those of histograms.
fn metrics_in(text: &str) -> BTreeSet<&str> {
    let words = text.split(|c: char| !(c.is_ascii_lowercase() || c == '_'));
    let metrics = words.filter(|word| word.starts_with("tanager_"));
    metrics
        .map(|name| ["_bucket", "_sum", "_count"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name))
        .collect()
}

#[test]
fn each_alert_asks_for_metrics_that_there_are() {
    let rules = include_str!("../../config/prometheus-alerts.yml");
    let asked: BTreeSet<_> =
        rules.lines().filter(|line| line.trim_start().starts_with("expr:")).flat_map(metrics_in).collect();
    let known = quoted("tanager_");
    let unknown: Vec<_> = asked.iter().filter(|name| !known.contains(**name)).collect();
    assert!(asked.len() > 8 && unknown.is_empty(), "of {asked:?} there are no {unknown:?}");
}

#[test]
fn each_limit_of_the_configuration_stands_in_the_document_of_limits() {
    let text = include_str!("../../docs/limits.md");
    let written: toml::Table = include_str!("../../config/default.toml").parse().unwrap();
    let limits = written["limits"].as_table().unwrap();
    let missing: Vec<_> = limits.keys().filter(|name| !text.contains(&format!("`{name}`"))).collect();
    assert!(limits.len() > 30 && missing.is_empty(), "limits.md does not tell of {missing:?} of {}", limits.len());
}
