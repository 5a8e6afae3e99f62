//! Taler's flow (`api.md` section 6c).

use serde::Serialize;
use utoipa::ToSchema;

use super::time::Timestamp;
use crate::{domain::view, service::TalerChallenge};

/// Which challenges would prove an operation: one of them is enough.
#[derive(Serialize, ToSchema)]
#[schema(examples(json!({
    "challenges": [{"challenge_id": "AAGp1Jq", "tan_channel": "sms", "tan_info": "+41*****4567"}],
    "combi_and": false,
})))]
pub struct TalerOffer {
    /// One for each channel.
    pub challenges: Vec<TalerChallengeRow>,
    /// False: one is enough.
    pub combi_and: bool,
}

/// A challenge of Taler's flow.
#[derive(Serialize, ToSchema)]
#[schema(examples(json!({"challenge_id": "AAGp1Jq", "tan_channel": "sms", "tan_info": "+41*****4567"})))]
pub struct TalerChallengeRow {
    /// Opaque and url-safe.
    pub challenge_id: String,
    /// The channel.
    pub tan_channel: &'static str,
    /// Where the TAN would go, masked.
    pub tan_info: String,
}

impl From<Vec<TalerChallenge>> for TalerOffer {
    fn from(challenges: Vec<TalerChallenge>) -> Self {
        let row = |offered: TalerChallenge| TalerChallengeRow {
            challenge_id: offered.id,
            tan_channel: offered.tan_channel,
            tan_info: offered.tan_info,
        };
        Self { challenges: challenges.into_iter().map(row).collect(), combi_and: false }
    }
}

/// A TAN that was sent.
#[derive(Serialize, ToSchema)]
#[schema(examples(json!({
    "solve_expiration": {"t_s": 1_766_000_300},
    "earliest_retransmission": {"t_s": 1_766_000_060},
})))]
pub struct TalerTransmission {
    /// Until when it can be used.
    pub solve_expiration: Timestamp,
    /// When it can be sent again; the present moment where nothing is sent.
    pub earliest_retransmission: Timestamp,
}

impl From<view::ChallengeView> for TalerTransmission {
    fn from(challenge: view::ChallengeView) -> Self {
        let never = crate::domain::time::Timestamp::NEVER;
        Self {
            solve_expiration: challenge.solve_expiration.into(),
            earliest_retransmission: challenge.earliest_retransmission.unwrap_or(never).into(),
        }
    }
}
