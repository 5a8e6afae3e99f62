//! A line as it is written: an object of JSON, bytes in hex.

use std::io;

use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::domain::{
    checkpoint::{Head, LONGEST_LINE, Line},
    id::AccountId,
    keys::KeyId,
    time::Timestamp,
};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    line: u64,
    /// Microseconds since 1970.
    at: i64,
    key: u16,
    complete: bool,
    heads: Vec<(Uuid, i64, String)>,
    previous: String,
    mac: String,
}

/// The text of a line, without its line break.
pub(super) fn written(line: &Line) -> io::Result<String> {
    let head = |head: &Head| (head.account.as_uuid(), head.sequence, HEXLOWER.encode(&head.mac));
    let written = Written {
        line: line.number,
        at: line.at.as_micros(),
        key: line.key.0,
        complete: line.complete,
        heads: line.heads.iter().map(head).collect(),
        previous: HEXLOWER.encode(&line.previous),
        mac: HEXLOWER.encode(&line.mac),
    };
    serde_json::to_string(&written).map_err(io::Error::other)
}

/// The line that a text is; `None` when it is none.
pub(super) fn read(text: &[u8]) -> Option<Line> {
    let written: Written = serde_json::from_slice(text).ok()?;
    let head = |(account, sequence, mac): &(Uuid, i64, String)| {
        Some(Head { account: AccountId::from_uuid(*account), sequence: *sequence, mac: mac_of(mac)? })
    };
    let heads: Vec<Head> = written.heads.iter().map(head).collect::<Option<_>>()?;
    (heads.len() <= LONGEST_LINE).then_some(Line {
        number: written.line,
        at: Timestamp::from_micros(written.at),
        key: KeyId(written.key),
        heads,
        complete: written.complete,
        previous: mac_of(&written.previous)?,
        mac: mac_of(&written.mac)?,
    })
}

fn mac_of(hex: &str) -> Option<[u8; 32]> {
    HEXLOWER.decode(hex.as_bytes()).ok()?.try_into().ok()
}
