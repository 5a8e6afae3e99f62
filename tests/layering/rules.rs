//! The table of the layers, and the rules that hold for every file. A layer that is not in the table may nothing.

use super::source::{Function, Path, Source, Text};

/// The longest file, in lines.
const LONGEST_FILE: usize = 300;
/// The longest function outside tests, in lines.
const LONGEST_FUNCTION: usize = 40;

/// Longer functions that are tables: a row for each case, and nothing to name between them.
const TABLES: &[(&str, &str)] = &[("src/domain/limits.rs", "violations")];

const WEB: &[&str] = &["actix", "actix_cors", "actix_http", "actix_rt", "actix_web", "utoipa", "utoipa_swagger_ui"];
const DATABASE: &[&str] = &["deadpool_postgres", "refinery", "tokio_postgres", "tokio_postgres_rustls"];
const OUTBOUND: &[&str] = &["hyper", "hyper_rustls", "hyper_util", "lettre", "reqwest"];
/// The gateway speaks HTTP through hyper: reqwest's URLs would rewrite what a client sent (docs/adr/0010).
const NOT_THE_GATEWAYS: &[&str] = &["lettre", "reqwest"];
/// Whoever asks about callers has no use for a proxy's client.
const NOT_IDENTITYS: &[&str] = &["hyper", "hyper_rustls", "hyper_util", "lettre"];
/// Arguments, files that an operator hands over, and bars on a terminal are the command line's.
const COMMAND_LINE: &[&str] = &["clap", "csv_core", "indicatif"];
/// What depends on anything but its arguments, or shapes the outside world.
const IMPURE: &[&str] = &[
    "Instant",
    "SystemTime",
    "async",
    "await",
    "clap",
    "futures_util",
    "log",
    "metrics",
    "moka",
    "rustix",
    "serde",
    "serde_json",
    "std::env",
    "std::fs",
    "std::io",
    "std::net",
    "std::process",
    "std::thread",
    "tempfile",
    "tokio",
    "tokio_util",
    "toml",
    "tracing",
];

/// What a folder or top-level file of `src` may use.
struct Layer {
    name: &'static str,
    /// Other layers; `None`: all of them.
    may: Option<&'static [&'static str]>,
    /// Paths from outside, which tests beside the code may use all the same.
    never: &'static [&'static [&'static str]],
}

