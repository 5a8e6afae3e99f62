//! What was compared, as the audit trail has it.

use std::{collections::HashMap, time::Duration};

use super::{
    Fleet,
    model::{Allowance, Comparison, Judge},
};

const TRIES: &str = "
  select
    (extract(epoch from e.at - first_value(e.at) over (order by e.sequence)) * 1000000)::bigint,
    e.kind, e.challenge_id::text, coalesce(e.details->>'fresh_tan', ''), coalesce(c.kind, ''), coalesce(c.channel, '')
  from events e
  join accounts a on a.account_id = e.account_id
  left join challenges c on c.challenge_id = e.challenge_id and c.account_id = e.account_id
  where a.username = $1
  order by e.sequence";

/// What the trail of an account says of a guesser's work.
pub struct Told {
    pub comparisons: Vec<Comparison>,
    /// Wrong ones that left tries.
    pub wrong: usize,
    /// Wrong ones that left none.
    pub exhausted: usize,
    pub solved: usize,
    /// The blocks, as the model has them: when each began, and how long.
    pub blocks: Vec<(Duration, Option<Duration>)>,
}

impl Told {
    pub fn wrongs(&self) -> usize {
        self.wrong + self.exhausted
    }
}

/// Reads the trail and judges every comparison in it; `possessions` are the channels that prove one.
pub async fn judged(fleet: &Fleet, username: &str, allowance: Allowance, possessions: &[&str]) -> Told {
    let owner = fleet.database.owner().await;
    let mut judge = Judge::new(allowance);
    let mut fresh: HashMap<String, usize> = HashMap::new();
    let mut told = Told { comparisons: Vec::new(), wrong: 0, exhausted: 0, solved: 0, blocks: Vec::new() };
    let mut blocked = 0;
    for row in owner.query(TRIES, &[&username]).await.unwrap() {
        let at = Duration::from_micros(row.get::<_, i64>(0).try_into().unwrap());
        let (event, challenge) = (row.get::<_, &str>(1), row.get::<_, Option<String>>(2).unwrap_or_default());
        let right = match event {
            "challenge.retransmitted" if row.get::<_, &str>(3) == "yes" => {
                *fresh.entry(challenge).or_default() += 1;
                continue;
            }
            "account.unblocked" => {
                judge.unblocked();
                continue;
            }
            "account.blocked" => {
                blocked += 1;
                continue;
            }
            "challenge.wrong" | "challenge.exhausted" => false,
            "challenge.solved" => true,
            _ => continue,
        };
        let generation = fresh.get(&challenge).copied().unwrap_or_default();
        let strength = u8::from(possessions.contains(&row.get::<_, &str>(5)));
        let clears = row.get::<_, &str>(4) != "address";
        let comparison = Comparison { at, tan: (challenge, generation), right, strength, clears };
        judge.compared(&comparison);
        told.comparisons.push(comparison);
        *match event {
            "challenge.wrong" => &mut told.wrong,
            "challenge.exhausted" => &mut told.exhausted,
            _ => &mut told.solved,
        } += 1;
    }
    assert_eq!(blocked, judge.begun.len(), "each block of limits.md stands in the trail, and no other");
    told.blocks = judge.begun;
    told
}
