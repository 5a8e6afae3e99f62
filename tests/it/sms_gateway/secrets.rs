//! The secret of a gateway: where it comes from, and where it never is.

use serde_json::json;

use super::{JSON, SECRET, Scene, TARGET, asked, logged};
use crate::{
    app::tan_in,
    bank_core::{Reply, Script},
    leaks::secrets::Secrets,
    wire::{Framing, Wire},
};

const KEY: &str = "TANAGER_CHANNEL__SMS__TRANSPORT__GATEWAY__SECRET";

/// With this line in place of the secret.
async fn with_line(line: &str) -> Scene {
    let keys = JSON.replace(&format!("secret = \"{SECRET}\"\n"), line);
    assert!(!keys.contains(SECRET));
    Scene::of(&format!("[channel.sms.transport.gateway]{keys}")).await
}

/// What the gateway was told by whom a message came.
async fn told(scene: &Scene) -> Option<String> {
    let process = scene.place.serve().await;
    let alice = scene.place.customer(&process, "alice", &["sms"]).await;
    assert_eq!(asked(&alice).await.0, 200);
    scene.gateway.last("POST", TARGET).header("authorization")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_secret_comes_from_a_variable_or_a_file() {
    let refusal = with_line("").await.place.refusal().await;
    assert!(refusal.contains("transport.gateway.secret: is missing"), "{refusal}");

    let mut scene = with_line("secret = \"of-the-configuration\"\n").await;
    scene.place = scene.place.with(KEY, "of-a-variable");
    assert_eq!(told(&scene).await.as_deref(), Some("Bearer of-a-variable"));

    let scene = with_line("secret_file = \"gateway.secret\"\n").await;
    let refusal = scene.place.refusal().await;
    assert!(
        refusal.contains("channel.sms.transport.gateway.secret_file: ") && refusal.contains("cannot be read"),
        "{refusal}"
    );
    std::fs::write(scene.place.path("gateway.secret"), "of-a-file\n").unwrap();
    assert_eq!(told(&scene).await.as_deref(), Some("Bearer of-a-file"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_that_repeats_everything_brings_nothing_into_log_or_replies() {
    let scene = Scene::new().await;
    let process = scene.place.serve().await;
    let alice = scene.place.customer(&process, "alice", &["sms"]).await;
    let (mut secrets, mut replies) = (Secrets::default(), String::new());
    secrets.add("the secret", SECRET);
    secrets.add("the number", &alice.phone);
    for status in [401, 503, 400, 200] {
        // The TAN is not known before the message is there, so it is told after that one.
        let said = json!({
            "key": SECRET, "to": alice.phone, "header": format!("Bearer {SECRET}"),
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

/// A gateway that says back what it was sent: head and body.
#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_that_says_back_what_it_was_sent_brings_nothing_into_the_log() {
    let echo = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}{TARGET}", echo.local_addr().unwrap());
    let mut scene = Scene::new().await;
    scene.place = scene.place.with("TANAGER_CHANNEL__SMS__TRANSPORT__GATEWAY__URL", &url);
    let process = scene.place.serve().await;
    let alice = scene.place.customer(&process, "alice", &["sms"]).await;
    let served = async {
        let mut wire = Wire::over(echo.accept().await.unwrap().0);
        let (head, mut body) = (wire.head().await.unwrap(), Vec::new());
        wire.body(Framing::of_request(&head), |piece| body.extend_from_slice(piece)).await;
        let said = [head.0, body.clone()].concat();
        wire.send(format!("HTTP/1.1 418 Echo\r\ncontent-length: {}\r\n\r\n", said.len())).await;
        wire.send(said).await;
        body
    };
    let (asked, body) = tokio::join!(asked(&alice), served);
    assert_eq!(asked, (502, 5133));
    logged(&process, "status 418, it said: POST /v1/messages HTTP/1.1").await;
    let sent: serde_json::Value = serde_json::from_slice(&body).unwrap();
    let mut secrets = Secrets::default();
    secrets.add("the TAN", &tan_in(sent["text"].as_str().unwrap()));
    secrets.add("the number", &alice.phone);
    secrets.add("the secret", SECRET);
    let found = secrets.found_in(process.log().as_bytes());
    assert!(found.is_empty(), "{found:#?}");
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