const LAYERS: &[Layer] = &[
    Layer { name: "main", may: None, never: &[] },
    Layer { name: "lib", may: None, never: &[] },
    Layer { name: "cli", may: None, never: &[] },
    Layer { name: "app", may: None, never: &[] },
    Layer {
        name: "http",
        may: Some(&["service", "domain", "settings", "telemetry"]),
        never: &[COMMAND_LINE, DATABASE, OUTBOUND],
    },
    Layer {
        name: "gateway",
        // Its own replies, and the service's own routes on its listener, are those of `http`.
        may: Some(&["http", "service", "domain", "settings", "telemetry", "tls"]),
        never: &[COMMAND_LINE, DATABASE, NOT_THE_GATEWAYS],
    },
    Layer {
        name: "worker",
        may: Some(&["service", "domain", "settings", "telemetry", "clock"]),
        never: &[COMMAND_LINE, WEB, DATABASE, OUTBOUND],
    },
    Layer {
        name: "service",
        may: Some(&["storage", "channel", "message", "identity", "domain", "clock"]),
        never: &[COMMAND_LINE, WEB, DATABASE, OUTBOUND],
    },
    Layer {
        name: "identity",
        may: Some(&["storage", "domain", "breaker", "clock", "tls"]),
        never: &[COMMAND_LINE, WEB, DATABASE, NOT_IDENTITYS],
    },
    Layer { name: "storage", may: Some(&["domain", "clock", "tls"]), never: &[COMMAND_LINE, WEB, OUTBOUND] },
    Layer {
        name: "channel",
        may: Some(&["call", "domain", "breaker", "tls"]),
        never: &[COMMAND_LINE, WEB, DATABASE, &["hyper", "hyper_rustls", "hyper_util"]],
    },
    Layer { name: "domain", may: Some(&[]), never: &[COMMAND_LINE, WEB, DATABASE, OUTBOUND, IMPURE] },
    Layer { name: "demo", may: Some(&["app", "chance", "service", "settings", "storage", "domain"]), never: &[] },
    // What a bank core compiles in is a client of the public API: nothing of the service comes with it.
    Layer { name: "guard", may: Some(&[]), never: &[DATABASE, &["actix_cors", "lettre", "utoipa"]] },
    // A database URL is read by the very parser that connects: what it refuses is refused at start.
    Layer { name: "settings", may: Some(&["call", "domain"]), never: &[COMMAND_LINE, WEB, OUTBOUND] },
    // How a gateway is called and answers, as templates: checked by `settings`, filled in by `channel`; nothing is sent.
    Layer { name: "call", may: Some(&[]), never: &[COMMAND_LINE, WEB, DATABASE, OUTBOUND, &["tokio"]] },
    Layer { name: "telemetry", may: Some(&["settings"]), never: &[COMMAND_LINE, WEB, DATABASE, OUTBOUND] },
    Layer { name: "chance", may: Some(&["domain"]), never: &[COMMAND_LINE, WEB, DATABASE, OUTBOUND] },
    Layer { name: "clock", may: Some(&["domain"]), never: &[COMMAND_LINE, WEB, DATABASE, OUTBOUND] },
    // What a message says: templates are read from files once, at the start, and nothing is sent.
    Layer { name: "message", may: Some(&["domain"]), never: &[COMMAND_LINE, WEB, DATABASE, OUTBOUND, &["tokio"]] },
    Layer { name: "breaker", may: Some(&["domain"]), never: &[COMMAND_LINE, WEB, DATABASE, OUTBOUND] },
    Layer { name: "tls", may: Some(&[]), never: &[COMMAND_LINE, WEB, DATABASE, OUTBOUND] },
];

/// What is wrong with the file `path` (`src/domain/address.rs`), each as `file:line: rule`.
pub fn violations(path: &str, text: &str) -> Vec<String> {
    let module = module_of(path);
    let layer = layer_of(path);
    let source = match Source::read(text, &module) {
        Ok(source) => source,
        Err(error) => return vec![format!("{path}:{}: cannot be read: {error}", error.span().start().line)],
    };
    let Some(layer) = LAYERS.iter().find(|known| known.name == layer) else {
        return vec![format!("{path}:1: the layer `{layer}` is not in the table: say there what it may use")];
    };
    let paths = source.paths.iter().filter_map(|path| Some((path.line, layer.refuses(path)?)));
    let texts = source.texts.iter().filter_map(|text| Some((text.line, sql(text)?)));
    let functions = source.functions.iter().filter_map(|function| Some((function.line, too_long(path, function)?)));
    let mut found: Vec<(usize, String)> = paths.chain(texts).chain(functions).chain(shape(text)).collect();
    found.sort();
    found.into_iter().map(|(line, rule)| format!("{path}:{line}: {rule}")).collect()
}

/// What is wrong with the query file `path` (`sql/queries/challenge/confirm.sql`).
pub fn query_violation(path: &str, text: &str) -> Option<String> {
    let name = path.strip_prefix("sql/queries/")?.strip_suffix(".sql")?.replace('/', ".");
    let expected = format!("-- {name}");
    (text.lines().next() != Some(&expected)).then(|| format!("{path}:1: the first line is to be `{expected}`"))
}

impl Layer {
    fn refuses(&self, path: &Path) -> Option<String> {
        match &path.inside {
            Some(inside) => self.refuses_layer(inside.first()?),
            None if path.in_test => None,
            None => self.refuses_outside(path),
        }
    }

