//! Bodies on their way through.

use super::*;

const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

async fn opened(address: SocketAddr, head: &str) -> TcpStream {
    let mut connection = TcpStream::connect(address).await.unwrap();
    connection.write_all(format!("{head}\r\nHost: x\r\n\r\n").as_bytes()).await.unwrap();
    connection
}

#[actix_web::test]
async fn bodies_keep_their_framing() {
    let core = Core::answering(OK).await;
    let chunks = "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n";
    served(&core, |address| async move {
        for method in ["POST", "GET"] {
            let head = format!("{method} /x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n");
            spoken(address, &format!("{head}Content-Length: 5\r\n\r\nabcde")).await;
            spoken(address, &format!("{head}Transfer-Encoding: chunked\r\n\r\n{chunks}")).await;
            spoken(address, &format!("{head}Content-Length: 0\r\n\r\n")).await;
        }
    })
    .await;
    for requests in core.seen().chunks(3) {
        let [known, chunked, empty] = requests else { panic!("{requests:?}") };
        assert!(known.contains("content-length: 5\r\n") && known.ends_with("\r\n\r\nabcde"), "{known}");
        assert!(chunked.contains("transfer-encoding: chunked\r\n") && chunked.ends_with("0\r\n\r\n"), "{chunked}");
        assert!(chunked.contains("abc") && chunked.contains("de") && !chunked.contains("content-length"), "{chunked}");
        assert!(empty.contains("content-length: 0\r\n") && empty.ends_with("\r\n\r\n"), "{empty}");
    }
    assert_eq!(core.seen().len(), 6);
}

#[actix_web::test]
async fn the_answer_begins_before_the_body_ends() {
    // The stub answers whole requests; this core answers the head.
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let lines = format!("upstream = 'http://{}'", listener.local_addr().unwrap());
    served_with(&lines, |address| async move {
        let mut client = opened(address, "POST /x HTTP/1.1\r\nContent-Length: 6").await;
        let (mut core, _) = listener.accept().await.unwrap();
        read_until(&mut core, "\r\n\r\n").await;
        core.write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n").await.unwrap();
        read_until(&mut client, "\r\n\r\n").await;
        for piece in ["abc", "def"] {
            client.write_all(piece.as_bytes()).await.unwrap();
            assert_eq!(read_until(&mut core, piece).await, piece);
            core.write_all(format!("3\r\n{piece}\r\n").as_bytes()).await.unwrap();
            assert_eq!(read_until(&mut client, &format!("{piece}\r\n")).await, format!("3\r\n{piece}\r\n"));
        }
        core.write_all(b"0\r\n\r\n").await.unwrap();
        assert_eq!(read_until(&mut client, "0\r\n\r\n").await, "0\r\n\r\n");
    })
    .await;
}

#[actix_web::test]
async fn a_body_that_breaks_off_never_looks_complete_to_the_core() {
    for (framing, sent) in [("Content-Length: 6", "abc"), ("Transfer-Encoding: chunked", "3\r\nabc\r\n")] {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let lines = format!("upstream = 'http://{}'", listener.local_addr().unwrap());
        let seen = served_with(&lines, |address| async move {
            let mut client = opened(address, &format!("POST /x HTTP/1.1\r\n{framing}")).await;
            client.write_all(sent.as_bytes()).await.unwrap();
            let (mut core, _) = listener.accept().await.unwrap();
            let mut seen = read_until(&mut core, "abc").await;
            drop(client);
            core.read_to_string(&mut seen).await.unwrap();
            seen
        })
        .await;
        assert!(!seen.ends_with("0\r\n\r\n"), "{seen}");
        assert!(seen.trim_end().ends_with("abc"), "{seen}");
    }
}

#[actix_web::test]
async fn an_answer_that_breaks_off_never_looks_complete_to_the_client() {
    for (framing, sent) in [
        ("content-length: 6\r\nconnection: close", "abc"),
        ("transfer-encoding: chunked\r\nconnection: close", "3\r\nabc\r\n"),
    ] {
        let core = Core::answering(&format!("HTTP/1.1 200 OK\r\n{framing}\r\n\r\n{sent}")).await;
        let reply = served(&core, |address| asked(address, "GET /x", "")).await;
        assert!(reply.starts_with("HTTP/1.1 200") && reply.trim_end().ends_with("abc"), "{reply}");
        assert!(reply.contains("content-length: 6") || !reply.ends_with("0\r\n\r\n"), "{reply}");
    }
}

#[actix_web::test]
async fn a_client_that_goes_away_ends_the_cores_connection() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let lines = format!("upstream = 'http://{}'", listener.local_addr().unwrap());
    served_with(&lines, |address| async move {
        let mut client = opened(address, "GET /x HTTP/1.1").await;
        let (mut core, _) = listener.accept().await.unwrap();
        read_until(&mut core, "\r\n\r\n").await;
        core.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1000000000\r\n\r\nabc").await.unwrap();
        read_until(&mut client, "abc").await;
        drop(client);
        // The core says nothing more, and is told all the same.
        assert_eq!(core.read(&mut [0]).await.unwrap(), 0);
    })
    .await;
}

#[actix_web::test]
async fn a_slow_client_slows_the_core_down() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let lines = format!("upstream = 'http://{}'", listener.local_addr().unwrap());
    let written = served_with(&lines, |address| async move {
        let mut client = opened(address, "GET /x HTTP/1.1").await;
        let (mut core, _) = listener.accept().await.unwrap();
        read_until(&mut core, "\r\n\r\n").await;
        core.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1000000000\r\n\r\n").await.unwrap();
        read_until(&mut client, "\r\n\r\n").await;
        let (piece, mut written) = (vec![b'x'; 65536], 0_usize);
        // The client reads nothing: at some point nothing more is taken.
        while timeout(Duration::from_millis(500), core.write_all(&piece)).await.is_ok() {
            written += piece.len();
            assert!(written < 64 * 1024 * 1024, "all of it was taken in");
        }
        written
    })
    .await;
    assert!(written > 0);
}
