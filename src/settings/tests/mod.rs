//! The configuration as a whole: what is taken.

mod factors;
mod files;
mod http_transport;
mod persistent;
mod properties;
mod refusals;
mod transports;

use std::{collections::BTreeSet, time::Duration};

use super::{notes::Source, *};
use crate::domain::{
    assurance::{Assurance, OnMissing},
    channel::Strength,
};

/// What is needed for a configuration to be whole.
const LEAST: &str = "[database]\nurl = 'postgres://tanager@127.0.0.1/tanager'\n";
/// The least with the least gateway.
const LEAST_GATEWAY: &str = "
    [gateway]
    listen = '127.0.0.1:8080'
    upstream = 'http://127.0.0.1:8081'
    [[gateway.operation]]
    name = 'transfer'
    method = 'POST'
    path = '/accounts/{username}/transactions'
";
const DOCUMENTED: &str = include_str!("../../../config/default.toml");

/// The example that clients of this project write.
const EXAMPLE: &str = r#"
    [server]
    listen = "127.0.0.1:9967"            # or "unix:/run/tanager.sock"
    operators_listen = "127.0.0.1:9968"  # /metrics
    bank_name = "Example Bank"
    origin = "https://bank.example"      # its host closes SMS texts: "@bank.example #12345678"
    allowed_origins = ["https://bank.example"]

    [database]
    url = "postgres://tanager@127.0.0.1:5432/tanager"

    [keys]
    file = "keys.toml"                   # made by the first `migrate` of a database that knows no key yet, mode 0600

    [channel.sms]
    script = "scripts/tan-file.sh"
    timeout = "10 s"
    [channel.sms.env]
    SPOOL_DIR = "spool"

    [channel.email]
    script = "scripts/tan-file.sh"
    [channel.email.env]
    SPOOL_DIR = "spool"

    [limits]                             # every name in limits.md
    [identity]
    mode = "local"

    [gateway]                            # optional
    listen = "127.0.0.1:8080"
    upstream = "http://127.0.0.1:8081"
    [[gateway.operation]]
    name = "transfer"
    method = "POST"
    path = "/accounts/{username}/transactions"
    assurance = "bound"
    summary = "Transfer {{ body.amount }} to {{ body.payto_uri }}"
"#;

fn load(text: &str, variables: &[(&str, &str)]) -> Result<Settings, Troubles> {
    let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Settings::from_toml(text, Path::new("/etc/tanager"), variables)
}

fn loaded(text: &str, variables: &[(&str, &str)]) -> Settings {
    load(text, variables).unwrap_or_else(|troubles| panic!("{troubles}"))
}

fn troubles(text: &str, variables: &[(&str, &str)]) -> Vec<String> {
    load(text, variables).err().expect("troubles").iter().map(ToString::to_string).collect()
}

/// Whether each of `parts` stands in a trouble of its own, in this order, and there is no other.
fn assert_troubles(found: &[String], parts: &[&str]) {
    assert_eq!(found.len(), parts.len(), "{found:#?}");
    for (trouble, part) in found.iter().zip(parts) {
        assert!(trouble.contains(part), "{trouble:?} says nothing of {part:?}");
    }
}

/// The documented configuration with every key that stands behind a '#'.
fn uncommented() -> String {
    let key = |line: &str| {
        line.strip_prefix('#')
            .filter(|rest| rest.starts_with(|c: char| c == '[' || c.is_ascii_lowercase()))
            .map(str::to_owned)
    };
    DOCUMENTED.lines().map(|line| key(line).unwrap_or_else(|| line.to_owned()) + "\n").collect()
}

/// Whether the keys at `path` are free names, so that the page can only show an example.
fn is_free_section(path: &str) -> bool {
    path.starts_with("channel.") && path.rsplit('.').next() == Some("env")
}

#[test]
fn the_example_loads_as_it_stands() {
    let settings = loaded(EXAMPLE, &[]);
    assert_eq!(settings.server.listen, Listen::Tcp("127.0.0.1:9967".parse().unwrap()));
    assert_eq!(settings.server.bank_name, "Example Bank");
    assert_eq!(settings.server.origin.as_ref().map(Origin::host), Some("bank.example"));
    assert_eq!(settings.database.url.reveal(), "postgres://tanager@127.0.0.1:5432/tanager");
    assert_eq!(settings.keys.file, Path::new("/etc/tanager/keys.toml"));
    assert_eq!(files::program(&settings).env["SPOOL_DIR"], "spool");
    assert_eq!(settings.channels.strengths().email, Strength::Inform);
    assert_eq!(settings.limits, Limits::default());
    let gateway = settings.gateway.as_ref().unwrap();
    assert_eq!(gateway.upstream_timeout, Duration::from_secs(20));
    assert_eq!(gateway.operations[0].path.as_str(), "/accounts/{username}/transactions");
    assert_eq!(
        (gateway.operations[0].assurance, gateway.operations[0].on_missing),
        (Assurance::Bound, OnMissing::Forbid)
    );
}

