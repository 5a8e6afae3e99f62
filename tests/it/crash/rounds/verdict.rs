//! What has to hold whenever all is settled.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    super::witness::{HandOver, Witness},
    fleet::Fleet,
    ledger,
    walker::{Tried, Walker},
};
use crate::app::tan_in;

/// One claim, from its commit to its outcome.
struct Claim {
    transmission: String,
    /// The challenge, and which of its TANs.
    tan_of: (String, String),
    outcome: String,
    take_overs: usize,
}

/// Fails when anything was lost, doubled more than it may be, or counted otherwise than it was sent.
pub async fn pronounce(witness: &Witness, fleet: &Fleet<'_>, walkers: &[Walker], seed: u64) {
    let (begun, sent) = (witness.begun(), witness.sent());
    let claims = claims(witness).await;
    println!("seed {seed}: {} claims, {} hand-overs, {} messages", claims.len(), begun.len(), sent.len());
    assert_claimed_before_sent(&claims, &begun);
    for claim in &claims {
        let of =
            |all: &[HandOver]| all.iter().filter(|seen| seen.transmission == claim.transmission).cloned().collect();
        assert_begun_once_a_life(&of(&begun), claim.take_overs, fleet);
        assert_sent(claim, &of(&sent), &of(&begun));
    }
    assert_one_tan(&claims, &sent);
    ledger::assert_balanced(witness).await;
    assert_told(witness, walkers).await;
    assert_tries(witness, walkers).await;
}

async fn claims(witness: &Witness) -> Vec<Claim> {
    let claims = "select transmission::text, challenge_id::text, generation::text, outcome, \
                  (select count(*) from seen_take_overs t where t.transmission = c.transmission)::text \
                  from seen_claims c where settled_at is not null";
    let read = |row: Vec<String>| {
        let [transmission, challenge, generation, outcome, take_overs] = row.try_into().unwrap();
        let take_overs = take_overs.parse().unwrap();
        Claim { transmission, tan_of: (challenge, generation), outcome, take_overs }
    };
    witness.texts(claims).await.into_iter().map(read).collect()
}

/// Nothing goes out before its claim is committed, whatever becomes of it then.
fn assert_claimed_before_sent(claims: &[Claim], begun: &[HandOver]) {
    let claimed: BTreeSet<_> = claims.iter().map(|claim| claim.transmission.as_str()).collect();
    for hand_over in begun {
        assert!(claimed.contains(hand_over.transmission.as_str()), "sent without a claim: {hand_over:?}");
    }
}

/// A holder hands a message over once, on each way at most; another one does so only when it took over, and only from the dead.
pub fn assert_begun_once_a_life(begun: &Vec<HandOver>, take_overs: usize, fleet: &Fleet<'_>) {
    let mut lives: Vec<u32> = begun.iter().map(|begun| begun.life).collect();
    lives.dedup();
    let distinct: BTreeSet<_> = lives.iter().collect();
    assert_eq!(distinct.len(), lives.len(), "two holders at once: {begun:?}");
    assert!(lives.len() <= 1 + take_overs, "taken over {take_overs} times: {begun:?}");
    for life in lives.iter().rev().skip(1) {
        assert!(fleet.killed.contains(life), "taken over from the living: {begun:?}");
    }
    let ways: BTreeSet<_> = begun.iter().map(|begun| (begun.life, begun.role.as_str())).collect();
    assert_eq!(ways.len(), begun.len(), "handed over twice on one way: {begun:?}");
}

/// What counts as carried went out; a duplicate needs a death, or a way that failed after all.
fn assert_sent(claim: &Claim, sent: &Vec<HandOver>, begun: &Vec<HandOver>) {
    assert!(claim.outcome != "carried" || !sent.is_empty(), "{} was lost", claim.transmission);
    let most_once_a_way: BTreeSet<_> = sent.iter().map(|sent| (sent.life, sent.role.as_str())).collect();
    assert_eq!(most_once_a_way.len(), sent.len(), "{sent:?}");
    assert!(sent.len() <= begun.len(), "{sent:?}, but only {begun:?}");
    let failed_ways = begun.iter().filter(|begun| begun.role == "first").count();
    assert!(sent.len() <= 1 + claim.take_overs + failed_ways, "{sent:?}: {} take-overs", claim.take_overs);
    assert!(sent.windows(2).all(|two| two[0].text == two[1].text && two[0].address == two[1].address), "{sent:?}");
}

/// Of no challenge are two TANs alive.
fn assert_one_tan(claims: &[Claim], sent: &[HandOver]) {
    let of: BTreeMap<_, _> = claims.iter().map(|claim| (claim.transmission.as_str(), &claim.tan_of)).collect();
    let mut tans: BTreeMap<_, String> = BTreeMap::new();
    for message in sent {
        let (tan_of, tan) = (of[message.transmission.as_str()], tan_in(&message.text));
        let first = tans.entry(tan_of).or_insert_with(|| tan.clone());
        assert!(*first == tan, "{tan_of:?} has two TANs");
    }
}

/// Whoever was told that a message was handed over has a challenge.
async fn assert_told(witness: &Witness, walkers: &[Walker]) {
    let known: BTreeSet<String> =
        witness.texts("select challenge_id::text from challenges").await.into_iter().flatten().collect();
    for told in walkers.iter().flat_map(|walker| &walker.told) {
        assert!(known.contains(told), "{told} was told of, and is lost");
    }
}

/// Tries are counted exactly: neither a death nor a take-over adds or takes one.
async fn assert_tries(witness: &Witness, walkers: &[Walker]) {
    let left = witness.texts("select challenge_id::text, attempts_left::text from challenges").await;
    let left: BTreeMap<String, u8> = left.into_iter().map(|row| (row[0].clone(), row[1].parse().unwrap())).collect();
    let tried: BTreeMap<_, _> = walkers.iter().flat_map(|walker| &walker.wrong).collect();
    for (challenge, left) in &left {
        let right = match tried.get(challenge) {
            None => *left == 3,
            Some(Tried::Counted) => *left == 2,
            Some(Tried::Unknown) => (2..=3).contains(left),
        };
        assert!(right, "{challenge} has {left} tries left after {:?}", tried.get(challenge));
    }
}
