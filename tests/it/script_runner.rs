//! The script runner against real scripts: what they get, how they end, what is left of them.

mod endings;
mod isolation;
mod outcomes;
mod shipped;

use std::{
    collections::BTreeMap,
    fs::{self, Permissions},
    io::{BufRead, BufReader},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    time::Duration,
};

use tanager::{
    channel::{Envelope, MessageBody, MessageKind, ScriptSender, SendError, Sender},
    domain::{address::Address, channel::Channel, username::Username},
};
use tempfile::TempDir;
use tokio::sync::mpsc;
use uuid::Uuid;

/// Longer than any script of these tests takes on a busy machine, unless it hangs.
const PATIENCE: Duration = Duration::from_secs(30);
const TAN: &str = "12345678";

/// A script in a directory of its own.
struct Script {
    folder: TempDir,
}

impl Script {
    /// `lines` for `/bin/sh`, with `$HERE` for the script's directory.
    fn new(lines: &str) -> Self {
        let script = Self { folder: TempDir::new().unwrap() };
        script.write("script", &format!("#!/bin/sh\nHERE={}\n{lines}\n", script.folder.path().display()));
        script
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o755)).unwrap();
        path
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    fn sender(&self) -> ScriptSender {
        ScriptSender::new(self.path("script"), BTreeMap::new(), PATIENCE)
    }

    async fn send(&self) -> Result<(), SendError> {
        self.sender().send(&text_message()).await
    }

    /// A named pipe that the script can open, and the lines that come out of it until nobody holds it open.
    fn pipe(&self, name: &str) -> Lines {
        let path = self.path(name);
        assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
        Lines::of(path)
    }
}

/// Lines that scripts write into a named pipe, read on a thread of its own: it must not hold up the runtime's end.
struct Lines(mpsc::UnboundedReceiver<String>);

impl Lines {
    fn of(pipe: PathBuf) -> Self {
        let (sender, receiver) = mpsc::unbounded_channel();
        std::thread::spawn(move || {
            for line in BufReader::new(fs::File::open(pipe).unwrap()).lines() {
                sender.send(line.unwrap()).unwrap();
            }
        });
        Self(receiver)
    }

    /// The next line; `None` when every process that held the pipe open has died.
    async fn next(&mut self) -> Option<String> {
        tokio::time::timeout(PATIENCE, self.0.recv()).await.expect("someone holds the pipe open and says nothing")
    }
}

/// Waits until the process is gone, or dead and left to a parent that is not this process: a zombie of ours counts
/// as alive.
async fn until_dead(pid: &str) {
    let dead = || match fs::read_to_string(format!("/proc/{pid}/stat")) {
        Err(_) => true,
        Ok(stat) => {
            let mut fields = stat.rsplit(") ").next().unwrap().split(' ');
            let (state, parent) = (fields.next().unwrap(), fields.next().unwrap());
            state == "Z" && parent != std::process::id().to_string()
        }
    };
    let waiting = async {
        while !dead() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, waiting).await.expect("the process lives on");
}

fn is_gone(pid: &str) -> bool {
    !Path::new("/proc").join(pid).exists()
}

fn text_message() -> Envelope {
    envelope(Channel::Sms, "+41791234567", &format!("Your TAN is {TAN}.\n"))
}

fn mail() -> Envelope {
    envelope(Channel::Email, "alice@example.com", &format!("Your TAN is {TAN}.\n"))
}

fn envelope(channel: Channel, address: &str, body: &str) -> Envelope {
    Envelope {
        transmission: Uuid::from_u128(0x0198_0000_0000_7000_8000_0000_0000_0001),
        channel,
        kind: MessageKind::Tan,
        account: Username::parse("alice").unwrap(),
        language: "de-CH".to_owned(),
        subject: "Ihr Code für die Überweisung".to_owned(),
        address: Address::parse(channel, address).unwrap(),
        body: MessageBody::new(body.to_owned()),
        html: None,
        expected_digits: 8,
    }
}
