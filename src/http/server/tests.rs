//! The listeners.

use std::{future::Future, os::unix::fs::PermissionsExt as _};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpStream, UnixStream as Stream},
};

use super::*;
use crate::{domain::keys::tests::Fixed, http::metrics::Metrics, service::fixture::without_database};

const ANY_PORT: ([u8; 4], u16) = ([127, 0, 0, 1], 0);

fn api() -> Api {
    Api::new(without_database(), ["https://bank.example".to_owned()], &Fixed(1)).unwrap()
}

/// What `meanwhile` comes to while the listener is served; it is stopped behind it.
async fn served<T>(bound: Bound, meanwhile: impl Future<Output = T>) -> T {
    let handle = bound.server.handle();
    let running = tokio::spawn(bound.server);
    let outcome = meanwhile.await;
    handle.stop(false).await;
    running.await.unwrap().unwrap();
    outcome
}

async fn spoken(mut connection: impl AsyncRead + AsyncWrite + Unpin, request: &str) -> String {
    connection.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    connection.read_to_end(&mut answer).await.unwrap();
    String::from_utf8(answer).unwrap()
}

fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
}

#[actix_web::test]
async fn port_0_takes_a_free_port_and_tells_it() {
    let bound = bind_api(&Listen::Tcp(ANY_PORT.into()), api(), Some(1)).unwrap();
    let address = bound.address.unwrap();
    assert_ne!(address.port(), 0);
    let answer =
        served(bound, async { spoken(TcpStream::connect(address).await.unwrap(), &get("/health/live")).await }).await;
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("cache-control: no-store"), "{answer}");
}

#[actix_web::test]
async fn a_place_that_is_taken_is_refused() {
    let first = bind_api(&Listen::Tcp(ANY_PORT.into()), api(), Some(1)).unwrap();
    let again = bind_api(&Listen::Tcp(first.address.unwrap()), api(), Some(1));
    assert_eq!(again.err().unwrap().kind(), io::ErrorKind::AddrInUse);
}

#[actix_web::test]
async fn a_socket_of_the_local_domain_is_served_and_replaced_once_it_is_dead() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tanager.sock");
    let listen = Listen::Unix(path.clone());
    for _ in 0..2 {
        let bound = bind_api(&listen, api(), Some(1)).unwrap();
        assert_eq!(bound.address, None);
        assert_eq!(bind_api(&listen, api(), Some(1)).err().unwrap().kind(), io::ErrorKind::AddrInUse);
        let answer =
            served(bound, async { spoken(Stream::connect(&path).await.unwrap(), &get("/health/live")).await }).await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }
}

#[actix_web::test]
async fn a_file_in_the_place_of_a_socket_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("precious");
    std::fs::write(&path, "data").unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    assert!(bind_api(&Listen::Unix(path.clone()), api(), Some(1)).is_err());
    assert_eq!(std::fs::read_to_string(path).unwrap(), "data");
}

#[actix_web::test]
async fn metrics_are_at_the_operators_listener_and_not_at_the_apis() {
    let operators = Operators::new(Metrics::install().unwrap(), api());
    let at = |bound: Bound| async {
        let address = bound.address.unwrap();
        served(bound, async {
            let connected = async || TcpStream::connect(address).await.unwrap();
            (spoken(connected().await, &get("/metrics")).await, spoken(connected().await, &get("/config")).await)
        })
        .await
    };
    let (page, config) = at(bind_operators(&Listen::Tcp(ANY_PORT.into()), operators).unwrap()).await;
    assert!(page.starts_with("HTTP/1.1 200") && page.contains("text/plain; version=0.0.4"), "{page}");
    assert!(config.starts_with("HTTP/1.1 200"), "{config}");
    let (none, config) = at(bind_api(&Listen::Tcp(ANY_PORT.into()), api(), Some(1)).unwrap()).await;
    assert!(none.starts_with("HTTP/1.1 404") && none.contains("\"code\":21"), "{none}");
    assert!(config.starts_with("HTTP/1.1 200"), "{config}");
}

#[actix_web::test]
async fn a_stranger_is_answered_without_waiting_for_his_body() {
    let bound = bind_api(&Listen::Tcp(ANY_PORT.into()), api(), Some(1)).unwrap();
    let address = bound.address.unwrap();
    let request = "POST /accounts HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n{";
    let answer = served(bound, async {
        let mut connection = TcpStream::connect(address).await.unwrap();
        connection.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        while !answer.ends_with('}') {
            answer.push(char::from(connection.read_u8().await.unwrap()));
        }
        answer
    })
    .await;
    assert!(answer.starts_with("HTTP/1.1 401") && answer.contains("\"code\":40"), "{answer}");
}
