//! A Tanager that notes how it is called and answers as it is told.

use std::{
    collections::VecDeque,
    net::{Ipv4Addr, TcpListener},
    sync::Mutex,
    time::Duration,
};

use actix_web::{App, HttpRequest, HttpResponse, HttpServer, dev::ServerHandle, http::StatusCode, web};
use serde_json::{Value, json};
use tokio::{
    sync::{Semaphore, watch},
    time::timeout,
};

use crate::guard::{Guard, GuardSettings, ServiceToken};

pub const TOKEN: &str = "secret-token:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
const PATIENCE: Duration = Duration::from_secs(20);

/// A call as it came.
#[derive(Clone, Debug)]
pub struct Call {
    pub verb: String,
    pub path: String,
    pub authorization: String,
    pub request_id: String,
    pub body: Value,
}

/// What is answered instead of a yes.
pub struct Said {
    pub status: u16,
    pub headers: Vec<(&'static str, &'static str)>,
    pub body: String,
}

impl Said {
    pub fn code(status: u16, code: u32) -> Self {
        Self { status, headers: Vec::new(), body: json!({"code": code, "hint": "As it is."}).to_string() }
    }
}

pub struct Stub {
    pub url: String,
    pub state: web::Data<State>,
    server: ServerHandle,
}

pub struct State {
    calls: Mutex<Vec<Call>>,
    said: Mutex<VecDeque<(&'static str, Said)>>,
    count: watch::Sender<usize>,
    /// One permit an answer.
    pub gate: Semaphore,
}

impl Stub {
    /// A Tanager that grants everything.
    pub fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let state = web::Data::new(State {
            calls: Mutex::default(),
            said: Mutex::default(),
            count: watch::Sender::new(0),
            gate: Semaphore::new(Semaphore::MAX_PERMITS),
        });
        let shared = state.clone();
        let app = move || App::new().app_data(shared.clone()).default_service(web::to(answer));
        let server = HttpServer::new(app).workers(1).disable_signals().listen(listener).unwrap().run();
        let handle = server.handle();
        tokio::spawn(server);
        Self { url, state, server: handle }
    }

    pub fn guard(&self) -> Guard {
        guard(&self.url, PATIENCE)
    }

    /// The next call whose path ends so is answered with this.
    pub fn say(&self, end: &'static str, said: Said) {
        self.state.said.lock().unwrap().push_back((end, said));
    }

    pub fn calls(&self) -> Vec<Call> {
        self.state.calls.lock().unwrap().clone()
    }

    /// The last segments of the calls so far.
    pub fn ends(&self) -> Vec<String> {
        self.calls().iter().map(|call| call.path.rsplit('/').next().unwrap().to_owned()).collect()
    }

    /// Ends when so many calls have come.
    pub async fn called(&self, times: usize) {
        let mut count = self.state.count.subscribe();
        let come = count.wait_for(|count| *count >= times);
        timeout(PATIENCE, come).await.expect("the calls come").unwrap();
    }

    pub async fn stop(&self) {
        self.server.stop(false).await;
    }
}

pub fn guard(url: &str, timeout: Duration) -> Guard {
    let token = ServiceToken::parse(TOKEN).unwrap();
    Guard::new(&GuardSettings { timeout, ..GuardSettings::new(url, token) }).unwrap()
}

/// What a reservation is answered with.
pub fn granted() -> Value {
    json!({
        "required": true,
        "reservation_id": "r-1",
        "expiration": {"t_s": 1_700_000_000},
        "challenge_id": "c-1",
        "bound": true,
        "idempotency_key": "k-1",
    })
}

async fn answer(request: HttpRequest, body: web::Bytes, state: web::Data<State>) -> HttpResponse {
    respond(&request, &body, &state).await
}

async fn respond(request: &HttpRequest, body: &[u8], state: &State) -> HttpResponse {
    let header =
        |name: &str| request.headers().get(name).map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default();
    let path = request.path().to_owned();
    state.calls.lock().unwrap().push(Call {
        verb: request.method().to_string(),
        path: path.clone(),
        authorization: header("authorization"),
        request_id: header("x-request-id"),
        body: serde_json::from_slice(body).unwrap_or(Value::Null),
    });
    state.count.send_modify(|count| *count += 1);
    state.gate.acquire().await.unwrap().forget();
    let told = {
        let mut said = state.said.lock().unwrap();
        let at = said.iter().position(|(end, _)| path.ends_with(end));
        at.and_then(|at| said.remove(at))
    };
    match told {
        Some((_, said)) => {
            let mut reply = HttpResponse::build(StatusCode::from_u16(said.status).unwrap());
            for header in said.headers {
                reply.insert_header(header);
            }
            reply.content_type("application/json").body(said.body)
        }
        None if path.ends_with("/reserve") => HttpResponse::Ok().json(granted()),
        None => HttpResponse::NoContent().finish(),
    }
}
