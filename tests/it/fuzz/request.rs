//! A good request of a route, written out, and what chance makes of it.

use std::{collections::BTreeSet, fmt::Write as _};

use rand::{Rng, RngExt, rngs::StdRng, seq::IndexedRandom};
use serde_json::Value;

/// What stands anywhere in a request and means something to one reader or another.
const WORDS: [&[u8]; 34] = [
    b"\r\n",
    b"\n",
    b"\r",
    b"\0",
    b" ",
    b"\t",
    b":",
    b"%",
    b"%00",
    b"%2f",
    b"%zz",
    b"/",
    b"//",
    b"/..",
    b";",
    b"?",
    b"#",
    b"\\",
    b"\"",
    b"{",
    b"}",
    b"[[[[",
    b",",
    b"null",
    b"1e999",
    b"\\ud800",
    b"\xff",
    b"\xc3\xa4",
    b"\xe2\x80\xae",
    b"Content-Length: 5\r\n",
    b"Transfer-Encoding: chunked\r\n",
    b"Content-Encoding: gzip\r\n",
    b"Expect: 100-continue\r\n",
    b"TAN-Token: x\r\n",
];

/// An operation of a document.
pub struct Operation {
    pub method: String,
    pub path: String,
    pub statuses: BTreeSet<u16>,
    /// The body that the document shows.
    body: Option<String>,
}

/// What good requests are made of.
#[derive(Default)]
pub struct Stock {
    pub usernames: Vec<String>,
    pub tokens: Vec<String>,
    pub ids: Vec<String>,
}

/// A request after chance had its way.
pub struct Bent {
    pub bytes: Vec<u8>,
    /// Whether its line and headers are still those of a good request of its route: then its document holds.
    pub is_of_route: bool,
}

/// The operations of a document with their examples.
pub fn operations(document: &Value) -> Vec<Operation> {
    let mut found = Vec::new();
    for (path, item) in document["paths"].as_object().expect("the document has paths") {
        for (method, operation) in item.as_object().unwrap() {
            let statuses =
                operation["responses"].as_object().unwrap().keys().map(|status| status.parse().unwrap()).collect();
            let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
            let named = schema["$ref"].as_str().and_then(|name| document.pointer(name.trim_start_matches('#')));
            let body = named.map(|schema| schema["examples"][0].to_string());
            found.push(Operation { method: method.to_uppercase(), path: path.clone(), statuses, body });
        }
    }
    found
}

impl Bent {
    /// A good request of `operation`, bent up to four times: in its body alone, or anywhere.
    pub fn new(operation: &Operation, stock: &Stock, chance: &mut StdRng) -> Self {
        let (head, mut body) = good(operation, stock, chance);
        let mut is_of_route = true;
        for _ in 0..chance.random_range(0..3) {
            bend(&mut body, chance);
        }
        let mut bytes = format!("{head}Content-Length: {}\r\n\r\n", body.len()).into_bytes();
        bytes.extend(body);
        if chance.random_bool(0.6) {
            is_of_route = false;
            for _ in 0..chance.random_range(1..5) {
                bend(&mut bytes, chance);
            }
        }
        Self { bytes, is_of_route }
    }

    /// The method, for what ends its reply.
    pub fn method(&self) -> String {
        self.text().split([' ', '\r', '\n']).next().unwrap_or_default().to_owned()
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }
}

/// The line and headers of a good request, and its body.
fn good(operation: &Operation, stock: &Stock, chance: &mut StdRng) -> (String, Vec<u8>) {
    let username = stock.usernames.choose(chance).unwrap();
    let id = stock.ids.choose(chance).unwrap();
    let channel = ["sms", "email", "totp", "sms"].choose(chance).unwrap();
    // One segment is a channel for one method and a challenge's id for others.
    let challenge =
        if operation.path.ends_with("{challenge}") && operation.method == "POST" { channel } else { id.as_str() };
    let path = operation
        .path
        .replace("{username}", username)
        .replace("{channel}", channel)
        .replace("{challenge}", challenge)
        .replace("{token_id}", id)
        .replace("{challenge_id}", id)
        .replace("{reservation_id}", id);
    let mut head = format!("{} {path} HTTP/1.1\r\nHost: bank.example\r\nConnection: close\r\n", operation.method);
    if chance.random_bool(0.85) {
        let token = stock.tokens.choose(chance).unwrap();
        write!(head, "Authorization: Bearer {token}\r\n").unwrap();
    }
    if chance.random_bool(0.2) {
        head.push_str("TAN-Token: tan_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\r\n");
    }
    let body =
        operation.body.as_ref().map_or_else(String::new, |body| body.replace("\"alice\"", &format!("\"{username}\"")));
    (head, body.into_bytes())
}

/// One change at one place: a bit turned, a word written in or over, a part left out, or said twice.
fn bend(bytes: &mut Vec<u8>, chance: &mut StdRng) {
    let at = chance.random_range(0..=bytes.len());
    let end = (at + chance.random_range(1..12)).min(bytes.len());
    match chance.random_range(0..5) {
        0 if at < bytes.len() => bytes[at] ^= 1 << chance.random_range(0..8),
        1 => drop(bytes.drain(at..end)),
        2 => {
            let twice = bytes[at..end].to_vec();
            bytes.splice(at..at, twice);
        }
        3 => drop(bytes.splice(at..end, WORDS.choose(chance).unwrap().iter().copied())),
        _ => {
            let mut noise = [0; 3];
            chance.fill_bytes(&mut noise);
            let word: &[u8] = if chance.random_bool(0.8) { WORDS.choose(chance).unwrap() } else { &noise };
            bytes.splice(at..at, word.iter().copied());
        }
    }
}
