//! The persistent script against real programs: what they are told, what they answer, how they end, what is left of them.

mod endings;
mod flight;
mod isolation;
mod outcomes;
mod restarts;
mod service;
mod shipped;

use std::{
    collections::BTreeMap,
    fs::{self, Permissions},
    num::NonZeroU8,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
    time::Duration,
};

use tanager::{
    channel::{Envelope, MessageBody, MessageKind, PersistentSender, SendError, Sender},
    domain::{address::Address, channel::Channel, username::Username},
};
use tempfile::TempDir;
use tokio::task::JoinHandle;
use uuid::Uuid;

use crate::app::eventually;

/// Longer than any program of these tests takes on a busy machine, unless it hangs.
const PATIENCE: Duration = Duration::from_secs(30);
/// The time of messages that a test lets run out.
const SHORT: Duration = Duration::from_secs(1);

/// A program that does what messages tell it. It notes each of its starts, and each message before it does anything.
const PUPPET: &str = r#"#!/usr/bin/env python3
import json, os, subprocess, sys, time
HERE = os.path.dirname(os.path.abspath(__file__))
kept = []

def note(name, text):
    with open(os.path.join(HERE, name), "a") as file:
        file.write(text + "\n")

def say(message, outcome, **more):
    print(json.dumps({"transmission": message["transmission"], "outcome": outcome, **more}), flush=True)

def obey(message):
    order, _, rest = message["message"].partition(" ")
    if order == "keep":
        kept.append(message)
    elif order == "release":
        for other in reversed(kept + [message]):
            say(other, "address_refused" if other["message"].endswith("refused") else "sent")
        kept.clear()
    elif order == "exit":
        sys.exit(int(rest))
    elif order == "sent_and_exit":
        say(message, "sent")
        sys.exit(0)
    elif order == "hang_up":
        os.close(1)
        time.sleep(1000)
    elif order == "deaf":
        os.close(0)
        time.sleep(1000)
    elif order == "write":
        print(rest, flush=True)
    elif order == "endless":
        sys.stdout.write("x" * 70000)
        sys.stdout.flush()
        time.sleep(1000)
    elif order == "flood":
        for _ in range(5000):
            sys.stderr.write("noise " * 2000 + "\n")
            say({"transmission": "00000000-0000-4000-8000-000000000000"}, "sent", reason="x" * 1000)
        say(message, "sent")
    elif order == "murmur":
        print(rest, file=sys.stderr, flush=True)
        say(message, "sent")
    elif order == "slow":
        time.sleep(0.3)
        say(message, "sent")
    elif order == "fork":
        child = subprocess.Popen(["sleep", "1000"])
        note("children", str(child.pid))
        time.sleep(1000)
    else:
        say(message, order, **({"reason": rest} if rest else {}))

note("starts", str(os.getpid()))
note("environment", open("/proc/self/environ").read().replace("\0", "\n"))
note("arguments", open("/proc/self/cmdline").read().replace("\0", " "))
while True:
    line = sys.stdin.readline()
    if not line:
        break
    note("seen", "%d %s" % (os.getpid(), line.rstrip("\n")))
    obey(json.loads(line))
note("ends", str(os.getpid()))
"#;

/// A program in a directory of its own.
struct Program {
    folder: TempDir,
}

impl Program {
    fn puppet() -> Self {
        Self::of(PUPPET)
    }

    /// `lines` for `/bin/sh`, with `$HERE` for the program's directory; each start is noted.
    fn shell(lines: &str) -> Self {
        let program = Self::of("");
        let here = program.folder.path().display();
        program.write(&format!("#!/bin/sh\nHERE={here}\necho $$ >>$HERE/starts\n{lines}\n"));
        program
    }

    fn of(text: &str) -> Self {
        let program = Self { folder: TempDir::new().unwrap() };
        program.write(text);
        program
    }

    fn write(&self, text: &str) {
        fs::write(self.path("program"), text).unwrap();
        fs::set_permissions(self.path("program"), Permissions::from_mode(0o755)).unwrap();
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The lines that it noted under a name, so far.
    fn noted(&self, name: &str) -> Vec<String> {
        let text = fs::read_to_string(self.path(name)).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    async fn until_noted(&self, name: &str, count: usize) {
        eventually(name, async || self.noted(name).len() >= count).await;
    }

    fn starts(&self) -> usize {
        self.noted("starts").len()
    }

    /// The process that was started last.
    fn pid(&self) -> String {
        self.noted("starts").pop().unwrap()
    }

    fn sender(&self, timeout: Duration) -> Arc<PersistentSender> {
        self.senders(1, timeout)
    }

    fn senders(&self, processes: u8, timeout: Duration) -> Arc<PersistentSender> {
        let processes = NonZeroU8::new(processes).unwrap();
        Arc::new(PersistentSender::new(self.path("program"), BTreeMap::new(), processes, timeout))
    }
}

/// Kills one process and nothing else.
fn kill(pid: &str) {
    assert!(Command::new("kill").args(["-9", pid]).status().unwrap().success());
}

/// Whether the process has ended: it is gone, or dead and left to a parent that is not this process.
fn is_dead(pid: &str) -> bool {
    let Ok(stat) = fs::read_to_string(format!("/proc/{pid}/stat")) else { return true };
    let mut fields = stat.rsplit(") ").next().unwrap().split(' ');
    let (state, parent) = (fields.next().unwrap(), fields.next().unwrap());
    state == "Z" && parent != std::process::id().to_string()
}

async fn until_dead(pid: &str) {
    eventually("the process lives on", async || is_dead(pid)).await;
}

/// A message of its own that tells a puppet what to do.
fn order(number: u128, text: &str) -> Envelope {
    envelope(number, Channel::Sms, "+41791234567", text)
}

fn envelope(number: u128, channel: Channel, address: &str, body: &str) -> Envelope {
    Envelope {
        transmission: Uuid::from_u128(0x0198_0000_0000_7000_8000_0000_0000_0000 + number),
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

/// Waits until it has started: on a busy machine that takes longer than a short time. Returns how many messages that took.
async fn up(program: &Program, sender: &PersistentSender) -> usize {
    sender.begin();
    let mut number = 0xffff_0000;
    eventually("it starts", async || {
        number += 1;
        sender.send(&order(number, "sent")).await.is_ok()
    })
    .await;
    program.noted("seen").len()
}

/// Sends on a task of its own.
fn begin(sender: &Arc<PersistentSender>, envelope: Envelope) -> JoinHandle<Result<(), SendError>> {
    let sender = Arc::clone(sender);
    tokio::spawn(async move { sender.send(&envelope).await })
}
