//! The service is killed again and again, at moments spread over the whole of requesting and confirming.

use std::time::Duration;

use futures_util::future::join_all;
use tokio::time::{Instant, sleep};

use super::{Request, Scene, Sent};
use crate::app::{Customer, Process, tan_in};

const ROUNDS: u32 = 20;
const AT_ONCE: usize = 3;

/// What a customer lived to see.
#[derive(Debug, Default)]
struct Seen {
    handed_over: bool,
    token: Option<String>,
}

/// Requests a challenge and confirms its TAN, as far as the service lives.
async fn live(scene: &Scene, customer: &Customer) -> Seen {
    let mut seen = Seen::default();
    let Some(asked) = Request::challenge().begin(customer).await.unwrap() else { return seen };
    assert_eq!(asked.status, 200, "{asked:?}");
    seen.handed_over = true;
    let confirm = Request::confirm(asked.text("challenge_id"), &scene.tan(&customer.phone));
    let Some(confirmed) = confirm.begin(customer).await.unwrap() else { return seen };
    assert_eq!(confirmed.status, 200, "{confirmed:?}");
    seen.token = Some(confirmed.text("tan_token").to_owned());
    seen
}

async fn customers(scene: &Scene, process: &Process, round: &str) -> Vec<Customer> {
    let names = (0..AT_ONCE).map(|n| format!("customer-{round}-{n}"));
    join_all(names.map(async |name| scene.customer(process, &name).await)).await
}

/// The whole story of one customer holds together, now that all is settled.
async fn assert_whole(scene: &Scene, customer: &Customer, seen: &Seen) {
    let name = &customer.username;
    let sent: Vec<Sent> = scene.sent().into_iter().filter(|sent| sent.address == customer.phone).collect();
    if scene.challenges(name, "true").await == 0 {
        assert!(sent.is_empty() && !seen.handed_over, "{name} saw {seen:?}, and {sent:?} went out");
        return;
    }
    assert!((1..=2).contains(&sent.len()), "{name} saw {seen:?}, and {sent:?} went out");
    assert!(sent.iter().all(|message| *message == sent[0]), "{name}: {sent:?}");
    assert!(!seen.handed_over || sent.len() == 1, "{name}: who was answered got one message: {sent:?}");
    let issued = scene.challenges(name, "state = 'solved' and token_hash is not null").await;
    if let Some(token) = &seen.token {
        let theirs = format!("token_hash = sha256('{token}'::bytea)");
        assert_eq!(scene.challenges(name, &theirs).await, 1, "{name}: the token that was told is the one that counts");
    }
    let (id, tan) = (scene.challenge_id(name, "token").await, tan_in(&sent[0].text));
    let again = customer.confirm(&id, &tan).await;
    let expected = if issued == 1 { (410, 10001) } else { (200, 0) };
    assert_eq!(again.error(), expected, "{name} saw {seen:?}: {again:?}");
    assert_eq!(scene.challenges(name, "token_hash is not null").await, 1, "{name}: never two tokens");
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_deaths_lose_nothing_and_double_at_most_a_message() {
    // No lease ends while the service is still being killed: only then is a second duplicate ruled out.
    let scene = Scene::with_timeout("60 s").await;
    let mut process = scene.serve().await;
    let mut whole = Duration::MAX;
    for warming in ["a", "b", "c"] {
        let customers = customers(&scene, &process, warming).await;
        let before = Instant::now();
        join_all(customers.iter().map(|customer| live(&scene, customer))).await;
        whole = whole.min(before.elapsed());
        // Each life is to be the first of its process, like those that are cut short.
        process.kill().await;
        process = scene.serve().await;
    }

    let mut all = Vec::new();
    for round in 1..=ROUNDS {
        let customers = customers(&scene, &process, &round.to_string()).await;
        let death = async {
            sleep(whole * 3 * round / (2 * ROUNDS)).await;
            process.kill().await;
        };
        let (seen, ()) = tokio::join!(join_all(customers.iter().map(|customer| live(&scene, customer))), death);
        all.extend(customers.into_iter().zip(seen));
        process = scene.serve().await;
    }
    let taken = scene.number("select count(*) from challenges where claim_until is not null").await;
    scene.until_settled().await;

    for (customer, seen) in &all {
        assert_whole(&scene, &customer.at(&process), seen).await;
    }
    let answered = all.iter().filter(|(_, seen)| seen.token.is_some()).count();
    println!("{whole:?} a life; of {} lives {answered} went to their end, {taken} sendings were taken over", all.len());
    assert!(Duration::ZERO < whole && answered < all.len(), "no death came in between");
}
