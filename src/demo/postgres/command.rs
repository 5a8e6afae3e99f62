//! The command that starts a private PostgreSQL: programs, settings, environment, user.

use std::{
    env,
    ffi::{OsStr, OsString},
    os::unix::{ffi::OsStrExt, process::CommandExt},
    path::Path,
    process::{Command, Stdio},
};

use super::{
    Options, PORT,
    home::{Account, Home},
};

/// The shell program that becomes the postmaster and leaves a guard behind.
const GUARD: &str = include_str!("guard.sh");

/// The shell that becomes the postmaster, in a process group of its own: a Ctrl-C in the terminal is for the service, which
/// still needs its database while it finishes. Nothing of the environment but `PATH` goes in: `PGDATA` and the like would
/// lead elsewhere.
pub(super) fn new(programs: &Path, home: &Home, account: Option<Account>, options: &Options) -> Command {
    let mut command = Command::new("/bin/sh");
    command
        .args(["-c", GUARD, "guard.sh"])
        .args([programs.as_os_str(), home.path().as_os_str()])
        .args([if home.is_temporary() { "remove" } else { "keep" }, if options.durable { "" } else { "--no-sync" }])
        .args(settings(home, options).into_iter().flat_map(|setting| [OsString::from("-c"), setting]))
        .env_clear()
        .env("PATH", env::var_os("PATH").unwrap_or_else(|| "/usr/bin:/bin".into()))
        .env("LC_ALL", "C")
        .env("TZ", "UTC")
        .current_dir(home.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .process_group(0);
    if let Some(Account { user, group }) = account {
        command.uid(user).gid(group);
    }
    command
}

/// `name=value`, the last of a name counts: the caller's after the defaults, what keeps the cluster private after both.
fn settings(home: &Home, options: &Options) -> Vec<OsString> {
    let hasty = ["fsync=off", "synchronous_commit=off", "full_page_writes=off"];
    let mut all: Vec<OsString> = if options.durable { Vec::new() } else { hasty.map(OsString::from).into() };
    all.push("cluster_name=tanager".into());
    all.extend(options.settings.iter().map(|(name, value)| format!("{name}={value}").into()));
    all.extend(["listen_addresses=".into(), format!("port={PORT}").into(), "unix_socket_permissions=0700".into()]);
    all.push(socket_setting(home.path().as_os_str()));
    all
}

/// The setting is a list, so a path is quoted: it may contain commas and blanks.
fn socket_setting(directory: &OsStr) -> OsString {
    let doubled =
        directory.as_bytes().iter().flat_map(|byte| if *byte == b'"' { vec![b'"', b'"'] } else { vec![*byte] });
    let quoted: Vec<u8> = b"unix_socket_directories=\"".iter().copied().chain(doubled).chain([b'"']).collect();
    OsStr::from_bytes(&quoted).to_owned()
}
