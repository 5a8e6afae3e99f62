//! A bank core of the tests: it knows some credentials, or says to everyone what it is told to say.

use std::sync::{Arc, Mutex};

use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    task::JoinHandle,
};

/// Alice's session.
pub const ALICE: &str = "Bearer secret-token:5oFk2tYgq0b7vJ1cW9xZ3mLr8aHd6EuKpNsQiTfVyBC";
/// Another session of hers.
pub const ALICE_AGAIN: &str = "Bearer another-session-of-alice";
/// A session of hers that only looks.
pub const ALICE_LOOKS: &str = "Bearer a-session-of-alice-that-only-looks";
/// Alice's password, `alice:correct horse`.
pub const ALICE_BASIC: &str = "Basic YWxpY2U6Y29ycmVjdCBob3JzZQ==";
/// Bob's session.
pub const BOB: &str = "Bearer a-session-of-bob";
/// A session of whomever the path names.
pub const ANYBODY: &str = "Bearer a-session-of-anybody";
/// Nobody's.
pub const NOBODY: &str = "Bearer nobody-knows-this-one";

/// What the bank core knows: credential, name, scope. A name of `*` is whoever is asked about.
const KNOWN: [(&str, &str, &str); 6] = [
    (ALICE, "alice", "readwrite"),
    (ALICE_AGAIN, "alice", "readwrite"),
    (ALICE_LOOKS, "alice", "readonly"),
    (ALICE_BASIC, "alice", "readwrite"),
    (BOB, "bob", "readwrite"),
    (ANYBODY, "*", "readwrite"),
];

/// What it was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    pub line: String,
    pub authorization: String,
}

/// What it says to everyone.
#[derive(Clone)]
pub enum Says {
    /// By what it knows.
    WhatItKnows,
    /// This, byte for byte.
    This(String),
    /// By what it knows, once it has leave to.
    WithLeave(Arc<Semaphore>),
    /// Nothing, and does not hang up.
    Nothing,
}

/// A running bank core.
pub struct Core {
    address: String,
    says: Arc<Mutex<Says>>,
    asked: Arc<Mutex<Vec<Asked>>>,
    serving: JoinHandle<()>,
}

impl Drop for Core {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Core {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (says, asked) = (Arc::new(Mutex::new(Says::WhatItKnows)), Arc::new(Mutex::new(Vec::new())));
        let serving = tokio::spawn(serve(listener, Arc::clone(&says), Arc::clone(&asked)));
        Self { address, says, asked, serving }
    }

    /// The lines of `[identity]` that lead here.
    pub fn settings(&self) -> String {
        format!("mode = \"upstream\"\nurl = \"{}\"\n", self.url())
    }

    pub fn url(&self) -> String {
        format!("http://{}/core/accounts/{{username}}", self.address)
    }

    pub fn says(&self, says: Says) {
        *self.says.lock().unwrap() = says;
    }

    /// It answers everyone with this status and body.
    pub fn answers(&self, status: &str, body: &str) {
        self.says(Says::This(reply(status, "", body)));
    }

    /// How often it was asked since the last time.
    pub fn asked(&self) -> usize {
        self.asked.lock().unwrap().len()
    }

    /// What it was asked since the last time.
    pub fn take_asked(&self) -> Vec<Asked> {
        std::mem::take(&mut *self.asked.lock().unwrap())
    }
}

pub fn reply(status: &str, headers: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n{headers}\r\n{body}", body.len())
}

async fn serve(listener: TcpListener, says: Arc<Mutex<Says>>, asked: Arc<Mutex<Vec<Asked>>>) {
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        tokio::spawn(answer(stream, Arc::clone(&says), Arc::clone(&asked)));
    }
}

async fn answer(mut stream: TcpStream, says: Arc<Mutex<Says>>, asked: Arc<Mutex<Vec<Asked>>>) {
    let request = read(&mut stream).await;
    let says = says.lock().unwrap().clone();
    asked.lock().unwrap().push(request.clone());
    let reply = match says {
        Says::WhatItKnows => judge(&request),
        Says::This(reply) => reply,
        Says::WithLeave(leave) => {
            leave.acquire().await.unwrap().forget();
            judge(&request)
        }
        Says::Nothing => return std::future::pending().await,
    };
    // Who asked may have hung up before the end of a reply that is too much.
    let _ = stream.write_all(reply.as_bytes()).await;
}

async fn read(stream: &mut TcpStream) -> Asked {
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).await.unwrap() == 1 {
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).unwrap();
    let mut lines = head.split("\r\n");
    let line = lines.next().unwrap().to_owned();
    let credentials: Vec<_> = lines.filter_map(|line| line.strip_prefix("authorization: ")).collect();
    Asked { line, authorization: credentials.join(" and ") }
}

fn judge(asked: &Asked) -> String {
    let path = asked.line.strip_prefix("GET /core/accounts/").and_then(|rest| rest.strip_suffix(" HTTP/1.1"));
    let whose = path.unwrap_or_else(|| panic!("asked for {}", asked.line));
    let known = KNOWN
        .into_iter()
        .find(|(credential, name, _)| *credential == asked.authorization && (*name == whose || *name == "*"));
    match known {
        Some((_, _, scope)) => reply("200 OK", "", &json!({"username": whose, "scope": scope}).to_string()),
        None => reply("401 Unauthorized", "", r#"{"code":40}"#),
    }
}
