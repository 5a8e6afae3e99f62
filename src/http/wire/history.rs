//! An account's challenges as operators see them (`api.md` section 8).

use serde::Serialize;
use utoipa::ToSchema;

use super::{challenge::ChallengeStatus, time::Timestamp};

/// What solving a challenge yields.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ChallengeKind {
    /// A one-shot token.
    Token,
    /// A new address becomes active.
    Address,
    /// Its own id is the proof, as GNU Taler's clients know it.
    Taler,
}

/// A challenge of an account, for operators.
#[derive(Serialize, ToSchema)]
pub struct ChallengeRow {
    /// The challenge, and how far it is; in its summary every address is masked.
    #[serde(flatten)]
    pub status: ChallengeStatus,
    /// What solving it yields.
    pub kind: ChallengeKind,
    /// When it was requested.
    pub requested: Timestamp,
}

/// Challenges of an account, for operators.
#[derive(Serialize, ToSchema)]
#[schema(examples(json!({"challenges": [{
    "challenge_id": "0197f5a0-8c2e-7c3a-9d61-0a1b2c3d4e5f",
    "kind": "token",
    "tan_channel": "sms",
    "tan_info": "+41*****4567",
    "state": "exhausted",
    "requested": {"t_s": 1_766_000_000},
    "solve_expiration": {"t_s": 1_766_000_300},
    "earliest_retransmission": {"t_s": 1_766_000_060},
    "attempts_left": 0,
    "transmissions_left": 2,
    "summary": "Transfer CHF 10 to payto://iban/CH9300762011623852957",
}], "next": "AAAAAAAAACo"})))]
pub struct ChallengeHistory {
    /// The newest first.
    pub challenges: Vec<ChallengeRow>,
    /// Where the next part begins: for the parameter `cursor`. Absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}
