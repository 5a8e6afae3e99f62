//! What a bank core does for one request, step by step.

use std::sync::Arc;

use serde_json::Value;
use tokio::sync::watch;

/// Holds a script until a test opens it. Clones are one.
#[derive(Clone, Debug)]
pub struct Gate(Arc<watch::Sender<bool>>);

impl Gate {
    pub fn shut() -> Self {
        Self(Arc::new(watch::Sender::new(false)))
    }

    pub fn open(&self) {
        self.0.send_replace(true);
    }

    pub(super) async fn passed(&self) {
        // This end is held by `self`.
        let _ = self.0.subscribe().wait_for(|open| *open).await;
    }
}

#[derive(Clone, Debug)]
pub enum Step {
    /// Reads the body to its end.
    Read,
    /// Does what was asked for, unless the `Idempotency-Key` came before.
    Do,
    /// Waits for the test.
    Await(Gate),
    /// Writes these bytes.
    Write(Vec<u8>),
    /// Writes so many bytes of a pattern.
    Flood(usize),
    /// Sends back what comes, until the other end leaves.
    Echo,
    /// Waits until the other end leaves.
    Hold,
    /// Closes the connection.
    HangUp,
}

/// The steps. What is left of the body is read behind the last one, and the connection lives on unless it was closed.
#[derive(Clone, Debug)]
pub struct Script(pub Vec<Step>);

/// A reply in bytes.
#[derive(Clone, Debug)]
pub struct Reply {
    status: u16,
    fields: String,
    body: Vec<u8>,
}

impl Script {
    /// Reads, and replies; nothing is done.
    pub fn say(reply: &Reply) -> Self {
        Self(vec![Step::Read, Step::Write(reply.bytes())])
    }

    /// Reads, does it, and replies.
    pub fn perform(reply: &Reply) -> Self {
        Self(vec![Step::Read, Step::Do, Step::Write(reply.bytes())])
    }

    /// Reads, does it, and replies with this status.
    pub fn done(status: u16) -> Self {
        Self::perform(&Reply::new(status).json(&serde_json::json!({"done": status})))
    }

    /// Reads, and refuses with this status; nothing is done.
    pub fn refuse(status: u16) -> Self {
        Self::say(&Reply::new(status).json(&serde_json::json!({"refused": status})))
    }

    /// Waits at the gate before it writes for the first time.
    pub fn behind(mut self, gate: &Gate) -> Self {
        let at = self.0.iter().position(|step| matches!(step, Step::Write(_))).unwrap_or(self.0.len());
        self.0.insert(at, Step::Await(gate.clone()));
        self
    }
}

impl Reply {
    pub fn new(status: u16) -> Self {
        Self { status, fields: String::new(), body: Vec::new() }
    }

    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.fields = format!("{}{name}: {value}\r\n", self.fields);
        self
    }

    /// A body of announced length.
    pub fn body(mut self, body: &[u8]) -> Self {
        body.clone_into(&mut self.body);
        self.header("content-length", &body.len().to_string())
    }

    pub fn json(self, body: &Value) -> Self {
        self.header("content-type", "application/json").body(body.to_string().as_bytes())
    }

    /// A body in chunks; `trailers` are whole lines.
    pub fn chunked(mut self, chunks: &[&[u8]], trailers: &str) -> Self {
        for chunk in chunks {
            self.body.extend(format!("{:x}\r\n", chunk.len()).into_bytes());
            self.body.extend_from_slice(chunk);
            self.body.extend(b"\r\n");
        }
        self.body.extend(format!("0\r\n{trailers}\r\n").into_bytes());
        self.header("transfer-encoding", "chunked")
    }

    /// As it goes out; a body of no length is said to be one, where a reply can have a body.
    pub fn bytes(&self) -> Vec<u8> {
        let fields = self.fields.to_lowercase();
        let framed = ["content-length:", "transfer-encoding:"].iter().any(|name| fields.contains(name));
        let bodiless = self.status < 200 || self.status == 204 || self.status == 304;
        let length = if framed || bodiless { "" } else { "content-length: 0\r\n" };
        let mut bytes = format!("HTTP/1.1 {} Status\r\n{}{length}\r\n", self.status, self.fields).into_bytes();
        bytes.extend_from_slice(&self.body);
        bytes
    }
}
