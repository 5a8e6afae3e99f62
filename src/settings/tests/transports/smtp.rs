//! A mail server's keys.

use std::path::PathBuf;

use super::*;

const HEAD: &str = "[channel.email.transport.mail]\nkind = 'smtp'\n";

fn with(keys: &str) -> String {
    format!("{LEAST}{HEAD}host = 'mail.bank.example'\nfrom = 'tan@bank.example'\n{keys}")
}

fn smtp(settings: &Settings) -> &Smtp {
    match &settings.channels.email.transports[0].kind {
        TransportKind::Smtp(smtp) => smtp,
        _ => panic!("no mail server"),
    }
}

#[test]
fn every_key_is_documented_and_nothing_else() {
    // Of the two ways to a password one can be taken.
    for left_out in ["password = ", "password_file = "] {
        let page: String = part("a mail server")
            .lines()
            .filter(|line| !line.starts_with(left_out))
            .map(|line| line.to_owned() + "\n")
            .collect();
        let paths = |settings: Settings, written: bool| -> BTreeSet<String> {
            let own =
                settings.effective.into_iter().filter(|key| key.path.starts_with("channel.email.transport.mail."));
            own.filter(|key| !written || key.source == Source::Written).map(|key| key.path).collect()
        };
        let mut documented = paths(loaded(&format!("{LEAST}{page}"), &[]), true);
        documented.insert(format!("channel.email.transport.mail.{}", left_out.trim_end_matches(" = ")));
        // Every kind has it.
        documented.insert("channel.email.transport.mail.timeout".to_owned());
        assert_eq!(documented, paths(loaded(&with(""), &[]), false));
    }
}

#[test]
fn the_documented_defaults_are_those_in_force() {
    let page = loaded(&format!("{LEAST}{}", part("a mail server").replace("password = ", "# ")), &[]).effective;
    for default in loaded(&with(""), &[]).effective {
        if default.path.starts_with("channel.email.transport.mail.") && default.shown.is_some() {
            let shown = page.iter().find(|key| key.path == default.path).map(|key| &key.shown);
            let expected = if default.path == "channel.email.transport.mail.from" {
                Some("\"Example Bank <tan@bank.example>\"".to_owned())
            } else {
                default.shown
            };
            assert_eq!(shown, Some(&expected), "{}", default.path);
        }
    }
}

#[test]
fn a_mail_server_is_spoken_to_over_tls_unless_it_is_on_this_machine() {
    for (keys, encryption, port) in [
        ("", Encryption::StartTls, 587),
        ("encryption = 'tls'", Encryption::Tls, 465),
        ("encryption = 'tls'\nport = 2465", Encryption::Tls, 2465),
    ] {
        let settings = loaded(&with(keys), &[]);
        assert_eq!((smtp(&settings).encryption, smtp(&settings).port), (encryption, port), "{keys}");
    }
    for host in ["localhost", "127.0.0.1", "127.8.8.8", "::1", "[::1]", "::ffff:127.0.0.1"] {
        let text = with("encryption = 'none'").replace("mail.bank.example", host);
        assert_eq!(smtp(&loaded(&text, &[])).port, 25, "{host}");
    }
    for host in ["mail.bank.example", "10.0.0.1", "::", "localhost.bank.example"] {
        let text = with("encryption = 'none'").replace("mail.bank.example", host);
        assert_troubles(&troubles(&text, &[]), &["encryption: sends TANs in clear"]);
    }
}

#[test]
fn a_password_stands_in_one_place_and_beside_a_name() {
    let settings = loaded(&with("username = 'tanager'\npassword_file = 'secret'"), &[]);
    let login = smtp(&settings).login.as_ref().unwrap();
    let file = PathBuf::from("/etc/tanager/secret");
    assert!(matches!(&login.password, SecretSource::File(named) if *named == file));
    assert_eq!(settings.warnings()[0], "channel.email, transport mail: password_file: /etc/tanager/secret is no file.");
    let variable = ("TANAGER_CHANNEL__EMAIL__TRANSPORT__MAIL__PASSWORD", "sesame");
    let settings = loaded(&with("username = 'tanager'"), &[variable]);
    assert!(matches!(&smtp(&settings).login.as_ref().unwrap().password, SecretSource::Written(_)));
    assert!(settings.effective.iter().all(|key| !format!("{:?}", key.shown).contains("sesame")));

    assert_troubles(&troubles(&with("username = 'tanager'"), &[]), &["username: has no password"]);
    assert_troubles(&troubles(&with("password = 'x'"), &[]), &["username: is missing beside the password"]);
    let both = with("username = 'tanager'\npassword = 'x'\npassword_file = 'y'");
    assert_troubles(&troubles(&both, &[]), &["password: stands beside password_file"]);
}

#[test]
fn what_cannot_be_is_said_with_what_would_be_right() {
    let wrong = "host = 'mail bank'\nport = 0\nencryption = 'opportunistic'\nfrom = 'Bank'\nreply_to = 'x'\nhello = 'a b'\n\
                 connections = 0\nidle = '11 min'\n";
    let found = troubles(&format!("{LEAST}{HEAD}{wrong}"), &[]);
    let said = [
        "host: \"mail bank\" is no host",
        "encryption: \"opportunistic\" is not known here; write \"starttls\" or \"tls\" or \"none\"",
        "port: 0 is out of range; write 1 to 65535",
        "from: \"Bank\" is no mailbox",
        "reply_to: \"x\" is no mailbox",
        "hello: is no name of a host",
        "connections: 0 is out of range",
        "idle: \"11 min\" is out of range",
    ];
    assert_troubles(&found, &said);
    assert_troubles(&troubles(&format!("{LEAST}{HEAD}"), &[]), &["host: is missing", "from: is missing"]);
}

#[test]
fn what_is_doubtful_is_told() {
    for (keys, told) in [
        ("ca_file = 'absent.pem'", "ca_file: /etc/tanager/absent.pem is no file."),
        ("port = 465", "port 465 is usually that of encryption = \"tls\"."),
        ("encryption = 'tls'\nport = 587", "port 587 is usually that of encryption = \"starttls\"."),
    ] {
        let warnings = loaded(&with(keys), &[]).warnings();
        assert!(warnings.contains(&format!("channel.email, transport mail: {told}")), "{warnings:?}");
    }
    let warnings = loaded(&with(""), &[]).warnings();
    assert!(!warnings.iter().any(|warning| warning.contains("transport mail")), "{warnings:?}");
}
