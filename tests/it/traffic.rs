//! What is counted of messages, and what the guard against SMS pumping makes of it.

mod counting;
mod judging;
mod kept;
mod probing;

use std::time::Duration;

use tanager::{
    chance::SystemChance,
    domain::{
        caller::{AccessToken, Mfa, Provenance, Scope},
        id::AccessTokenId,
        time::Timestamp,
    },
    service::{PrefixFigures, Statistics},
};

use crate::app::{TestApp, Wish};

pub fn caller(scope: Scope) -> AccessToken {
    let now = Timestamp::from_seconds(1_700_000_000);
    AccessToken {
        id: AccessTokenId::new(now, &SystemChance),
        provenance: Provenance::Local,
        scope,
        owner: None,
        mfa: Mfa::Pending,
        operations: Vec::new(),
        proven: true,
        description: Some("a test".to_owned()),
        created_at: now,
        expires_at: Timestamp::NEVER,
    }
}

pub fn limits(limits: &str) -> Wish {
    Wish { more: format!("[limits]\n{limits}"), ..Wish::default() }
}

pub async fn statistics(app: &TestApp) -> Statistics {
    app.running.service().statistics(&caller(Scope::Admin)).await.unwrap()
}

/// What the statistics say of a prefix that they must name.
pub async fn of_prefix(app: &TestApp, prefix: &str) -> PrefixFigures {
    let all = statistics(app).await.prefixes;
    all.into_iter().find(|row| row.prefix == prefix).unwrap_or_else(|| panic!("{prefix} is not listed"))
}

/// Country code and three digits of a Swiss number.
pub fn prefix_of(phone: &str) -> &str {
    &phone[..6]
}

/// Messages to young addresses, as if they had been sent `ago`.
pub async fn counted(app: &TestApp, ago: Duration, prefix: &str, sent: i32, solved: i32) {
    let now = app.store(&Wish::default()).now().await.unwrap();
    let bucket = tanager::domain::traffic::bucket_of(now.minus(ago)).as_seconds();
    let insert = "insert into traffic as t (bucket, channel, prefix, sent, solved, young_sent, young_solved)
        values (to_timestamp($1::bigint), 'sms', $2, $3, $4, $3, $4) on conflict (bucket, channel, prefix) do update
        set young_sent = t.young_sent + excluded.young_sent, young_solved = t.young_solved + excluded.young_solved";
    app.database.owner().await.execute(insert, &[&bucket, &prefix, &sent, &solved]).await.unwrap();
}
