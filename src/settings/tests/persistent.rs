//! `kind = "persistent"`.

use super::*;

const TRANSPORTS: &str = include_str!("../../../config/transports.toml");

fn persistent(settings: &Settings) -> &Persistent {
    match &settings.channels.sms.transports[0].kind {
        TransportKind::Persistent(persistent) => persistent,
        _ => panic!("no persistent script"),
    }
}

fn with(keys: &str) -> String {
    format!("{LEAST}[channel.sms.transport.lines]\nkind = 'persistent'\n{keys}")
}

#[test]
fn a_persistent_script_has_a_program_an_environment_and_one_process() {
    let settings = loaded(&with("script = '/usr/lib/lines'\nenv = { SPOOL_DIR = '/a b' }"), &[]);
    let persistent = persistent(&settings);
    assert_eq!(persistent.program.path, Path::new("/usr/lib/lines"));
    assert_eq!(persistent.program.env["SPOOL_DIR"], "/a b");
    assert_eq!(persistent.processes, 1);
    let transport = &settings.channels.sms.transports[0];
    assert_eq!((transport.name.as_str(), transport.timeout), ("lines", Duration::from_secs(10)));
    assert_eq!(transport.trouble(), Some("the script does not exist: /usr/lib/lines".to_owned()));
}

#[test]
fn how_many_processes_run_has_bounds() {
    for count in [1, 16] {
        let settings = loaded(&with(&format!("script = 'a'\nprocesses = {count}")), &[]);
        assert_eq!(persistent(&settings).processes, count);
    }
    for count in ["0", "17", "-1", "'two'"] {
        let found = troubles(&with(&format!("script = 'a'\nprocesses = {count}")), &[]);
        assert_troubles(&found, &["channel.sms.transport.lines.processes: "]);
    }
    let variable = [("TANAGER_CHANNEL__SMS__TRANSPORT__LINES__PROCESSES", "4")];
    assert_eq!(persistent(&loaded(&with("script = 'a'"), &variable)).processes, 4);
}

#[test]
fn a_persistent_script_without_a_program_is_refused() {
    assert_troubles(
        &troubles(&with("env = { TANAGER_X = 'a' }"), &[]),
        &["channel.sms.transport.lines.script: is missing; write the script's path", "lines.env.TANAGER_X: cannot be"],
    );
    let unknown = troubles(&with("script = 'a'\nprocess = 2"), &[]);
    assert_troubles(
        &unknown,
        &["lines.process: there is no such key; did you mean channel.sms.transport.lines.processes?"],
    );
}

/// The part of the page that is about this kind, as a configuration.
fn documented() -> String {
    let section = TRANSPORTS.split_once("[channel.sms.transport.lines]").unwrap().1;
    let section = section.split("\n# --- ").next().unwrap();
    format!("{LEAST}[channel.sms.transport.lines]{section}")
}

#[test]
fn the_page_of_transports_documents_every_key_with_its_default() {
    let page = loaded(&documented(), &[]);
    let of_transport = |settings: &Settings| {
        let mut shown: Vec<_> = settings.effective.iter().map(|key| (key.path.clone(), key.shown.clone())).collect();
        shown.retain(|(path, _)| path.starts_with("channel.sms.transport.lines."));
        shown
    };
    let least = loaded(&with("script = 'scripts/tan-lines.py'\nenv = { SPOOL_DIR = 'spool' }"), &[]);
    assert_eq!(of_transport(&page), of_transport(&least));
    // The time of a transport is documented once for all kinds.
    let not_written = page.effective.iter().filter(|key| key.source != Source::Written && key.path.contains(".lines."));
    assert_eq!(not_written.map(|key| key.path.as_str()).collect::<Vec<_>>(), ["channel.sms.transport.lines.timeout"]);
    let program = &persistent(&page).program;
    assert!(program.path.ends_with("scripts/tan-lines.py") && program.executable().is_ok());
}
