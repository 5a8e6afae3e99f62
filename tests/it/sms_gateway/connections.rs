//! Connections that are kept, die and are refused: a message that may have been read is never sent again.

use tanager::channel::SendError;
use tokio::net::TcpListener;

use super::{JSON, TARGET, accepts, send, sender, sender_with};
use crate::{
    bank_core::{BankCore, Script, Step},
    wire::{Framing, Wire},
};

#[tokio::test]
async fn a_connection_is_kept_for_the_next_message() {
    let gateway = BankCore::open().await;
    gateway.on("POST", TARGET, accepts());
    let sender = sender(JSON, &gateway);
    for _ in 0..3 {
        assert_eq!(send(&sender).await, Ok(()));
    }
    assert_eq!((gateway.hits("POST", TARGET), gateway.connections()), (3, 1));
}

#[tokio::test]
async fn a_kept_connection_that_the_gateway_has_closed_is_made_anew() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let sender =
        sender_with(JSON, &format!("http://{}", listener.local_addr().unwrap()), rustls::RootCertStore::empty());
    for _ in 0..3 {
        let served = async {
            let mut wire = Wire::over(listener.accept().await.unwrap().0);
            let head = wire.head().await.unwrap();
            assert!(wire.body(Framing::of_request(&head), |_| ()).await);
            wire.send("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
            wire
        };
        let (sent, mut wire) = tokio::join!(send(&sender), served);
        assert_eq!(sent, Ok(()));
        // Closed without a word of it, as servers do; the client has seen it when it closes its own half.
        wire.finish().await;
        assert_eq!(wire.rest().await, b"", "nothing more was sent there");
    }
}

#[tokio::test]
async fn a_kept_connection_that_breaks_under_a_message_is_no_reason_to_send_it_twice() {
    for script in [vec![Step::HangUp], vec![Step::Read, Step::HangUp]] {
        let gateway = BankCore::open().await;
        gateway.once("POST", TARGET, accepts());
        gateway.once("POST", TARGET, Script(script));
        gateway.on("POST", TARGET, accepts());
        let sender = sender(JSON, &gateway);
        assert_eq!(send(&sender).await, Ok(()));
        let broken = send(&sender).await;
        assert!(matches!(broken, Err(SendError::Failed(_))), "{broken:?}");
        assert_eq!((gateway.hits("POST", TARGET), gateway.connections()), (2, 1), "not once more, nowhere else");
        assert_eq!(send(&sender).await, Ok(()), "the next message has a connection of its own");
    }
}

#[tokio::test]
async fn a_gateway_that_is_away_is_to_be_tried_later_and_works_when_it_is_back() {
    let gateway = BankCore::open().await;
    gateway.on("POST", TARGET, accepts());
    let sender = sender(JSON, &gateway);
    gateway.refuse().await;
    let refused = send(&sender).await;
    assert!(matches!(refused, Err(SendError::TryLater(_))), "{refused:?}");
    let words = refused.unwrap_err().to_string();
    assert!(words.contains("refused") && !words.contains(TARGET), "{words}");
    gateway.accept();
    assert_eq!(send(&sender).await, Ok(()));
}

#[tokio::test]
async fn a_gateway_that_nobody_finds_is_to_be_tried_later() {
    let sender = sender_with(&format!("{JSON}timeout = '20 s'"), "http://localhost:1", rustls::RootCertStore::empty());
    assert!(matches!(send(&sender).await, Err(SendError::TryLater(_))));
}
