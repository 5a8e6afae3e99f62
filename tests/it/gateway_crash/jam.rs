//! A bank core's port to which connecting takes for ever: what waits to be accepted is full.

use std::net::SocketAddr;

use tokio::net::{TcpListener, TcpSocket, TcpStream};

use crate::app::eventually;

/// As the system says it of a connection whose first packet has no answer.
const CONNECTING: &str = "02";

pub(super) struct Jam {
    pub(super) address: SocketAddr,
    _full: (TcpListener, TcpStream),
}

impl Jam {
    pub(super) async fn set() -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let listener = socket.listen(0).unwrap();
        let address = listener.local_addr().unwrap();
        // It is never accepted: there is room for no other.
        let first = TcpStream::connect(address).await.unwrap();
        Self { address, _full: (listener, first) }
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Waits until somebody tries to connect.
    pub(super) async fn until_tried(&self) {
        let remote = format!(":{:04X}", self.address.port());
        let tries = |line: &str| {
            let mut words = line.split_whitespace().skip(2);
            words.next().is_some_and(|address| address.ends_with(&remote)) && words.next() == Some(CONNECTING)
        };
        let connects = async || std::fs::read_to_string("/proc/net/tcp").unwrap().lines().any(tries);
        eventually("somebody connects", connects).await;
    }
}
