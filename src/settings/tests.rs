//! The configuration as a whole.

use std::{collections::BTreeSet, fs, path::PathBuf, time::Duration};

use super::{notes::Source, *};
use crate::domain::channel::{Channel, Strength};

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
const DOCUMENTED: &str = include_str!("../../config/default.toml");

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

#[test]
fn the_example_loads_as_it_stands() {
    let settings = loaded(EXAMPLE, &[]);
    assert_eq!(settings.server.listen, Listen::Tcp("127.0.0.1:9967".parse().unwrap()));
    assert_eq!(settings.server.bank_name, "Example Bank");
    assert_eq!(settings.server.origin.as_ref().map(Origin::host), Some("bank.example"));
    assert_eq!(settings.database.url.reveal(), "postgres://tanager@127.0.0.1:5432/tanager");
    assert_eq!(settings.keys.file, Path::new("/etc/tanager/keys.toml"));
    assert_eq!(settings.channels.sms.env["SPOOL_DIR"], "spool");
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
        if default.source != Source::Default || default.shown.is_none() || default.path.ends_with(".env") {
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
fn everything_that_is_wrong_is_said_at_once() {
    let text = "
        [server]
        listen = 'localhost:9967'
        bank_name = 7
        origin = 'http://bank.example'
        allowed_origins = ['https://bank.example', '*']
        own_operations = 'none'
        workers = 0
        lissten = '127.0.0.1:1'
        [log]
        level = 'loud'
        [database]
        pool_size = 0
        pool_wait = '2'
        [channel.sms]
        script = ''
        env = { PORT = 25, TANAGER_X = 'a' }
        [limits]
        tan_digits = 5
        tan_lifetime = '11 min'
        block = 15
        api_body = '64 kilo'
        [identity]
        username_pattern = '('
        [server2]
    ";
    assert_troubles(
        &troubles(text, &[]),
        &[
            "server.listen: \"localhost:9967\" is no place to listen at; write an IP address",
            "server.bank_name: 7 is no text",
            "server.allowed_origins[1]: \"*\" is no web origin",
            "server.own_operations: \"none\" is not known here; write \"token\" or \"bound\"",
            "server.origin: \"http://bank.example\" is not https",
            "server.workers: 0 is out of range; write 1 to 1024",
            "log.level: \"loud\" is not known here; write \"error\" or",
            "database.url: is missing",
            "database.pool_size: 0 is out of range; write 1 to 1000",
            "database.pool_wait: \"2\" is no duration; write a number and its unit",
            "channel.sms.script: \"\" is empty",
            "channel.sms.env.PORT: is no text",
            "channel.sms.env.TANAGER_X: cannot be handed to a script",
            "limits.block: 15 has no unit",
            "limits.api_body: \"64 kilo\" is no size",
            "limits.tan_digits: 5 cannot be: it must be 6 to 10 (NIST SP 800-63B-4",
            "limits.tan_lifetime: \"11 min\" cannot be: it must be 1 s to 10 min (NIST SP 800-63B-4; OWASP ASVS 6.5.5)",
            "identity.username_pattern: \"(\" is no regular expression",
            "server.lissten: there is no such key; did you mean server.listen?",
            "server2: there is no such key; did you mean server?",
        ],
    );
}

#[test]
fn every_malformed_line_is_named_and_none_is_repeated() {
    let text = "[server]\nlisten = \n[database]\nurl = \"postgres://t:hunter2@h/t\nbank = hunter2\n";
    let found = troubles(text, &[]);
    assert!(found.len() >= 2 && found[0].starts_with("line 2: is no TOML: "), "{found:#?}");
    assert!(found.iter().any(|trouble| trouble.starts_with("line 4: ")), "{found:#?}");
    assert!(!found.concat().contains("hunter2"), "{found:#?}");
}

#[test]
fn unknown_keys_are_named_with_what_was_meant() {
    let text = format!(
        "{LEAST}pool-size = 3\nstatement_timeout_ms = 3\ntan_digits = 7\nzzz = 1\n[channel.smss]\nscript = 'x'\n"
    );
    assert_troubles(
        &troubles(&text, &[]),
        &[
            "database.pool-size: there is no such key; did you mean database.pool_size?",
            "database.statement_timeout_ms: there is no such key; did you mean database.statement_timeout?",
            "database.tan_digits: there is no such key; did you mean limits.tan_digits?",
            "database.zzz: there is no such key",
            "channel.smss: there is no such key; did you mean channel.sms?",
        ]
        .map(|part| part),
    );
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
    assert_eq!(settings.channels.sms.env["Spool_Dir"], "/a b");
    assert!(!settings.channels.totp && settings.channels.recovery);
    assert_eq!((settings.limits.tan_digits, settings.limits.api_body), (6, 128 * 1024));
    assert_eq!(settings.limits.allowed_prefixes[0].as_str(), "+41");
    assert_eq!(settings.gateway.unwrap().operations[0].name, "a");
}

#[test]
fn a_wrong_variable_is_named() {
    let variables = [
        ("TANAGER_LIMITS__TAN_DIGIT", "6"),
        ("TANAGER_LIMITS__TAN_DIGITS", "six"),
        ("TANAGER_SEVER__LISTEN", "127.0.0.1:1"),
        ("TANAGER_SERVER__LISTEN__PORT", "1"),
        ("TANAGER_server__LISTEN", "127.0.0.1:1"),
        ("TANAGER_SERVER__ALLOWED_ORIGINS", "https://a.example"),
        ("TANAGER_DATABASE", "is not a key"),
    ];
    assert_troubles(
        &troubles(&format!("{LEAST}[server]\nlisten = '127.0.0.1:2'"), &variables),
        &[
            "TANAGER_SERVER__LISTEN__PORT: server.listen is no section",
            "server.allowed_origins (from TANAGER_SERVER__ALLOWED_ORIGINS): \"https://a.example\" is no list; write it like [",
            "limits.tan_digits (from TANAGER_LIMITS__TAN_DIGITS): \"six\" is no whole number",
            "limits.tan_digit (from TANAGER_LIMITS__TAN_DIGIT): there is no such key; did you mean limits.tan_digits?",
            "sever (from TANAGER_SEVER__LISTEN): there is no such key; did you mean server?",
        ],
    );
    let twice = [("TANAGER_SERVER__LISTEN", "127.0.0.1:1"), ("TANAGER_server__listen", "127.0.0.1:2")];
    assert_troubles(&troubles(LEAST, &twice), &["server.listen is set by TANAGER_SERVER__LISTEN too"]);
}

#[test]
fn no_trouble_and_no_report_tells_a_secret() {
    let secret = "hunter2";
    let text = format!(
        "listen = 'postgres://t:{secret}@h/t'
        [server]
        listen = 'postgres://t:{secret}@h/t'
        bank_name = ['password={secret}']
        [database]
        url = 'postgres://t:{secret}@h:port/t'
        owner_url = 'user=t password={secret}'
        ulr = 'postgres://t:{secret}@h/t'
        [channel.sms.env]
        PASSWORD = {{ is = '{secret}' }}
        [identity]
        client_secret = ['{secret}']
        url = 'http://u:{secret}@core/'
        [gateway]
        upstream = 'http://u:{secret}@core/'"
    );
    let variables = [("TANAGER_DATABASE__CA_FILE__X", secret), ("TANAGER_DATABASE__URL2", secret)];
    let found = troubles(&text, &variables).join("\n");
    assert!(!found.contains(secret), "{found}");

    let settings = loaded(
        &format!("[database]\nurl = 'postgres://t:{secret}@h/t'\n[channel.sms]\nenv = {{ A = '{secret}' }}"),
        &[("TANAGER_IDENTITY__CLIENT_SECRET", secret)],
    );
    let mut report = String::new();
    settings.report(&mut report).unwrap();
    assert!(!report.contains(secret), "{report}");
    assert!(report.contains("* url = (withheld)"), "{report}");
}

#[test]
fn a_limit_that_breaks_a_standard_is_refused_with_its_name() {
    for (limit, standard) in [
        ("tan_digits = 11", "NIST SP 800-63B-4"),
        ("tan_lifetime = '601 s'", "OWASP ASVS 6.5.5"),
        ("consecutive_failures = 6", "PSD2 RTS art. 4(3)(b)"),
        ("total_failures = 101", "NIST SP 800-63B-4"),
        ("step_up_lifetime = '25 h'", "PSD2 RTS art. 4(3)(c)"),
        ("account_per_day = 9", "not be less than account_per_hour"),
        ("gateway_body = 65", "1 KiB to 64 MiB"),
    ] {
        assert_troubles(&troubles(&format!("{LEAST}[limits]\n{limit}"), &[]), &[standard]);
    }
}

#[test]
fn a_limit_left_alone_is_named_when_another_breaks_it() {
    let found = troubles(&format!("{LEAST}[limits]\nsession_lifetime = '5 min'"), &[]);
    assert_troubles(
        &found,
        &["limits.step_up_lifetime: \"15 min\" cannot be: it must be more than 0 and not more than"],
    );
}

#[test]
fn a_lease_outlives_the_upstreams_time() {
    let gateway = LEAST_GATEWAY.replace("[[gateway", "upstream_timeout = '30 s'\n[[gateway");
    assert_troubles(
        &troubles(&format!("{LEAST}{gateway}"), &[]),
        &["limits.reservation_lease: \"30 s\" is not more than gateway.upstream_timeout (30 s)"],
    );
    loaded(&format!("{LEAST}{gateway}"), &[("TANAGER_LIMITS__RESERVATION_LEASE", "31 s")]);
    let lease = "[limits]\nreservation_lease = '5 s'";
    loaded(&format!("{LEAST}{lease}"), &[]);
    assert_troubles(&troubles(&format!("{LEAST}{lease}{LEAST_GATEWAY}"), &[]), &["limits.reservation_lease: \"5 s\""]);
}

#[test]
fn a_gateway_is_read_strictly() {
    let text = format!(
        "{LEAST}
        [server]
        operators_listen = '127.0.0.1:9967'
        [gateway]
        listen = '127.0.0.1:9967'
        upstream = 'http://core/?a=b'
        default = 'deny'
        upstream_authorization = 'Bearer x'
        [[gateway.operation]]
        name = 'a b'
        method = 'HEAD'
        path = '/accounts/{{username}}/tan'
        assurances = 'bound'
        [[gateway.operation]]
        name = 'login'
        method = 'POST'
        path = '/accounts/{{username}}/token/{{a}}'
        identity = 'response'
        [[gateway.operation]]
        name = 'login'
        method = 'POST'
        path = '/accounts/{{username}}/token/{{b}}'
        strength = 'weak'
        [[gateway.operation]]
        "
    );
    assert_troubles(
        &troubles(&text, &[]),
        &[
            "server.operators_listen: is the same as server.listen",
            "gateway.listen: is the same as server.listen",
            "gateway.listen: is the same as server.operators_listen",
            "gateway.upstream: \"http://core/?a=b\" cannot be called",
            "gateway.default: \"deny\" is not known here; write \"pass\" or \"deny-unsafe\"",
            "gateway.upstream_authorization: \"Bearer x\" is not known here",
            "gateway.operation[0].name: \"a b\" is no name",
            "gateway.operation[0].method: \"HEAD\" is covered by GET",
            "gateway.operation[0].path: \"/accounts/{username}/tan\" is the service's own",
            "gateway.operation[1].identity: \"response\" needs on_missing",
            "gateway.operation[2].strength: \"weak\" is not known here; write \"inform\" or \"possession\"",
            "gateway.operation[3].name: is missing",
            "gateway.operation[3].method: is missing",
            "gateway.operation[3].path: is missing",
            "gateway.operation[2].name: \"login\" is taken",
            "gateway.operation[2].path: POST /accounts/{username}/token/{b} is protected already",
            "gateway.operation[0].assurances: there is no such key; did you mean gateway.operation[0].assurance?",
        ],
    );
}

#[test]
fn only_the_local_identity_is_available() {
    let identity = |rest: &str| troubles(&format!("{LEAST}[identity]\n{rest}"), &[]);
    let away = "is not available in this release; write \"local\"";
    assert_troubles(&identity("mode = 'upstream'\nurl = 'http://core/accounts/{username}'"), &[away]);
    assert_troubles(&identity("mode = 'upstream'\nurl = 'http://core/'"), &[away, "identity.url: does not say whose"]);
    assert_troubles(
        &identity("mode = 'introspection'"),
        &[away, "identity.url: is missing", "identity.client_id: or client_secret"],
    );
}

#[test]
fn usernames_are_accepted_in_the_case_and_of_the_pattern() {
    let identity =
        loaded(&format!("{LEAST}[identity]\nusername_case = 'lower'\nusername_pattern = '[a-zA-Z]+'"), &[]).identity;
    for (name, accepted) in [("alice", true), ("Alice", false), ("alice1", false)] {
        assert_eq!(identity.accepts(&crate::domain::username::Username::parse(name).unwrap()), accepted, "{name}");
    }
}

#[test]
fn a_script_is_looked_for_beside_the_configuration_and_then_below_the_working_directory() {
    let directory = tempfile::tempdir().unwrap();
    let script = |name: &str| {
        let text = format!("{LEAST}[channel.sms]\nscript = '{name}'");
        Settings::from_toml(&text, directory.path(), std::iter::empty()).ok().unwrap().channels.sms.script.unwrap()
    };
    let below = std::env::current_dir().unwrap().join("Cargo.toml");
    assert_eq!(script("Cargo.toml"), below);
    assert_eq!(script("nowhere.sh"), directory.path().join("nowhere.sh"));
    fs::write(directory.path().join("Cargo.toml"), "").unwrap();
    assert_eq!(script("Cargo.toml"), directory.path().join("Cargo.toml"));
}

#[test]
fn a_channel_is_offered_while_its_script_can_be_run() {
    use std::os::unix::fs::PermissionsExt;
    let directory = tempfile::tempdir().unwrap();
    let script = directory.path().join("sms.sh");
    let text = format!("{LEAST}[channel.sms]\nscript = 'sms.sh'\n[channel.totp]\nenabled = false");
    let settings = Settings::from_toml(&text, directory.path(), std::iter::empty()).ok().unwrap();
    assert_eq!(settings.channels.sms.executable(), Err(ScriptTrouble::Missing));
    fs::write(&script, "#!/bin/sh\n").unwrap();
    fs::set_permissions(&script, fs::Permissions::from_mode(0o644)).unwrap();
    assert_eq!(settings.channels.sms.executable(), Err(ScriptTrouble::NotExecutable));
    assert!(
        settings.warnings()[0].contains("channel.sms.script: the script is not executable"),
        "{:?}",
        settings.warnings()
    );
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
    assert_eq!(settings.channels.sms.executable(), Ok(script.as_path()));
    let offered = Channel::ALL.map(|channel| settings.channels.offers(channel));
    assert_eq!(offered, [true, false, false, true]);
}

#[test]
fn the_report_shows_what_is_in_force_and_what_is_doubtful() {
    let settings =
        loaded(EXAMPLE, &[("TANAGER_LIMITS__TAN_LIFETIME", "4 min"), ("TANAGER_IDENTITY__URL", "http://core")]);
    let mut report = String::new();
    settings.report(&mut report).unwrap();
    for line in [
        "[server]\n* listen = \"127.0.0.1:9967\"\n",
        "  workers = (not set)\n",
        "* tan_lifetime = \"4 min\"  (from TANAGER_LIMITS__TAN_LIFETIME)\n",
        "  block = \"15 min\"\n",
        "[gateway.operation[0]]\n* name = \"transfer\"\n",
        "warning: channel.sms.script: the script does not exist: /etc/tanager/scripts/tan-file.sh; sms is not offered.\n",
        "warning: identity.url has no effect in this mode.\n",
        "warning: gateway is checked, but not served by this release.\n",
        "one block of attempts: 5.0e-8\n",
        "(100 tries under the doubling blocks): 1.0e-6\n",
    ] {
        assert!(report.contains(line), "{line:?} is not in\n{report}");
    }
    assert!(!report.contains("warning: server.origin"), "{report}");
    let bare =
        loaded(LEAST, &[("TANAGER_CHANNEL__TOTP__ENABLED", "false"), ("TANAGER_CHANNEL__RECOVERY__ENABLED", "false")]);
    let warnings = bare.warnings().concat();
    for part in ["server.origin is not set", "No channel can send", "No channel is offered at all"] {
        assert!(warnings.contains(part), "{warnings}");
    }
}

#[test]
fn a_file_that_cannot_be_read_says_what_to_do() {
    let directory = tempfile::tempdir().unwrap();
    let load = |path: &PathBuf| Settings::load(path, std::iter::empty()).err().unwrap().to_string();
    let missing = load(&directory.path().join("tanager.toml"));
    assert!(missing.contains("there is no such configuration file") && missing.contains("--config FILE"), "{missing}");
    let binary = directory.path().join("binary.toml");
    fs::write(&binary, [0xff, 0xfe]).unwrap();
    assert!(load(&binary).contains("is not UTF-8"));
    assert!(load(&directory.path().to_owned()).contains("cannot be read"));
}

#[test]
fn files_are_beside_the_configuration() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("tanager.toml");
    fs::write(&path, format!("{LEAST}ca_file = 'ca.pem'\n[keys]\nfile = '/absolute/keys.toml'")).unwrap();
    let settings = Settings::load(&path, std::iter::empty()).ok().unwrap();
    assert_eq!(settings.database.ca_file, Some(directory.path().join("ca.pem")));
    assert_eq!(settings.keys.file, Path::new("/absolute/keys.toml"));
}
