//! Who may what, on every route of every listener, by every kind of caller (`api.md` sections 2, 6 and 7): tables written by
//! hand, held against the documents that the listeners serve. A route without a line fails, and so does a line without a
//! route. What a refusal must not do is looked up in the rows of both accounts, at the bank core and in what was sent.

mod document;
mod kind;
mod listeners;
mod stage;
mod step_up;
mod table;
mod trial;
mod upstream;
mod world;

/// The tables. A cell is the status of what is done; `401`, `403`, `TAN`, `400` and `n/a` stand for 401/40, 403/44,
/// 403/10002, 400/23 and 404/5132, `403*` for a 403/44 that depends on more than who calls, and is told once the body was
/// read, `409.5131` for any other refusal. In a path, `{channel=sms}` says what stands there; one
/// route can have several lines.
const API: &str = include_str!("api.txt");
const GATEWAY: &str = include_str!("gateway.txt");
const CORE: &str = include_str!("core.txt");
const UPSTREAM: &str = include_str!("upstream.txt");
