//! Somebody on this machine who is asked over the wire and says the same to everyone, for tests.

use std::sync::{Arc, Mutex};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

/// One who says the same to everyone, byte for byte, and then hangs up or stays silent.
pub(super) struct Stub {
    /// Scheme, host and port.
    pub(super) origin: String,
    asked: Arc<Mutex<Vec<String>>>,
    serving: JoinHandle<()>,
}

impl Drop for Stub {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

#[derive(Clone, Copy)]
pub(super) enum Then {
    HangsUp,
    StaysSilent,
}

impl Stub {
    pub(super) async fn saying(reply: impl Into<Vec<u8>>, then: Then) -> Self {
        let (listener, reply) = (TcpListener::bind("127.0.0.1:0").await.unwrap(), reply.into());
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&asked);
        let serving = tokio::spawn(async move {
            let mut open = Vec::new();
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let asked = request(&mut stream).await;
                heard.lock().unwrap().push(asked);
                // Who asked may have hung up before the end of a reply that is too much.
                let _ = stream.write_all(&reply).await;
                if matches!(then, Then::StaysSilent) {
                    open.push(stream);
                }
            }
        });
        Self { origin, asked, serving }
    }

    /// What it was asked, each with its body.
    pub(super) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

/// A request's head, and the body that it announces.
async fn request(stream: &mut TcpStream) -> String {
    let (mut whole, mut byte, mut missing) = (Vec::new(), [0], None);
    while missing != Some(0) && stream.read(&mut byte).await.unwrap() == 1 {
        whole.push(byte[0]);
        missing = match missing {
            None if whole.ends_with(b"\r\n\r\n") => Some(announced(&whole)),
            None => None,
            Some(left) => Some(left - 1),
        };
    }
    String::from_utf8(whole).unwrap()
}

fn announced(head: &[u8]) -> usize {
    let head = String::from_utf8_lossy(head);
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    length.map_or(0, |length| length.parse().unwrap())
}

pub(super) fn answer(status: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len())
}
