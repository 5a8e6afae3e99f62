//! A bank core in Rust that mounts the guard (`tanager::guard`), beside the real service: what a customer gets, how often
//! money moves, and what becomes of the token.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU16, AtomicUsize, Ordering},
    },
};

use actix_web::{App, HttpRequest, HttpResponse, HttpServer, dev::ServerHandle, http::StatusCode, web};
use reqwest::Method;
use serde_json::{Value, json};
use tanager::guard::{Approved, Guard, GuardSettings, Operation, ServiceToken};

use crate::app::{Answer, Client, Customer, TestApp};

const PATH: &str = "/accounts/alice/transactions";
const TRANSFER: &str = r#"{"iban":"DE75512108001245126199","amount":"EUR:120.00"}"#;

/// The books of a bank core: how often a handler ran, how often it moved money, and what it answers next.
struct Books {
    runs: AtomicUsize,
    moved: AtomicUsize,
    answer: AtomicU16,
}

/// A bank core that guards its transfers, beside a service that knows a customer with `sms`.
struct Scene {
    app: TestApp,
    alice: Customer,
    books: Arc<Books>,
    core: Client,
    server: ServerHandle,
}

fn summary(_: &HttpRequest, body: &[u8]) -> Option<String> {
    let transfer: Value = serde_json::from_slice(body).ok()?;
    Some(format!("Transfer {} to {}", transfer["amount"].as_str()?, transfer["iban"].as_str()?))
}

async fn transfer(approved: Approved, body: web::Bytes, books: web::Data<Arc<Books>>) -> HttpResponse {
    books.runs.fetch_add(1, Ordering::SeqCst);
    let status = StatusCode::from_u16(books.answer.load(Ordering::SeqCst)).unwrap();
    if status.is_success() {
        assert_eq!(body, TRANSFER, "what was approved is what is done");
        books.moved.fetch_add(1, Ordering::SeqCst);
    }
    HttpResponse::build(status).json(json!({"key": approved.approval().map(|approval| &approval.idempotency_key)}))
}

impl Scene {
    async fn open() -> Self {
        let app = TestApp::start().await;
        let alice = app.customer_with_sms("alice").await;
        let token = ServiceToken::parse(&app.core.token).unwrap();
        let guard = Guard::new(&GuardSettings::new(app.core.url.clone(), token)).unwrap();
        let books =
            Arc::new(Books { runs: AtomicUsize::new(0), moved: AtomicUsize::new(0), answer: AtomicU16::new(200) });
        let (address, server) = serve(guard, Arc::clone(&books));
        let core = Client::new(&format!("http://{address}"), "");
        Self { app, alice, books, core, server }
    }

    async fn send(&self, token: &str, body: &str) -> Answer {
        let proof = [("tan-token", token)];
        let headers: &[(&str, &str)] = if token.is_empty() { &[] } else { &proof };
        self.core.send(Method::POST, PATH, headers, Some(body.to_owned())).await
    }

    /// A token for the transfer: asked for with the ticket that the guard relayed.
    async fn approved(&self) -> String {
        let asked = self.send("", TRANSFER).await;
        assert_eq!(asked.error(), (403, 10002), "{asked:?}");
        let wish = json!({"operation": asked.text("operation")});
        let challenge = self.alice.client.post(&self.alice.path("/tan/challenge/sms"), wish).await;
        assert_eq!(challenge.status, 200, "{challenge:?}");
        let tan = self.app.tan_sent_to(&self.alice.phone);
        self.alice.confirm(challenge.text("challenge_id"), &tan).await.text("tan_token").to_owned()
    }

    fn answers(&self, status: u16) {
        self.books.answer.store(status, Ordering::SeqCst);
    }

    /// How often the handler ran, and how often it moved money.
    fn seen(&self) -> (usize, usize) {
        (self.books.runs.load(Ordering::SeqCst), self.books.moved.load(Ordering::SeqCst))
    }

    async fn close(self) {
        self.server.stop(true).await;
        self.app.stop().await;
    }
}

fn serve(guard: Guard, books: Arc<Books>) -> (SocketAddr, ServerHandle) {
    let server = HttpServer::new(move || {
        let protected = web::post().to(transfer).wrap(guard.protect(Operation::bound(summary)));
        let transfers = web::resource("/accounts/{username}/transactions").route(protected);
        App::new().app_data(web::Data::new(Arc::clone(&books))).service(transfers)
    });
    let server = server.workers(1).disable_signals().bind(("127.0.0.1", 0)).unwrap();
    let address = server.addrs()[0];
    let running = server.run();
    let handle = running.handle();
    tokio::spawn(running);
    (address, handle)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guarded_transfer_is_shown_approved_and_done_once() {
    let scene = Scene::open().await;
    let asked = scene.send("", TRANSFER).await;
    assert_eq!((asked.error(), asked.header("tan-required")), ((403, 10002), "bound"), "{asked:?}");
    assert_eq!(asked.text("summary"), "Transfer EUR:120.00 to DE75512108001245126199");
    assert_eq!(scene.seen(), (0, 0));

    let token = scene.approved().await;
    let done = scene.send(&token, TRANSFER).await;
    assert_eq!(done.status, 200, "{done:?}");
    assert!(!done.text("key").is_empty());
    assert_eq!(scene.send(&token, TRANSFER).await.error(), (403, 10003));
    assert_eq!(scene.seen(), (1, 1));
    scene.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_transfer_does_not_run_and_its_token_is_void() {
    let scene = Scene::open().await;
    let token = scene.approved().await;
    let changed = TRANSFER.replace("120.00", "900.00");
    assert_eq!(scene.send(&token, &changed).await.error(), (403, 10004));
    assert_eq!(scene.send(&token, TRANSFER).await.error(), (403, 10003));
    assert_eq!(scene.seen(), (0, 0));
    scene.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_of_the_handler_gives_the_token_back_and_a_failure_does_not() {
    let scene = Scene::open().await;
    let token = scene.approved().await;
    scene.answers(409);
    let first = scene.send(&token, TRANSFER).await;
    scene.answers(503);
    let second = scene.send(&token, TRANSFER).await;
    assert_eq!((first.status.as_u16(), second.status.as_u16()), (409, 503));
    assert_ne!(first.text("key"), second.text("key"), "a release begins a new key");
    scene.answers(200);
    let third = scene.send(&token, TRANSFER).await;
    assert_eq!(third.error(), (409, 10005), "its outcome is not known, and its lease is not over");
    scene.app.advance(std::time::Duration::from_secs(31));
    assert_eq!(scene.send(&token, TRANSFER).await.error(), (403, 10003));
    assert_eq!(scene.seen(), (2, 0));
    scene.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_fifty_at_once_one_runs() {
    let scene = Arc::new(Scene::open().await);
    let token = scene.approved().await;
    let requests = (0..50).map(|_| {
        let (scene, token) = (Arc::clone(&scene), token.clone());
        tokio::spawn(async move { scene.send(&token, TRANSFER).await })
    });
    let mut done = 0;
    for request in requests.collect::<Vec<_>>() {
        let answer = request.await.unwrap();
        match (answer.status.as_u16(), answer.code()) {
            (200, _) => done += 1,
            (409, 10005) | (403, 10003) => {}
            other => panic!("{other:?}"),
        }
    }
    assert_eq!((done, scene.seen()), (1, (1, 1)));
    Arc::into_inner(scene).unwrap().close().await;
}
