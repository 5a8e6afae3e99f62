//! The secret of a gateway: where it comes from, and where it never is.

use serde_json::json;

use super::{JSON, SECRET, Scene, TARGET, asked, logged};
use crate::{
    app::tan_in,
    bank_core::{Reply, Script},
    leaks::secrets::Secrets,
};

const KEY: &str = "TANAGER_CHANNEL__SMS__TRANSPORT__GATEWAY__SECRET";

async fn without_secret() -> Scene {
    let keys = JSON.replace(&format!("secret = \"{SECRET}\"\n"), "");
    assert!(!keys.contains(SECRET));
    Scene::of(&format!("[channel.sms.transport.gateway]{keys}")).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_secret_comes_from_a_variable_or_a_file() {
    let scene = without_secret().await;
    assert!(scene.place.refusal().await.contains("transport.gateway.secret: is missing"));
    let place = scene.place.with(KEY, "of-a-variable");
    let process = place.serve().await;
    let alice = place.customer(&process, "alice", &["sms"]).await;
    assert_eq!(asked(&alice).await.0, 200);
    assert_eq!(scene.gateway.last("POST", TARGET).header("authorization").as_deref(), Some("Bearer of-a-variable"));
    drop(process);

    let scene = without_secret().await;
    let place = scene.place.with(&format!("{KEY}_FILE"), "gateway.secret");
    let refusal = place.refusal().await;
    assert!(refusal.contains("secret_file") && refusal.contains("cannot be read"), "{refusal}");
    std::fs::write(place.path("gateway.secret"), "of-a-file\n").unwrap();
    let process = place.serve().await;
    let alice = place.customer(&process, "alice", &["sms"]).await;
    assert_eq!(asked(&alice).await.0, 200);
    assert_eq!(scene.gateway.last("POST", TARGET).header("authorization").as_deref(), Some("Bearer of-a-file"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_that_repeats_everything_brings_nothing_into_log_or_replies() {
    let scene = Scene::new().await;
    let process = scene.place.serve().await;
    let alice = scene.place.customer(&process, "alice", &["sms"]).await;
    let basic = data_encoding::BASE64.encode(format!("bank:{SECRET}").as_bytes());
    let (mut secrets, mut replies) = (Secrets::default(), String::new());
    secrets.add("the secret", SECRET);
    secrets.add("the number", &alice.phone);
    for status in [401, 503, 400, 200] {
        // The TAN is not known before the message is there, so it is told after that one.
        let said = json!({
            "key": SECRET, "to": alice.phone, "header": format!("Bearer {SECRET}"), "again": basic,
            "url": format!("/?key={SECRET}&to=%2B{}", &alice.phone[1..]), "word": "the-gateway-repeats",
        });
        scene.gateway.once("POST", TARGET, Script::say(&Reply::new(status).json(&said)));
        let answer = alice.client.post("/accounts/alice/tan/challenge/sms", json!({})).await;
        assert_eq!(answer.status == 200, status == 200, "{answer:?}");
        let sent: serde_json::Value = serde_json::from_slice(&scene.gateway.last("POST", TARGET).body).unwrap();
        secrets.add("the TAN", &tan_in(sent["text"].as_str().unwrap()));
        replies.push_str(&answer.raw);
    }
    logged(&process, "status 503").await;
    logged(&process, "it does not take the secret").await;
    let log = process.log();
    assert!(log.contains("the-gateway-repeats") && log.contains("TRACE"), "the log is looked at where it says most");
    for (place, text) in [("the log", &log), ("replies", &replies)] {
        let found = secrets.found_in(text.as_bytes());
        assert!(found.is_empty(), "in {place}: {found:#?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_the_gateway_repeats_is_blotted() {
    let scene = Scene::new().await;
    let process = scene.place.serve().await;
    let alice = scene.place.customer(&process, "alice", &["sms"]).await;
    let (said, gate) = (super::accepts(), crate::bank_core::Gate::shut());
    scene.gateway.once("POST", TARGET, said.behind(&gate));
    // What is repeated is known when it has come: the second message of a fresh challenge is another, so one is held.
    let asking = tokio::spawn({
        let (client, path) = (alice.client.clone(), alice.path("/tan/challenge/sms"));
        async move { client.post(&path, json!({})).await }
    });
    scene.gateway.until_hit("POST", TARGET, 1).await;
    gate.open();
    assert_eq!(asking.await.unwrap().status, 200);
    let seen = scene.gateway.last("POST", TARGET);
    let sent: serde_json::Value = serde_json::from_slice(&seen.body).unwrap();
    let mut secrets = Secrets::default();
    secrets.add("the TAN", &tan_in(sent["text"].as_str().unwrap()));
    assert!(secrets.found_in(process.log().as_bytes()).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_report_and_the_troubles_withhold_it() {
    let scene = Scene::new().await;
    let report = scene.place.run(&["check-config"]).await;
    let said = String::from_utf8(report.stdout).unwrap();
    assert!(report.status.success() && said.contains("secret = (withheld)"), "{said}");
    assert!(said.contains("headers = {Authorization = (withheld), Idempotency-Key = (withheld)}"), "{said}");
    let place = scene.place.with("TANAGER_CHANNEL__SMS__TRANSPORT__GATEWAY__USERNAME", "a:b");
    let refused = place.run(&["check-config"]).await;
    let told = String::from_utf8(refused.stderr).unwrap();
    assert!(refused.status.code() == Some(1) && told.contains("username"), "{told}");
    assert!(!said.contains(SECRET) && !told.contains(SECRET));
}
