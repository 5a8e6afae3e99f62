//! WebSocket.

use tokio::net::TcpListener;

use super::*;

const HANDSHAKE: &str = "GET /live HTTP/1.1\r\nHost: bank.example\r\nConnection: keep-alive, Upgrade\r\n\
                         Upgrade: WebSocket\r\nSec-WebSocket-Key: a2V5\r\nSec-WebSocket-Version: 13\r\n\r\n";
const SWITCH: &str = "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
                      sec-websocket-accept: YWNj\r\n\r\n";

async fn joined(address: SocketAddr, listener: &TcpListener) -> (TcpStream, TcpStream) {
    let mut client = TcpStream::connect(address).await.unwrap();
    client.write_all(HANDSHAKE.as_bytes()).await.unwrap();
    let (mut core, _) = listener.accept().await.unwrap();
    let handshake = read_until(&mut core, "\r\n\r\n").await;
    for line in ["connection: upgrade\r\n", "upgrade: websocket\r\n", "sec-websocket-key: a2V5\r\n"] {
        assert!(handshake.contains(line), "{handshake}");
    }
    core.write_all(SWITCH.as_bytes()).await.unwrap();
    let answer = read_until(&mut client, "\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 101") && answer.contains("sec-websocket-accept: YWNj"), "{answer}");
    assert!(!answer.contains("transfer-encoding") && answer.contains("upgrade: websocket"), "{answer}");
    (client, core)
}

async fn listening() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let lines = format!("upstream = 'http://{}'\n{TRANSFER}", listener.local_addr().unwrap());
    (listener, lines)
}

#[actix_web::test]
async fn after_a_101_both_directions_are_joined() {
    let (listener, lines) = listening().await;
    served_with(&lines, |address| async move {
        let (mut client, mut core) = joined(address, &listener).await;
        for text in ["\u{1}hello", "GET / HTTP/1.1\r\n\r\n", "0\r\n\r\n"] {
            client.write_all(text.as_bytes()).await.unwrap();
            assert_eq!(read_until(&mut core, text).await, text);
            core.write_all(text.as_bytes()).await.unwrap();
            assert_eq!(read_until(&mut client, text).await, text);
        }
    })
    .await;
}

#[actix_web::test]
async fn a_tunnel_ends_with_either_side() {
    let (listener, lines) = listening().await;
    served_with(&lines, |address| async move {
        let (mut client, core) = joined(address, &listener).await;
        drop(core);
        assert_eq!(client.read(&mut [0]).await.unwrap(), 0);
        let (client, mut core) = joined(address, &listener).await;
        drop(client);
        assert_eq!(core.read(&mut [0]).await.unwrap(), 0);
    })
    .await;
}

#[actix_web::test]
async fn a_core_that_does_not_switch_is_passed_on_and_the_connection_ends() {
    let core = Core::answering("HTTP/1.1 426 Upgrade Required\r\ncontent-length: 2\r\n\r\nno").await;
    let smuggled = format!("{HANDSHAKE}GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n");
    let reply = served(&core, |address| async move { said(address, &smuggled).await }).await;
    assert!(reply.starts_with("HTTP/1.1 426") && reply.ends_with("\r\n\r\nno"), "{reply}");
    assert!(reply.contains("connection: close"), "{reply}");
    assert!(core.only().starts_with("GET /live"));
}

#[actix_web::test]
async fn what_is_no_whole_handshake_is_refused_and_the_connection_ends() {
    let core = Core::answering("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
    for request in [
        "GET /live HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n",
        "POST /live HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: websocket\r\nContent-Length: 3\r\n\r\nabc",
        "POST /accounts/alice/transactions HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\nabc",
    ] {
        let reply = served(&core, |address| said(address, request)).await;
        assert_eq!(code_of(&reply), (400, 23), "{reply}");
    }
    assert_eq!(core.seen().len(), 0);
}

#[actix_web::test]
async fn any_other_upgrade_is_left_out() {
    let core = Core::answering("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
    served(&core, |address| asked(address, "GET /x", "Upgrade: h2c, websocket\r\nConnection: upgrade\r\n")).await;
    assert!(!core.only().contains("upgrade"), "{}", core.only());
}
