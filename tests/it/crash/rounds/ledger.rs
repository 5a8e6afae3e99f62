//! The books after the deaths: what the database counts, against what was claimed and what was sent.

use super::{super::witness::Witness, fleet::Fleet};

/// What must not be found: what it would mean, and how to look for it.
const FAULTS: &[(&str, &str)] = &[
    ("claims that nobody settled", "select count(*) from seen_claims where settled_at is null"),
    (
        "sendings that changed their TAN or their challenge",
        "select count(*) - count(distinct transmission) from seen_claims",
    ),
    ("sendings of ended challenges that were taken over", "select count(*) from seen_take_overs where state <> 'open'"),
    ("sendings that were taken over within their lease", "select count(*) from seen_take_overs where early"),
    (
        "transmissions that a take-over added or took",
        "select count(*) from challenges c where c.transmissions <> (select count(*) from seen_claims s \
         where s.challenge_id = c.challenge_id and s.outcome in ('carried', 'superseded'))",
    ),
    (
        "cool-downs that do not begin with the request",
        "select count(*) from challenges c join lateral (select * from seen_claims s where s.challenge_id = c.challenge_id \
         and s.outcome in ('carried', 'voided') order by s.settled_at desc limit 1) s on true \
         where c.transmitted_at is distinct from s.claimed_at and not exists (select from events e \
         where e.challenge_id = c.challenge_id and e.kind = 'challenge.solved')",
    ),
    (
        "accounts whose count of messages a take-over changed",
        "select count(*) from accounts a where cardinality(a.sends) <> (select count(*) from seen_claims s \
         join challenges c using (challenge_id) where c.account_id = a.account_id and s.outcome <> 'failed')",
    ),
    (
        "messages that addresses count and nobody claimed, or the other way round",
        "select abs(coalesce((select sum(cardinality(sends)) from windows), 0) - (select count(*) from seen_claims))::int8",
    ),
    (
        "messages that the trail tells of otherwise",
        "select abs((select count(*) from events where kind = 'transmission.sent') \
         - (select count(*) from seen_claims where outcome = 'carried'))",
    ),
    (
        "take-overs that the trail tells of otherwise",
        "select abs((select count(*) from events where kind = 'transmission.taken_over') - (select count(*) from seen_take_overs))",
    ),
    (
        "open challenges without a message, though no hand-over failed",
        "select count(*) from challenges c where state = 'open' and not exists (select from seen_claims s \
         where s.challenge_id = c.challenge_id and s.outcome in ('carried', 'failed'))",
    ),
    (
        "hand-overs that took longer than they may",
        "select count(*) from seen_claims s where settled_at - claimed_at > interval '9 s' and outcome = 'carried' \
         and not exists (select from seen_take_overs t where t.transmission = s.transmission)",
    ),
];

/// Sendings that failed, though not because their challenge had ended.
const FAILED: &str = "select count(*) from events where kind = 'transmission.failed' \
                      and details ->> 'reason' <> 'its challenge ended'";

/// The database counts each message once, however often it went out and whoever recorded it.
pub async fn assert_balanced(witness: &Witness) {
    for (what, look) in FAULTS {
        let found = witness.number(look).await;
        assert_eq!(found, 0, "{what}: {found}");
    }
    let (failed, all) = (witness.number(FAILED).await, witness.number("select count(*) from seen_claims").await);
    assert!(failed * 20 <= all, "{failed} of {all} sendings failed, of transports that never do");
}

/// What a run has met, in a line.
pub async fn summary(witness: &Witness, fleet: &Fleet<'_>) -> String {
    let taken = witness.number("select count(*) from seen_take_overs").await;
    let dropped = "select count(*) from events where details ->> 'reason' = 'its challenge ended'";
    let (dropped, failed) = (witness.number(dropped).await, witness.number(FAILED).await);
    let claims = witness.number("select count(*) from seen_claims").await;
    let doubled = witness.sent().len() - {
        let mut distinct: Vec<_> = witness.sent().into_iter().map(|sent| sent.transmission).collect();
        distinct.sort_unstable();
        distinct.dedup();
        distinct.len()
    };
    assert!(taken > 0 && doubled > 0, "no death came between a claim and its record");
    format!(
        "{} deaths, {claims} sendings, {taken} taken over, {dropped} dropped, {doubled} doubled, {failed} failed",
        fleet.killed.len()
    )
}
