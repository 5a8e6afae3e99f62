//! One code, fifty tries, two instances: taken once.

use futures_util::future::join_all;
use tanager::{
    chance::SystemChance,
    domain::{
        account::Account,
        channel::Channel,
        id::ChallengeId,
        limits::Limits,
        rules::{attempt::AttemptOutcome, request::Wish},
        secret::AccessSecret,
        tan::Candidate,
        time::Timestamp,
    },
    storage::datastore::{Author, Wanted},
};

use super::{Place, codes, device, round_trip::unsent, shown};

const AT_ONCE: usize = 50;

/// Patient limits, so that nothing but the code's own use refuses it.
fn patient() -> Limits {
    let many = 1000;
    Limits { open_challenges: many, consecutive_failures: many, total_failures: many, ..Limits::default() }
}

/// Challenges that wait for the same code.
async fn waiting(place: &Place, channel: Channel) -> Vec<ChallengeId> {
    let mut ids = Vec::new();
    for _ in 0..AT_ONCE {
        place
            .change(|account, now| {
                let new = unsent(now, place.ring.active());
                account.request(&place.terms(now), &new, channel, Wish::default()).unwrap();
                ids.push(new.id);
            })
            .await;
    }
    ids
}

/// Tries the code at every challenge at once, half of them at another instance. Returns how many were solved, how many
/// were wrong.
async fn tried(place: &Place, ids: &[ChallengeId], code: &str) -> (usize, usize) {
    let other = place.app.store(&crate::app::Wish::default());
    let tries = ids.iter().zip([&place.store, &other].into_iter().cycle()).map(|(id, instance)| {
        let decide = |account: &mut Account, now: Timestamp| {
            let (candidate, token) = (Candidate::parse(code, 8).unwrap(), AccessSecret::generate(&SystemChance).hash());
            account.attempt(&place.terms(now), &place.ring, *id, &candidate, token).unwrap()
        };
        instance.transact(Wanted::challenge(&place.alice, *id), Author::durable("one of many"), decide)
    });
    let outcomes: Vec<_> = join_all(tries).await.into_iter().map(|outcome| outcome.unwrap().unwrap()).collect();
    let count = |right: fn(&AttemptOutcome) -> bool| outcomes.iter().filter(|outcome| right(outcome)).count();
    (
        count(|outcome| matches!(outcome, AttemptOutcome::Solved { .. })),
        count(|outcome| matches!(outcome, AttemptOutcome::Wrong { .. })),
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_uses_of_one_code_of_a_device_at_two_instances_are_one_success() {
    let place = Place { limits: patient(), ..Place::with_account().await };
    let device = device("default", 1);
    place.change(|account, _| account.devices = vec![device.clone()]).await;
    let ids = waiting(&place, Channel::Totp).await;
    let code = shown(&device.secret, place.store.now().await.unwrap());
    assert_eq!(tried(&place, &ids, &code).await, (1, AT_ONCE - 1));
    assert_eq!(place.read().await.unwrap().devices[0].used.len(), 1);
    place.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_uses_of_one_recovery_code_at_two_instances_are_one_success() {
    let place = Place { limits: patient(), ..Place::with_account().await };
    let sheet = codes(place.ring.active(), 1);
    place.change(|account, _| account.recovery = Some(sheet.clone())).await;
    let ids = waiting(&place, Channel::Recovery).await;
    let account = place.read().await.unwrap().id;
    let code = sheet.codes(account, &place.ring).unwrap().remove(4);
    assert_eq!(tried(&place, &ids, &code).await, (1, AT_ONCE - 1));
    assert_eq!(place.read().await.unwrap().recovery.unwrap().used, [4]);
    place.app.stop().await;
}