#[test]
fn the_documented_defaults_are_those_in_force() {
    let documented = loaded(DOCUMENTED, &[("TANAGER_DATABASE__URL", "host=h")]).effective;
    let with_gateway = loaded(&uncommented(), &[("TANAGER_IDENTITY__MODE", "local")]).effective;
    for default in loaded(&format!("{LEAST}{LEAST_GATEWAY}"), &[]).effective {
        if default.source != Source::Default || default.shown.is_none() || is_free_section(&default.path) {
            continue;
        }
        let page = if default.path.starts_with("gateway.") { &with_gateway } else { &documented };
        let shown = page.iter().find(|effective| effective.path == default.path).map(|effective| &effective.shown);
        assert_eq!(shown, Some(&default.shown), "{}", default.path);
    }
}

#[test]
fn every_key_is_documented_and_nothing_else() {
    let page = loaded(&uncommented(), &[]).effective;
    let not_written: Vec<_> = page.iter().filter(|effective| effective.source != Source::Written).collect();
    assert!(not_written.is_empty(), "{not_written:#?}");
    let known = loaded(&format!("{LEAST}{LEAST_GATEWAY}"), &[]).effective.into_iter().map(|effective| effective.path);
    assert_eq!(page.into_iter().map(|effective| effective.path).collect::<BTreeSet<_>>(), known.collect());
}

#[test]
fn only_the_database_must_be_written() {
    assert_troubles(&troubles("", &[]), &["database.url: is missing; write one like \"postgres://"]);
    assert_troubles(&troubles(DOCUMENTED, &[]), &["database.url: is missing"]);
}

#[test]
fn variables_override_the_file() {
    let settings = loaded(
        &format!("{LEAST}pool_size = 3\n{LEAST_GATEWAY}"),
        &[
            ("TANAGER_DATABASE__URL", "host=elsewhere"),
            ("TANAGER_DATABASE__POOL_SIZE", "5"),
            ("TANAGER_SERVER__BANK_NAME", "123"),
            ("TANAGER_SERVER__ALLOWED_ORIGINS", r#"["https://a.example", "https://b.example"]"#),
            ("TANAGER_CHANNEL__SMS__TIMEOUT", "7 s"),
            ("TANAGER_CHANNEL__SMS__SCRIPT", "s.sh"),
            ("TANAGER_CHANNEL__SMS__ENV__Spool_Dir", "/a b"),
            ("TANAGER_CHANNEL__TOTP__ENABLED", "false"),
            ("TANAGER_LIMITS__TAN_DIGITS", "6"),
            ("TANAGER_LIMITS__API_BODY", "128 KiB"),
            ("TANAGER_LIMITS__ALLOWED_PREFIXES", "['+41']"),
            ("TANAGER_GATEWAY__OPERATION", "[{name = 'a', method = 'GET', path = '/{username}'}]"),
            ("TANAGER_CONFIG", "is not a key"),
            ("TANAGER__LISTEN", "neither"),
        ],
    );
    assert_eq!(settings.database.url.reveal(), "host=elsewhere");
    assert_eq!(settings.database.pool_size, 5);
    assert_eq!(settings.server.bank_name, "123");
    assert_eq!(settings.server.allowed_origins[1].as_str(), "https://b.example");
    assert_eq!(settings.channels.sms.timeout, Duration::from_secs(7));
    assert_eq!(files::program(&settings).env["Spool_Dir"], "/a b");
    assert!(!settings.channels.totp.enabled && settings.channels.recovery.enabled);
    assert_eq!((settings.limits.tan_digits, settings.limits.api_body), (6, 128 * 1024));
    assert_eq!(settings.limits.allowed_prefixes[0].as_str(), "+41");
    assert_eq!(settings.gateway.unwrap().operations[0].name, "a");
}

#[test]
fn usernames_are_accepted_in_the_case_and_of_the_pattern() {
    let identity =
        loaded(&format!("{LEAST}[identity]\nusername_case = 'lower'\nusername_pattern = '[a-zA-Z]+'"), &[]).identity;
    for (name, accepted) in [("alice", true), ("Alice", false), ("alice1", false)] {
        assert_eq!(
            identity.usernames.accepts(&crate::domain::username::Username::parse(name).unwrap()),
            accepted,
            "{name}"
        );
    }
}
