//! A bank core that keeps what it was sent, byte for byte, and answers what it was told to.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// What a core answers to a request; `None`: it hangs up.
type Script = dyn Fn(&str) -> Option<String> + Send + Sync;

pub struct Core {
    address: SocketAddr,
    seen: Arc<Mutex<Vec<String>>>,
    connections: Arc<Mutex<usize>>,
}

impl Core {
    /// Answers every whole request with this text, and keeps its connections.
    pub async fn answering(answer: &str) -> Self {
        let answer = answer.to_owned();
        Self::following(move |_| Some(answer.clone())).await
    }

    pub async fn following(script: impl Fn(&str) -> Option<String> + Send + Sync + 'static) -> Self {
        let script: Arc<Script> = Arc::new(script);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let core = Self { address: listener.local_addr().unwrap(), seen: Arc::default(), connections: Arc::default() };
        let (seen, connections) = (Arc::clone(&core.seen), Arc::clone(&core.connections));
        tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                *connections.lock().unwrap() += 1;
                tokio::spawn(serve(connection, Arc::clone(&script), Arc::clone(&seen)));
            }
        });
        core
    }

    /// An address at which nobody listens.
    pub async fn absent() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Self { address: listener.local_addr().unwrap(), seen: Arc::default(), connections: Arc::default() }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn authority(&self) -> String {
        self.address.to_string()
    }

    /// The whole requests that came.
    pub fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }

    /// The one request that came.
    pub fn only(&self) -> String {
        let seen = self.seen();
        assert_eq!(seen.len(), 1, "{seen:?}");
        seen[0].clone()
    }

    pub fn connections(&self) -> usize {
        *self.connections.lock().unwrap()
    }
}

async fn serve(mut connection: TcpStream, script: Arc<Script>, seen: Arc<Mutex<Vec<String>>>) {
    while let Some(request) = whole_request(&mut connection).await {
        let answer = script(&request);
        seen.lock().unwrap().push(request);
        let Some(answer) = answer else { return };
        if connection.write_all(answer.as_bytes()).await.is_err() || answer.contains("connection: close") {
            return;
        }
    }
}

/// One request to the end of its body; `None` when it ends before.
async fn whole_request(connection: &mut TcpStream) -> Option<String> {
    let mut read = String::new();
    while !is_whole(&read) {
        let mut byte = [0];
        if connection.read(&mut byte).await.ok()? == 0 {
            return None;
        }
        read.push(char::from(byte[0]));
    }
    Some(read)
}

fn is_whole(request: &str) -> bool {
    let Some((head, body)) = request.split_once("\r\n\r\n") else { return false };
    if head.contains("transfer-encoding: chunked") {
        return body.ends_with("0\r\n\r\n");
    }
    let length = head.split("content-length: ").nth(1).and_then(|rest| rest.lines().next());
    body.len() >= length.map_or(0, |length| length.parse().unwrap())
}
