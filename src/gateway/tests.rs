//! The gateway as it is served, in front of a bank core that is a script on a socket.

mod core;
mod own;
mod passing;
mod streaming;
mod tunnels;

use std::{future::Future, net::SocketAddr, sync::Arc, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use self::core::Core;
use super::{Shared, listener, route::tests::settings};
use crate::{domain::keys::tests::Fixed, http::routes::Api, service::fixture::without_database};

/// More than anything here takes; whoever waits longer waits for what does not come.
const PATIENCE: Duration = Duration::from_secs(20);

const TRANSFER: &str = "
    [[gateway.operation]]
    name = 'transfer'
    method = 'POST'
    path = '/accounts/{username}/transactions'
";

/// What `meanwhile` comes to while a gateway with these lines serves.
async fn served_with<T, F: Future<Output = T>>(lines: &str, meanwhile: impl FnOnce(SocketAddr) -> F) -> T {
    let settings = settings(lines);
    let gateway = settings.gateway.clone().unwrap();
    let api = Api::new(without_database(), Vec::new(), &Fixed(1)).unwrap();
    let ended = CancellationToken::new();
    let shared = Shared::new(&settings, &gateway, api, &Fixed(1), ended.clone(), TaskTracker::new()).unwrap();
    let bound = listener::bind(&gateway.listen, Arc::new(shared), Some(1)).unwrap();
    let (address, handle) = (bound.address.unwrap(), bound.server.handle());
    let running = tokio::spawn(bound.server);
    let outcome = timeout(PATIENCE, meanwhile(address)).await.expect("in time");
    ended.cancel();
    handle.stop(false).await;
    running.await.unwrap().unwrap();
    outcome
}

/// The same in front of `core`, with a transfer as the one protected operation.
async fn served<T, F: Future<Output = T>>(core: &Core, meanwhile: impl FnOnce(SocketAddr) -> F) -> T {
    served_with(&format!("upstream = '{}'\n{TRANSFER}", core.url()), meanwhile).await
}

/// Everything that is answered to `request` until the connection ends.
async fn spoken(address: SocketAddr, request: &str) -> String {
    let mut connection = TcpStream::connect(address).await.unwrap();
    connection.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    connection.read_to_end(&mut answer).await.unwrap();
    String::from_utf8(answer).unwrap()
}

/// The same where the client leaves once it has its answer: a server that refuses a request waits a while for the rest.
async fn said(address: SocketAddr, request: &str) -> String {
    let mut connection = TcpStream::connect(address).await.unwrap();
    connection.write_all(request.as_bytes()).await.unwrap();
    let mut answer = read_until(&mut connection, "\r\n\r\n").await;
    connection.shutdown().await.unwrap();
    let mut body = Vec::new();
    connection.read_to_end(&mut body).await.unwrap();
    answer.push_str(&String::from_utf8(body).unwrap());
    answer
}

/// A request without a body, on a connection that ends with it.
async fn asked(address: SocketAddr, line: &str, headers: &str) -> String {
    spoken(address, &format!("{line} HTTP/1.1\r\nHost: bank.example\r\nConnection: close\r\n{headers}\r\n")).await
}

/// Reads until `end` was read.
async fn read_until(connection: &mut TcpStream, end: &str) -> String {
    let mut read = Vec::new();
    while !String::from_utf8_lossy(&read).ends_with(end) {
        let mut byte = [0];
        assert_eq!(connection.read(&mut byte).await.unwrap(), 1, "{end:?} did not come behind {read:?}");
        read.push(byte[0]);
    }
    String::from_utf8(read).unwrap()
}

/// The status, and the member `code` of a body of ours.
fn code_of(answer: &str) -> (u16, u64) {
    let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
    let body = answer.split_once("\r\n\r\n").unwrap().1;
    let body: serde_json::Value = serde_json::from_str(body).unwrap_or_default();
    (status, body["code"].as_u64().unwrap_or_default())
}
