//! What is refused, and what is said of it.

use super::*;

const ALL_WRONG: &str = "
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

const ALL_SAID: &[&str] = &[
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
];

#[test]
fn everything_that_is_wrong_is_said_at_once() {
    assert_troubles(&troubles(ALL_WRONG, &[]), ALL_SAID);
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
fn operators_who_are_alone_need_a_listener() {
    let alone = format!("{LEAST}[server]\noperators_alone = true\n");
    assert_troubles(&troubles(&alone, &[]), &["server.operators_alone: needs server.operators_listen"]);
    loaded(&format!("{alone}operators_listen = '127.0.0.1:9968'"), &[]);
}

const GATEWAY_WRONG: &str = "
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
        path = '/accounts/{username}/tan'
        assurances = 'bound'
        [[gateway.operation]]
        name = 'login'
        method = 'POST'
        path = '/accounts/{username}/token/{a}'
        assurance = 'session'
        identity = 'response'
        revoke_path = '/accounts/{username}/tokens/{id}'
        [[gateway.operation]]
        name = 'login'
        method = 'POST'
        path = '/accounts/{username}/token/{b}'
        strength = 'weak'
        [[gateway.operation]]
        ";

const GATEWAY_SAID: &[&str] = &[
    "server.operators_listen: is the same as server.listen",
    "gateway.listen: is the same as server.listen",
    "gateway.listen: is the same as server.operators_listen",
    "gateway.upstream: \"http://core/?a=b\" cannot be called",
    "gateway.default: \"deny\" is not known here; write \"pass\" or \"deny-unsafe\"",
    "gateway.upstream_authorization: \"Bearer x\" is not known here",
    "gateway.operation[0].name: \"a b\" is no name",
    "gateway.operation[0].method: \"HEAD\" is covered by GET",
    "gateway.operation[0].path: \"/accounts/{username}/tan\" is the service's own",
    "gateway.operation[1].revoke_path: can name the account alone",
    "gateway.operation[1].identity: \"response\" needs on_missing",
    "gateway.operation[1].assurance: asks for less than a log-in can show",
    "gateway.operation[2].strength: \"weak\" is not known here; write \"inform\" or \"possession\"",
    "gateway.operation[3].name: is missing",
    "gateway.operation[3].method: is missing",
    "gateway.operation[3].path: is missing",
    "gateway.operation[2].name: \"login\" is taken",
    "gateway.operation[2].path: POST /accounts/{username}/token/{b} is protected already",
    "gateway.operation[0].assurances: there is no such key; did you mean gateway.operation[0].assurance?",
];

#[test]
fn a_gateway_is_read_strictly() {
    assert_troubles(&troubles(&format!("{LEAST}{GATEWAY_WRONG}"), &[]), GATEWAY_SAID);
}

#[test]
fn a_mode_of_identity_is_told_what_to_ask() {
    let identity = |rest: &str| troubles(&format!("{LEAST}[identity]\n{rest}"), &[]);
    let (missing, no_name) = ("identity.url: is missing", "identity.url: does not say whose");
    assert_troubles(&identity("mode = 'upstream'"), &[missing]);
    assert_troubles(&identity("mode = 'upstream'\nurl = 'http://core/'"), &[no_name]);
    let pointer = "mode = 'upstream'\nurl = 'http://core/{username}'\nscope_pointer = 'scope'";
    assert_troubles(&identity(pointer), &["identity.scope_pointer: \"scope\" is no JSON pointer"]);
    let whole = "mode = 'upstream'\nurl = 'https://core/accounts/{username}'\nusername_pointer = '/username'";
    assert_eq!(loaded(&format!("{LEAST}[identity]\n{whole}"), &[]).identity.mode, Mode::Upstream);
}

#[test]
fn introspection_is_told_whom_to_ask_and_as_whom() {
    let identity = |rest: &str| format!("{LEAST}[identity]\nmode = 'introspection'\n{rest}");
    let missing = ["identity.url: is missing", "identity.client_id: is missing", "identity.client_secret: is missing"];
    assert_troubles(&troubles(&identity(""), &[]), &missing);
    let (url, id) = ("url = 'https://as/introspect/'\n", "client_id = 'tanager'\n");
    let one_for_all = "url = 'https://as/{username}'\nclient_id = 'tanager'\nclient_secret_file = 's'\n";
    assert_troubles(&troubles(&identity(one_for_all), &[]), &["identity.url: is one for all"]);
    let secret = ("TANAGER_IDENTITY__CLIENT_SECRET", "hidden");
    let both = troubles(&identity(&format!("{url}{id}client_secret_file = 's'")), &[secret]);
    assert_troubles(&both, &["identity.client_secret (from TANAGER_IDENTITY__CLIENT_SECRET): stands beside"]);
    for word in ["two words", "", "a\"b"] {
        let scope = troubles(&identity(&format!("{url}{id}client_secret = 'x'\nreadwrite_scope = '{word}'")), &[]);
        assert_troubles(&scope, &["identity.readwrite_scope: "]);
    }
    let long = troubles(&identity(&format!("{url}{id}client_secret = 'x'\nremember = '11 s'")), &[]);
    assert_troubles(&long, &["identity.remember: \"11 s\" is out of range; write \"0 s\" to \"10 s\""]);
    assert!(!format!("{both:?}").contains("hidden"));

    let settings = loaded(&identity(&format!("{url}{id}remember = '0 s'")), &[secret]);
    let identity = &settings.identity;
    assert_eq!(identity.url.as_ref().map(HttpUrl::as_written), Some("https://as/introspect/"));
    assert_eq!(identity.introspection.client_secret.as_ref().map(Secret::reveal), Some("hidden"));
    assert_eq!(
        (&*identity.introspection.username_claim, &*identity.introspection.readwrite_scope),
        ("sub", "readwrite")
    );
    assert!(identity.remember.is_zero());
    let mut report = String::new();
    settings.report(&mut report).unwrap();
    assert!(!report.contains("hidden") && report.contains("identity.audience is not set"), "{report}");
}

#[test]
fn a_way_to_the_identity_source_that_others_can_read_is_warned_about() {
    let warned = |url: &str| {
        let text = format!("{LEAST}[identity]\nmode = 'upstream'\nurl = '{url}'");
        loaded(&text, &[]).warnings().iter().any(|warning| warning.starts_with("identity.url is neither https"))
    };
    assert!(warned("http://core/{username}") && warned("http://10.1.2.3/{username}"));
    assert!(!warned("https://core/{username}") && !warned("http://127.0.0.1:8081/{username}"));
    let local = loaded(&format!("{LEAST}[identity]\nurl = 'http://core'"), &[]).warnings().concat();
    assert!(local.contains("identity.url has no effect") && !local.contains("neither https"), "{local}");
}
