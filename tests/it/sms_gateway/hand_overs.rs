//! What the service makes of a gateway's answers (`api.md` section 5): what a client is told, what is spent, who is tried next.

use serde_json::json;

use super::{JSON, Scene, TARGET, accepts, asked, logged};
use crate::{
    app::{eventually, tan_in},
    bank_core::{Reply, Script},
};

/// Two gateways in order of preference.
fn two() -> String {
    let backup = JSON.replace("URL", "BACKUP");
    format!(
        "timeout = \"8 s\"\ntransports = [\"gateway\", \"backup\"]\n\
         [channel.sms.transport.gateway]{JSON}\naddress_refused = [422]\ntimeout = \"1 s\"\n\
         [channel.sms.transport.backup]{backup}"
    )
}

fn says(status: u16) -> Script {
    Script::say(&Reply::new(status).json(&json!({"said": status})))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_address_spends_nothing_and_nobody_else_is_tried() {
    let scene = Scene::of(&two()).await;
    let process = scene.place.serve().await;
    let alice = scene.place.customer(&process, "alice", &["sms"]).await;
    scene.gateway.once("POST", TARGET, says(422));
    let failed = alice.client.post("/accounts/alice/tan/challenge/sms", json!({})).await;
    assert_eq!(failed.error(), (502, 5133));
    assert!(!failed.raw.contains("422") && !failed.raw.contains(&alice.phone), "{}", failed.raw);
    assert_eq!((scene.gateway.seen().len(), scene.backup.connections()), (1, 0), "the address is bad everywhere");
    logged(&process, "refuses the address: status 422").await;

    let challenge = alice.challenge("sms").await;
    assert_eq!((challenge.number("attempts_left"), challenge.number("transmissions_left")), (3, 2));
    assert_eq!(scene.gateway.seen().len(), 2, "no cool-down: at once");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_gateway_carries_what_one_cannot() {
    let scene = Scene::of(&two()).await;
    let process = scene.place.serve().await;
    let failures = [says(429), says(503), says(500), says(401), says(302)];
    for (at, script) in failures.into_iter().enumerate() {
        scene.gateway.once("POST", TARGET, script);
        let customer = scene.place.customer(&process, &format!("customer{at}"), &["sms"]).await;
        assert_eq!(asked(&customer).await.0, 200);
        assert_eq!((scene.gateway.seen().len(), scene.backup.seen().len()), (at + 1, at + 1));
        let (first, second) = (scene.gateway.last("POST", TARGET), scene.backup.last("POST", TARGET));
        assert_eq!(first.body, second.body, "the same TAN");
        assert_eq!(first.header("idempotency-key"), second.header("idempotency-key"), "the same transmission");
    }
    let metrics = scene.metrics().await;
    for (transport, outcome, count) in
        [("gateway", "try_later", 2), ("gateway", "failed", 1), ("gateway", "misconfigured", 2), ("backup", "sent", 5)]
    {
        let line = metrics.lines().find(|line| {
            let words = [format!("transport=\"{transport}\""), format!("outcome=\"{outcome}\"")];
            line.starts_with("tanager_hand_overs_total{") && words.iter().all(|word| line.contains(word))
        });
        assert_eq!(line.and_then(|line| line.rsplit(' ').next()), Some(count.to_string().as_str()), "{metrics}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_that_hangs_gives_way_within_the_channels_time() {
    let scene = Scene::of(&two()).await;
    let process = scene.place.serve().await;
    let alice = scene.place.customer(&process, "alice", &["sms"]).await;
    let gate = crate::bank_core::Gate::shut();
    scene.gateway.once("POST", TARGET, accepts().behind(&gate));
    assert_eq!(asked(&alice).await.0, 200);
    assert_eq!((scene.gateway.seen().len(), scene.backup.seen().len()), (1, 1));
    // The one that hung has lost the other end: what it says now is heard by nobody.
    gate.open();
    let bob = scene.place.customer(&process, "bob", &["sms"]).await;
    assert_eq!(asked(&bob).await.0, 200);
    assert_eq!((scene.gateway.seen().len(), scene.backup.seen().len()), (2, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn where_all_are_away_a_client_is_told_so_and_may_try_again() {
    let scene = Scene::of(&two()).await;
    let process = scene.place.serve().await;
    let alice = scene.place.customer(&process, "alice", &["sms"]).await;
    scene.gateway.refuse().await;
    scene.backup.refuse().await;
    assert_eq!(asked(&alice).await, (502, 5133));
    scene.backup.accept();
    assert_eq!(asked(&alice).await.0, 200);
    assert_eq!((scene.gateway.seen().len(), scene.backup.seen().len()), (0, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_killed_service_was_sending_goes_out_again_under_the_same_key() {
    let scene = Scene::of(&format!("timeout = \"1 s\"\n[channel.sms.transport.gateway]{JSON}")).await;
    let mut process = scene.place.serve().await;
    let alice = scene.place.customer(&process, "alice", &["sms"]).await;
    let gate = crate::bank_core::Gate::shut();
    scene.gateway.once("POST", TARGET, accepts().behind(&gate));
    let (client, path) = (alice.client.clone(), alice.path("/tan/challenge/sms"));
    let asking =
        tokio::spawn(
            async move { client.attempt(reqwest::Method::POST, &path, &[], Some("{}".to_owned())).await.is_ok() },
        );
    eventually("the gateway has the message", async || scene.gateway.hits("POST", TARGET) == 1).await;
    process.kill().await;
    assert!(!asking.await.unwrap(), "nobody was told that it went out");
    gate.open();

    let process = scene.place.serve().await;
    eventually("it is taken over", async || scene.gateway.hits("POST", TARGET) == 2).await;

    let seen = scene.gateway.seen();
    assert_eq!(seen[0].header("idempotency-key"), seen[1].header("idempotency-key"));
    assert_eq!(seen[0].body, seen[1].body, "the same TAN");
    let open = "select challenge_id::text from challenges where state = 'open'";
    let id: String = scene.place.database.owner().await.query_one(open, &[]).await.unwrap().get(0);
    let tan = tan_in(&String::from_utf8_lossy(&seen[1].body));
    assert_eq!(alice.at(&process).confirm(&id, &tan).await.status, 200);
}
