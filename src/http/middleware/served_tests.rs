//! What only a real server shows: bytes on a connection, and lines in a log.

use std::{
    io::{self, Write},
    sync::{Arc, Mutex},
};

use actix_web::{
    App, HttpResponse, HttpServer,
    test::{self, TestRequest},
    web,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::*;
use crate::{
    domain::chance::Chance,
    http::{body::ApiBody, method},
};

struct Ones;

impl Chance for Ones {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(1);
    }
}

fn routes(routes: &mut web::ServiceConfig) {
    routes.service(
        web::resource("/accounts/{username}")
            .route(method::get().to(|| async { HttpResponse::Ok().body("twelve bytes") }))
            .route(
                web::post()
                    .to(|body: ApiBody| async move { body.object().map(|_| HttpResponse::NoContent().finish()) }),
            ),
    );
}

/// Sends `request` to a server of its own and reads until the server closes.
async fn spoken(request: &str) -> String {
    let ids = Arc::new(RequestIds::new(&Ones));
    let server = HttpServer::new(move || App::new().wrap(Frame::new(Arc::clone(&ids))).configure(routes))
        .workers(1)
        .disable_signals()
        .bind("127.0.0.1:0")
        .unwrap();
    let address = *server.addrs().first().unwrap();
    let server = server.run();
    let handle = server.handle();
    let running = tokio::spawn(server);
    let mut connection = TcpStream::connect(address).await.unwrap();
    connection.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    connection.read_to_end(&mut answer).await.unwrap();
    handle.stop(false).await;
    running.await.unwrap().unwrap();
    String::from_utf8(answer).unwrap()
}

#[actix_web::test]
async fn head_is_answered_like_get_without_the_body() {
    let get = spoken("GET /accounts/alice HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await;
    let head = spoken("HEAD /accounts/alice HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await;
    assert!(get.starts_with("HTTP/1.1 200") && get.ends_with("\r\n\r\ntwelve bytes"), "{get}");
    assert!(head.starts_with("HTTP/1.1 200") && head.ends_with("\r\n\r\n"), "{head}");
    assert!(head.contains("content-length: 12"), "{head}");
}

#[actix_web::test]
async fn a_body_that_grows_beyond_the_bound_is_refused() {
    let chunks = format!("{:x}\r\n{}\r\n", 1024, " ".repeat(1024)).repeat(65);
    let head = "POST /accounts/alice HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n";
    let answer = spoken(&format!("{head}{chunks}0\r\n\r\n")).await;
    assert!(answer.starts_with("HTTP/1.1 413") && answer.contains("\"code\":32"), "{answer}");
    assert!(answer.contains("x-request-id: 0101010101010101-0"), "{answer}");
}

/// A log that is kept in memory.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[actix_web::test]
async fn a_log_line_names_the_route_and_nothing_of_the_customer() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt().json().with_writer(move || writer.clone()).finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let frame = Frame::new(Arc::new(RequestIds::new(&Ones)));
    let app = test::init_service(App::new().wrap(frame).configure(routes)).await;
    let request = TestRequest::post()
        .uri("/accounts/alice?tan=12345678")
        .insert_header(("Authorization", "Bearer secret-token:hidden"))
        .set_payload("{\"tan\":\"87654321\"");
    assert_eq!(test::call_service(&app, request.to_request()).await.status(), 400);
    let request = TestRequest::get().uri("/elsewhere/alice").to_request();
    assert_eq!(test::call_service(&app, request).await.status(), 404);

    let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    let lines: Vec<serde_json::Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let spans: Vec<_> = lines.iter().map(|line| &line["span"]).collect();
    assert_eq!(spans.len(), 2, "{text}");
    for (span, route, status, code) in [(spans[0], "/accounts/{username}", 400, 22), (spans[1], "unmatched", 404, 21)] {
        assert_eq!(span["name"], "http.request");
        assert_eq!(
            (&span["http.route"], &span["http.status"], &span["http.code"]),
            (&route.into(), &status.into(), &code.into())
        );
        assert!(span["http.duration_us"].is_u64() && span["request.id"].is_string(), "{span}");
    }
    for hidden in ["alice", "1234", "8765", "secret"] {
        assert!(!text.contains(hidden), "{hidden} in {text}");
    }
}
