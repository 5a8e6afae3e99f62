//! An answer of Tanager that goes to the customer's client as it is: status, body, and the headers that belong to it.

use actix_web::{
    HttpResponse,
    http::{StatusCode, header},
    web::Bytes,
};
use serde::Deserialize;

/// What may be said to a client in Tanager's own words, by status and code. Anything else is a fault between the bank core
/// and Tanager, a token of ours that is not known there for one, and none of the client's business.
const RELAYED: [(u16, u32); 10] = [
    (400, 26),
    (403, FORBIDDEN),
    (403, 10002),
    (403, 10003),
    (403, 10004),
    (404, 5106),
    (409, 10005),
    (429, 5131),
    (429, 10006),
    (503, 10090),
];

/// The code of what is not allowed to the account, or to the caller.
const FORBIDDEN: u32 = 44;

/// The headers that go with it.
const HEADERS: [&str; 2] = ["TAN-Required", "Retry-After"];

/// Such an answer. No `Debug`: its body names what was to be approved.
pub struct Relayed {
    status: StatusCode,
    headers: Vec<(&'static str, Vec<u8>)>,
    body: Bytes,
}

#[derive(Deserialize)]
struct Coded {
    code: u32,
}

impl Relayed {
    /// `None` when the answer is none that a client may see.
    pub fn read(status: u16, headers: &reqwest::header::HeaderMap, body: Vec<u8>) -> Option<Self> {
        let Coded { code } = serde_json::from_slice(&body).ok()?;
        if !RELAYED.contains(&(status, code)) {
            return None;
        }
        if code == FORBIDDEN {
            tracing::warn!("Tanager refuses an account that was deleted there, or this service token's scope");
        }
        let kept = HEADERS.iter().filter_map(|name| Some((*name, headers.get(*name)?.as_bytes().to_vec())));
        Some(Self { status: StatusCode::from_u16(status).ok()?, headers: kept.collect(), body: body.into() })
    }

    /// The answer for the client.
    pub fn answer(self) -> HttpResponse {
        let mut reply = HttpResponse::build(self.status);
        reply.content_type("application/json").insert_header((header::CACHE_CONTROL, "no-store"));
        for (name, value) in self.headers {
            reply.insert_header((name, value));
        }
        reply.body(self.body)
    }
}
