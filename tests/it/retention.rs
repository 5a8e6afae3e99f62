//! What is old goes, and nothing else: `retain`, the worker's sweep and `tanager gc`.

mod alive;
mod meanwhile;
mod weeks;

use std::time::Duration;

use tanager::service::{Removed, Service, Sweep, SweepMode};
use tokio_postgres::Client;

const DAY: Duration = Duration::from_hours(24);

/// A sweep from its beginning to its end.
async fn sweep(service: &Service) -> Removed {
    let mut sweep = Sweep::new(SweepMode::Remove, "a test");
    while service.sweep_on(&mut sweep).await.unwrap() {}
    sweep.removed()
}

async fn number(owner: &Client, query: &str) -> i64 {
    owner.query_one(query, &[]).await.unwrap().get(0)
}

/// Challenges that closed long ago, `age` before now, of accounts that need not be there. `more` sets further columns of
/// them all.
async fn old_challenges(owner: &Client, count: usize, age: &str, more: &str) {
    let rows = format!(
        "insert into challenges (challenge_id, account_id, kind, channel, address, tan_key, tan_digits, generation,
           requested_at, ends_at, tan_expires_at, attempts_left, transmissions, state)
         select (left(tanager_first_uuid(began.at)::text, 14) || '7000-8000-' || substr(md5(n::text || '{age}'), 1, 12))::uuid,
           gen_random_uuid(), 'token', 'sms', 'x', 1, 8, 1,
           began.at, began.at + interval '30 min', began.at + interval '5 min', 0, 1, 'open'
         from generate_series(1, {count}) n, lateral (select now() - interval '{age}' + n * interval '1 ms' as at) began"
    );
    owner.batch_execute(&rows).await.unwrap();
    if !more.is_empty() {
        let changed = format!(
            "update challenges set {more} where requested_at > now() - interval '{age}' - interval '1 min'
               and requested_at < now() - interval '{age}' + interval '1 min'"
        );
        owner.batch_execute(&changed).await.unwrap();
    }
}
