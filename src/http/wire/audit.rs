//! The audit trail (`api.md` section 8).

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::time::Timestamp;

/// An event of the audit trail.
#[derive(Serialize, ToSchema)]
#[schema(examples(json!({
    "account": "alice",
    "sequence": 17,
    "at": {"t_s": 1_766_000_000},
    "event": "transmission.sent",
    "actor": "customer:0197f5a0-8c2e-7c3a-9d61-0a1b2c3d4e5f",
    "challenge_id": "0197f5a0-8c2e-7c3a-9d61-0a1b2c3d4e60",
    "details": {"channel": "sms", "tan_info": "+41*****4567"},
})))]
pub struct EventView {
    /// Whose chain it is in; `.` for what belongs to no account.
    pub account: String,
    /// Its number there, from 1 without gaps.
    pub sequence: i64,
    /// When it happened.
    pub at: Timestamp,
    /// What happened.
    pub event: String,
    /// Who caused it: `operator:<token_id>:<description>`, `bank-core:…`, `customer:<token_id>`, `service`, `worker`, or who
    /// ran a command.
    pub actor: String,
    /// Which challenge it concerns.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub challenge_id: Option<Uuid>,
    /// More about it: texts by name. Never a TAN, a token or an address in clear.
    pub details: BTreeMap<String, String>,
}

/// Events, for operators.
#[derive(Serialize, ToSchema)]
#[schema(examples(json!({
    "events": [{
        "account": ".",
        "sequence": 3,
        "at": {"t_s": 1_766_000_000},
        "event": "service.started",
        "actor": "service",
        "details": {"release": "0.1.0"},
    }],
    "next": "AAYb_EzJAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAM",
})))]
pub struct EventList {
    /// The newest first.
    pub events: Vec<EventView>,
    /// The `cursor` of the next page; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// What verifying the trail found.
#[derive(Serialize, ToSchema)]
#[schema(examples(
    json!({"whole": true}),
    json!({"whole": false, "broken_at": {"account": "alice", "sequence": 17, "trouble": "it is missing"}})
))]
pub struct VerdictView {
    /// Whether every event follows from the one before, and no checkpoint says otherwise.
    pub whole: bool,
    /// The first place that is not as it should be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub broken_at: Option<BrokenAt>,
}

/// A place in the trail, or a line of the file of checkpoints.
#[derive(Serialize, ToSchema)]
pub struct BrokenAt {
    /// Whose chain; its id where the account's own row is gone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// The event's number there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sequence: Option<i64>,
    /// The line of the file of checkpoints, where it is the file that is broken.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// What is wrong with it.
    pub trouble: &'static str,
}