    fn refuses_layer(&self, other: &str) -> Option<String> {
        let may = self.may?;
        let allowed = other == self.name || may.contains(&other);
        let list = if may.is_empty() { "nothing but itself".to_owned() } else { may.join(", ") };
        (!allowed).then(|| format!("`{}` may not use crate::{other}; it may use {list}", self.name))
    }

    fn refuses_outside(&self, path: &Path) -> Option<String> {
        let rule = self.never.iter().copied().flatten().find(|rule| names(path, rule))?;
        Some(format!("`{}` may not use {rule}", self.name))
    }
}

/// Whether the path is, or begins with, what the rule names. A lone word in lower case may be any variable, so it counts
/// only where it is a keyword or imported; a type counts wherever it stands, as its module may have been imported.
fn names(path: &Path, rule: &str) -> bool {
    let wanted: Vec<&str> = rule.split("::").collect();
    if rule.starts_with(char::is_uppercase) {
        return path.segments.iter().any(|segment| segment == rule);
    }
    let begins = path.segments.iter().map(String::as_str).take(wanted.len()).eq(wanted.iter().copied());
    begins && (path.segments.len() > 1 || path.imported || matches!(rule, "async" | "await"))
}

/// SQL stands in `sql/`, where it can be read, explained and planned.
fn sql(text: &Text) -> Option<String> {
    let unescaped = text.literal.replace("\\n", " ").replace('\\', " ").to_lowercase();
    let plain = unescaped.trim_start_matches(['b', 'c', 'r', '#']).trim_start_matches(['"', ' ', '\n']);
    let words: Vec<&str> = plain.split_whitespace().map(|word| word.trim_end_matches(['"', '#', '('])).collect();
    let objects =
        ["table", "index", "database", "role", "schema", "type", "function", "extension", "partition", "view"];
    let is_sql = match words.as_slice() {
        ["create" | "alter" | "drop", object, ..] => objects.contains(object),
        ["insert", second, ..] => *second == "into",
        ["delete", second, ..] => *second == "from",
        ["with", _, third, ..] => *third == "as",
        ["update", rest @ ..] => rest.iter().take(3).any(|word| *word == "set"),
        [first, _, ..] => matches!(*first, "select" | "truncate"),
        _ => false,
    };
    is_sql.then(|| "SQL text stands in sql/, loaded with include_str!".to_owned())
}

fn too_long(path: &str, function: &Function) -> Option<String> {
    let Function { name, lines, in_test, .. } = function;
    // Files that hold tests alone say so in the module that declares them.
    let in_test = *in_test || path.contains("/tests/") || path.ends_with("/tests.rs");
    (!in_test && *lines > LONGEST_FUNCTION && !TABLES.contains(&(path, name)))
        .then(|| format!("the function `{name}` has {lines} lines, more than {LONGEST_FUNCTION}: a noun is missing"))
}

fn shape(text: &str) -> Vec<(usize, String)> {
    let lines = text.lines().count();
    let long = (lines > LONGEST_FILE).then(|| (lines, format!("more than {LONGEST_FILE} lines: a noun is missing")));
    let silent = (!text.starts_with("//!")).then(|| (1, "no module documentation (`//!`)".to_owned()));
    long.into_iter().chain(silent).collect()
}

/// `src/domain/address.rs` is `domain::address`, `src/domain/mod.rs` is `domain`, `src/lib.rs` the root.
fn module_of(path: &str) -> Vec<String> {
    let mut module: Vec<String> = stem(path).split('/').map(str::to_owned).collect();
    let is_root = matches!(stem(path), "lib" | "main");
    if is_root || module.last().is_some_and(|last| last == "mod") {
        module.pop();
    }
    module
}

fn layer_of(path: &str) -> &str {
    let stem = stem(path);
    stem.split_once('/').map_or(stem, |(folder, _)| folder)
}

fn stem(path: &str) -> &str {
    let inner = path.strip_prefix("src/").unwrap_or(path);
    inner.strip_suffix(".rs").unwrap_or(inner)
}
