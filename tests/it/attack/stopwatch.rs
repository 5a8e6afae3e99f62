//! Measures pairs of requests that are to be answered alike: by one client on one connection, mixed at random.

use std::net::SocketAddr;

use reqwest::Method;
use serde_json::Value;
use tokio::time::Instant;

use super::{
    Dice,
    statistics::{Block, Finding, compared},
};
use crate::wire::Wire;

/// Blocks of a measurement.
const BLOCKS: usize = 30;
/// Replies of either kind in one block.
const REPLIES: usize = 34;

/// Requests of two kinds, to be answered alike.
pub struct Pair {
    pub what: &'static str,
    pub door: SocketAddr,
    pub one: Kind,
    pub other: Kind,
}

/// Requests of one kind, and what they are answered.
pub struct Kind {
    pub error: (u16, u64),
    pub requests: Vec<Request>,
}

/// A request as it goes over the wire.
#[derive(Clone)]
pub struct Request {
    bytes: Vec<u8>,
    method: String,
}

pub fn request(method: &Method, path: &str, headers: &[(&str, &str)], body: Option<&Value>) -> Request {
    let body = body.map(Value::to_string).unwrap_or_default();
    let length = body.len().to_string();
    let of_body = [("content-type", "application/json"), ("content-length", length.as_str())];
    let of_body = if body.is_empty() { &[][..] } else { &of_body };
    let lines = headers.iter().chain(of_body).map(|(name, value)| format!("{name}: {value}\r\n"));
    let head = format!("{method} {path} HTTP/1.1\r\nhost: bank\r\n{}", lines.collect::<String>());
    Request { bytes: format!("{head}\r\n{body}").into_bytes(), method: method.to_string() }
}

impl Pair {
    /// Measures both kinds, mixed.
    pub async fn measured(&self, dice: &mut Dice) -> Finding {
        let mut wire = Wire::connect(self.door).await;
        let mut blocks = Vec::new();
        // The first block warms up what either kind needs, and does not count.
        for _ in 0..=BLOCKS {
            let mut order: Vec<bool> = (0..2 * REPLIES).map(|number| number % 2 == 0).collect();
            dice.shuffle(&mut order);
            let mut block = Block::default();
            for is_other in order {
                let kind = if is_other { &self.other } else { &self.one };
                let took = self.timed(&mut wire, kind, dice.below(kind.requests.len())).await;
                if is_other { block.other.push(took) } else { block.one.push(took) }
            }
            blocks.push(block);
        }
        compared(&blocks[1..])
    }

    /// How long a reply takes, in microseconds.
    async fn timed(&self, wire: &mut Wire, kind: &Kind, number: usize) -> f64 {
        let request = &kind.requests[number];
        let since = Instant::now();
        wire.send(&request.bytes).await;
        let reply = wire.reply_to(&request.method).await.expect("the connection stays");
        let took = since.elapsed().as_secs_f64() * 1e6;
        assert_eq!(reply.error(), kind.error, "{}: {}", self.what, reply.text());
        took
    }

    /// A finding that does not come again was the machine's. One that does is ours.
    pub async fn assert_alike(&self, dice: &mut Dice) {
        let first = self.measured(dice).await;
        if first.is_telling() {
            let second = self.measured(dice).await;
            let same_way = first.by_median.signum() == second.by_median.signum();
            assert!(!(second.is_telling() && same_way), "{} can be told by time: {first:?}, {second:?}", self.what);
        }
    }
}
