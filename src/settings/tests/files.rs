//! What depends on files: the configuration itself, scripts, and the report that looks at them.

use std::{fs, path::PathBuf};

use super::*;
use crate::domain::channel::Channel;

pub(super) fn program(settings: &Settings) -> &Program {
    match &settings.channels.sms.transports[0].kind {
        TransportKind::Script(script) => &script.program,
        _ => panic!("no script"),
    }
}

#[test]
fn a_script_is_looked_for_beside_the_configuration_and_then_below_the_working_directory() {
    let directory = tempfile::tempdir().unwrap();
    let script = |name: &str| {
        let text = format!("{LEAST}[channel.sms]\nscript = '{name}'");
        program(&Settings::from_toml(&text, directory.path(), std::iter::empty()).ok().unwrap()).path.clone()
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
    assert_eq!(program(&settings).executable(), Err(ProgramTrouble::Missing));
    fs::write(&script, "#!/bin/sh\n").unwrap();
    fs::set_permissions(&script, fs::Permissions::from_mode(0o644)).unwrap();
    assert_eq!(program(&settings).executable(), Err(ProgramTrouble::NotExecutable));
    assert!(
        settings.warnings()[0].contains("channel.sms, transport script: the script is not executable"),
        "{:?}",
        settings.warnings()
    );
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
    assert_eq!(program(&settings).executable(), Ok(()));
    let offered = Channel::ALL.map(|channel| settings.channels.offers(channel));
    assert_eq!(offered, [true, false, false, true]);
}

#[test]
fn the_report_shows_what_is_in_force_and_what_is_doubtful() {
    let settings = loaded(
        EXAMPLE,
        &[
            ("TANAGER_LIMITS__TAN_LIFETIME", "4 min"),
            ("TANAGER_IDENTITY__URL", "http://core"),
            ("TANAGER_LIMITS__CHANNEL_PER_MINUTE", "600"),
            ("TANAGER_CHANNEL__SMS__SCRIPT", "scripts/absent.sh"),
        ],
    );
    let mut report = String::new();
    settings.report(&mut report).unwrap();
    for line in [
        "[server]\n* listen = \"127.0.0.1:9967\"\n",
        "  workers = (not set)\n",
        "* tan_lifetime = \"4 min\"  (from TANAGER_LIMITS__TAN_LIFETIME)\n",
        "  block = \"15 min\"\n",
        "[gateway.operation[0]]\n* name = \"transfer\"\n",
        "warning: channel.sms, transport script: the script does not exist: /etc/tanager/scripts/absent.sh; it carries nothing.\n",
        "warning: identity.url has no effect in this mode.\n",
        "warning: gateway.upstream_authorization: with identity.mode \"local\" the bank core is called with",
        "one block of attempts: 5.0e-8\n",
        "(100 tries under the doubling blocks): 1.0e-6\n",
    ] {
        assert!(report.contains(line), "{line:?} is not in\n{report}");
    }
    assert!(!report.contains("warning: server.origin"), "{report}");
    assert!(!report.contains("SMS pumping"), "{report}");
    let unbounded = loaded(EXAMPLE, &[("TANAGER_CHANNEL__SMS__SCRIPT", "scripts/absent.sh")]).warnings().concat();
    assert!(unbounded.contains("nothing bounds SMS to numbers of strangers"), "{unbounded}");
    let asked = loaded(
        EXAMPLE,
        &[("TANAGER_IDENTITY__MODE", "upstream"), ("TANAGER_IDENTITY__URL", "http://core/accounts/{username}")],
    );
    assert!(!asked.warnings().concat().contains("upstream_authorization"), "{:?}", asked.warnings());
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

#[test]
fn operators_who_are_known_where_others_reach_them_are_warned_of() {
    let warned = |server: &str| {
        let settings = loaded(&format!("{LEAST}[server]\n{server}"), &[]);
        settings.warnings().concat().contains("server.listen is reached from other machines")
    };
    for exposed in ["listen = '0.0.0.0:9967'", "listen = '[::]:9967'", "listen = '192.0.2.1:9967'"] {
        assert!(warned(exposed), "{exposed}");
        let alone = format!("{exposed}\noperators_listen = '127.0.0.1:9968'\n");
        assert!(warned(&alone), "{alone}");
        assert!(!warned(&format!("{alone}operators_alone = true")), "{alone}");
    }
    for own in ["", "listen = '127.0.0.1:9967'", "listen = '[::1]:9967'", "listen = 'unix:/run/tanager.sock'"] {
        assert!(!warned(own), "{own}");
    }
}

#[test]
fn checkpoints_have_a_file_beside_the_configuration_and_a_rhythm() {
    let audit = |more: &str| loaded(&format!("{LEAST}[audit]\n{more}"), &[]);
    assert_eq!(audit("").audit.checkpoint_file, None);
    assert!(audit("").warnings().concat().contains("audit.checkpoint_file is not set"));
    let set = audit("checkpoint_file = 'checkpoints.jsonl'\ncheckpoint_every = '1 min'");
    assert_eq!(set.audit.checkpoint_file.as_deref(), Some(Path::new("/etc/tanager/checkpoints.jsonl")));
    assert!(!audit("checkpoint_file = '/checkpoints.jsonl'").warnings().concat().contains("audit.checkpoint_file"));
    let nowhere = audit("checkpoint_file = '/there/is/no/such/checkpoints.jsonl'").warnings().concat();
    assert!(nowhere.contains("audit.checkpoint_file: there is no directory /there/is/no/such"), "{nowhere}");
    for every in ["59 s", "8 days", "0 s"] {
        let text = format!("{LEAST}[audit]\ncheckpoint_every = '{every}'");
        assert_troubles(&troubles(&text, &[]), &["audit.checkpoint_every"]);
    }
}

#[test]
fn the_digest_tells_one_configuration_from_another_and_nothing_of_secrets() {
    let of = |text: &str, variables: &[(&str, &str)]| loaded(text, variables).digest();
    let least = of(LEAST, &[]);
    assert_eq!(least.len(), 64);
    assert_eq!(least, of(&format!("{LEAST}[limits]\ntan_digits = 8"), &[]), "a default that is written is the same");
    assert_eq!(least, of(LEAST, &[("TANAGER_DATABASE__URL", "postgres://tanager:other@127.0.0.1/tanager")]));
    assert_ne!(least, of(LEAST, &[("TANAGER_LIMITS__TAN_DIGITS", "9")]));
    assert_ne!(least, of(LEAST, &[("TANAGER_SERVER__BANK_NAME", "Other")]));
    assert_ne!(
        of(LEAST, &[("TANAGER_SERVER__ORIGIN", "https://a.example")]),
        of(LEAST, &[("TANAGER_SERVER__ORIGIN", "https://b.example")])
    );
}
