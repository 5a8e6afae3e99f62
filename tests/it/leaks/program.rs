//! `tanager serve` as operators run it, with all that it says.

use std::{
    fs::{self, Permissions},
    io::Read,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread::JoinHandle,
    time::{Duration, Instant},
};

use crate::app::{Client, Database, Wish};

/// A script that says all it knows, keeps the message where the test finds it, and fails when it is told to.
const LEAKY: &str = r#"#!/bin/sh
message=$(cat)
echo "leaky script says: to $1 (${1#+}): $message"
echo "leaky script says: $message to <$1>" >&2
printf '%s' "$message" | SPOOL_DIR="$SPOOL_DIR" "$TAN_FILE" "$1"
exit "$EXIT_CODE"
"#;

pub struct Program {
    child: Child,
    said: Option<JoinHandle<String>>,
    config: PathBuf,
    directory: PathBuf,
    pub client: Client,
}

impl Program {
    /// Served from `directory`: SMS are handed over, mails are not.
    pub async fn start(database: &Database, directory: &Path, format: &str, rust_log: &str) -> Self {
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let config = configure(database, directory, format, port);
        let mut child = command(&config).arg("serve").env("RUST_LOG", rust_log).stderr(Stdio::piped()).spawn().unwrap();
        let mut stderr = child.stderr.take().unwrap();
        let said = std::thread::spawn(move || {
            let mut text = Vec::new();
            stderr.read_to_end(&mut text).unwrap();
            String::from_utf8_lossy(&text).into_owned()
        });
        let client = Client::new(&format!("http://127.0.0.1:{port}"), "");
        let program = Self { child, said: Some(said), config, directory: directory.to_owned(), client };
        program.until_it_serves(port).await;
        program
    }

    async fn until_it_serves(&self, port: u16) {
        let deadline = Instant::now() + Duration::from_secs(30);
        while tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_err() {
            assert!(Instant::now() < deadline, "the program does not serve");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// `tanager token create`: the token.
    pub fn token(&self, scope: &str) -> String {
        let output = command(&self.config).args(["token", "create", "--scope", scope]).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    /// The key file's secret, as it is written there.
    pub fn key(&self) -> String {
        let text = fs::read_to_string(self.directory.join("keys.toml")).unwrap();
        text.lines().find_map(|line| line.strip_prefix("secret = ")).unwrap().trim_matches('"').to_owned()
    }

    /// The TAN of the newest message to an address.
    pub fn tan(&self, channel: &str, address: &str) -> String {
        let file = self.directory.join("spool").join(format!("{channel}-{address}.txt"));
        crate::app::tan_in(&fs::read_to_string(file).unwrap())
    }

    /// Ends it as a supervisor does, and returns its whole log.
    pub async fn stop(mut self) -> String {
        assert!(Command::new("kill").arg(self.child.id().to_string()).status().unwrap().success());
        let said = self.said.take().unwrap();
        let log = tokio::task::spawn_blocking(move || said.join().unwrap()).await.unwrap();
        assert!(self.child.wait().unwrap().success(), "{log}");
        log
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        if self.said.is_some() {
            let _ = self.child.kill().and_then(|()| self.child.wait());
        }
    }
}

fn command(config: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tanager"));
    command.arg("-c").arg(config).env_remove("RUST_LOG");
    command
}

fn configure(database: &Database, directory: &Path, format: &str, port: u16) -> PathBuf {
    let more =
        format!("[log]\nlevel = \"debug\"\nformat = \"{format}\"\n[audit]\ncheckpoint_file = \"checkpoints.jsonl\"\n");
    Database::write_keys(directory);
    let text = database.configuration(directory, &Wish { more, ..Wish::default() });
    let leaky = directory.join("leaky.sh");
    fs::write(&leaky, LEAKY).unwrap();
    fs::set_permissions(&leaky, Permissions::from_mode(0o755)).unwrap();
    let tan_file = concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/tan-file.sh");
    let (head, mail) = text.split_once("[channel.email]").unwrap();
    let env = |code: u8| format!("env = {{ TAN_FILE = \"{tan_file}\", EXIT_CODE = \"{code}\", ");
    let leaky = |text: &str, code| {
        text.replace(&format!("script = \"{tan_file}\""), &format!("script = \"{}\"", leaky.display()))
            .replace("env = { ", &env(code))
    };
    let text = format!("{}[channel.email]{}", leaky(head, 0), leaky(mail, 1));
    let config = directory.join("tanager.toml");
    fs::write(&config, text.replace("127.0.0.1:0", &format!("127.0.0.1:{port}"))).unwrap();
    config
}
