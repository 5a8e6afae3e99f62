//! A certified provider of identities (`tests/oidc`) says who is calling, at the API and at the gateway: by its own tokens, its own
//! revocation, and gone and come again.

use std::{path::Path, process::Stdio, time::Duration};

use reqwest::Method;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
    time::{Instant, timeout},
};

use crate::{
    app::{Client, Installation, eventually},
    gateway::{Bank, Plan, Request, TRANSFER},
};

const PATIENCE: Duration = Duration::from_mins(1);
const PHONE: &str = "+41791234567";

/// A running provider. It ends when its standard input is closed, which the kernel does when the test dies.
struct Provider {
    child: Child,
    said: Value,
}

impl Provider {
    /// On that port, or any; its access tokens last so many seconds.
    async fn start(lifetime: u32, port: u16) -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oidc");
        assert!(
            folder.join("node_modules/oidc-provider").is_dir(),
            "the provider is missing: run scripts/provision --tests"
        );
        let mut child = Command::new("node")
            .args(["provider.mjs", &lifetime.to_string(), &port.to_string()])
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("node is missing: run scripts/provision --tests");
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let said = timeout(PATIENCE, lines.next_line()).await.expect("it says nothing").unwrap().expect("it ended");
        Self { child, said: serde_json::from_str(&said).unwrap() }
    }

    fn text(&self, pointer: &str) -> &str {
        self.said.pointer(pointer).and_then(Value::as_str).unwrap()
    }

    fn token(&self, name: &str) -> &str {
        self.text(&format!("/tokens/{name}"))
    }

    fn port(&self) -> u16 {
        self.text("/issuer").rsplit(':').next().unwrap().parse().unwrap()
    }

    /// `[identity]` for it, whole.
    fn identity(&self, remember: &str) -> String {
        format!(
            "[identity]\nmode = \"introspection\"\nurl = \"{}/token/introspection\"\nclient_id = {}\n\
             client_secret = {}\nremember = \"{remember}\"\n",
            self.text("/issuer"),
            self.said["service"]["client_id"],
            self.said["service"]["client_secret"]
        )
    }

    /// What the bank's app does when the customer logs out there (RFC 7009).
    async fn revoke(&self, token: &str) {
        let (id, secret) = (self.text("/bank/client_id"), self.text("/bank/client_secret"));
        let client = Client::new(self.text("/issuer"), "");
        let form = format!("token={token}&client_id={id}&client_secret={}", secret.replace(' ', "+"));
        let request = client.request(Method::POST, "/token/revocation");
        let request = request.header("content-type", "application/x-www-form-urlencoded").body(form);
        let revoked = client.answer(request).await;
        assert_eq!(revoked.status, 200, "{revoked:?}");
    }

    async fn kill(mut self) {
        self.child.kill().await.unwrap();
    }
}

async fn bank(provider: &Provider, remember: &str) -> Bank {
    Bank::with(Plan { identity: provider.identity(remember), ..Plan::default() }).await
}

/// Confirms the challenge that is named here with the TAN that was sent.
async fn confirm(bank: &Bank, client: &Client, challenge: &Value) -> Value {
    let path = format!("/accounts/alice/tan/challenge/{}/confirm", challenge["challenge_id"].as_str().unwrap());
    let confirmed = client.post(&path, json!({"tan": bank.app.tan_sent_to(PHONE)})).await;
    assert_eq!(confirmed.status, 200, "{confirmed:?}");
    confirmed.body
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_of_the_provider_enrols_proves_himself_and_pays_with_the_providers_token() {
    let provider = Provider::start(3600, 0).await;
    let bank = bank(&provider, "3 s").await;
    let alice = bank.client(provider.token("alice"));
    let enrolled = alice.post("/accounts/alice/tan/sms", json!({"address": PHONE})).await;
    assert_eq!(enrolled.status, 202, "{enrolled:?}");
    confirm(&bank, &alice, &enrolled.body["challenge"]).await;

    let transfer = Request::post("/accounts/alice/transactions", TRANSFER);
    let missing = transfer.send(&alice, "").await;
    assert_eq!(missing.error(), (403, 10002), "{missing:?}");
    let wanted = json!({"operation": missing.text("operation")});
    let challenge = alice.post("/accounts/alice/tan/challenge/sms", wanted).await;
    let proof = confirm(&bank, &alice, &challenge.body).await;
    let done = transfer.send(&alice, proof["tan_token"].as_str().unwrap()).await;
    assert_eq!((done.status.as_u16(), bank.core.hits("POST", transfer.path)), (200, 1), "{done:?}");

    let api = bank.app.admin.with_token(provider.token("again"));
    assert_eq!(api.get("/accounts/alice").await.body["tan_channels"], json!(["sms"]));
    let made = bank.app.admin.get("/audit?event=account.created&account=alice").await;
    assert!(made.body["events"][0]["actor"].as_str().unwrap().starts_with("customer:"), "{made:?}");
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_token_of_the_provider_may_what_it_is_for() {
    let provider = Provider::start(3600, 0).await;
    let bank = bank(&provider, "3 s").await;
    let transfer = Request::post("/accounts/alice/transactions", TRANSFER);
    for (name, at_api, at_gateway) in [
        ("looks", (200, 0), (403, 44)),
        ("bob", (403, 44), (403, 44)),
        ("revoked", (401, 40), (401, 40)),
        // It has no `sub`: what is configured does not fit such a token.
        ("machine", (503, 10090), (503, 10090)),
    ] {
        let client = bank.client(provider.token(name));
        let seen = bank.app.admin.with_token(provider.token(name)).get("/accounts/alice").await;
        assert_eq!(seen.error(), at_api, "{name}: {seen:?}");
        let paid = transfer.send(&client, "").await;
        assert_eq!(paid.error(), at_gateway, "{name}: {paid:?}");
    }
    let invented = bank.client("a-token-that-nobody-made");
    assert_eq!(transfer.send(&invented, "").await.error(), (401, 40));
    assert_eq!(bank.core.hits("POST", transfer.path), 0);
    let bob = bank.client(provider.token("bob")).get("/accounts/bob/tan").await;
    assert_eq!(bob.status, 200, "{bob:?}");
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_revoked_at_the_provider_ends_here_within_what_is_remembered() {
    let provider = Provider::start(3600, 0).await;
    let bank = bank(&provider, "1 s").await;
    let alice = bank.client(provider.token("alice"));
    assert_eq!(alice.get("/accounts/alice/tan").await.status, 200);
    provider.revoke(provider.token("alice")).await;
    let revoked = Instant::now();
    eventually("it ends", async || {
        let late = revoked.elapsed() > Duration::from_secs(1);
        let answer = alice.get("/accounts/alice/tan").await;
        assert!(answer.error() == (401, 40) || !late, "{answer:?} {:?} after the revocation", revoked.elapsed());
        answer.error() == (401, 40)
    })
    .await;
    assert_eq!(bank.client(provider.token("again")).get("/accounts/alice/tan").await.status, 200);
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_ends_with_its_time() {
    let provider = Provider::start(3600, 0).await;
    let bank = bank(&provider, "10 s").await;
    let alice = bank.client(provider.token("alice"));
    assert_eq!(alice.get("/accounts/alice/tan").await.status, 200);
    bank.app.advance(Duration::from_mins(50));
    assert_eq!(alice.get("/accounts/alice/tan").await.status, 200);
    bank.app.advance(Duration::from_mins(11));
    assert_eq!(alice.get("/accounts/alice/tan").await.error(), (401, 40));
    bank.close().await;
    // The provider's own clock: a token whose second is over is no longer active there.
    let short = Provider::start(1, 0).await;
    let bank = self::bank(&short, "0 s").await;
    let alice = bank.client(short.token("alice"));
    eventually("it has run out", async || alice.get("/accounts/alice/tan").await.error() == (401, 40)).await;
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_dies_lets_nobody_in_and_is_found_again_when_it_is_back() {
    let provider = Provider::start(3600, 0).await;
    let (port, bank) = (provider.port(), bank(&provider, "0 s").await);
    let alice = bank.client(provider.token("alice"));
    assert_eq!(alice.get("/accounts/alice/tan").await.status, 200);
    provider.kill().await;
    for _ in 0..10 {
        let answer = alice.get("/accounts/alice/tan").await;
        assert_eq!(answer.error(), (503, 10090));
        assert!((1..=5).contains(&answer.retry_after()));
    }
    let again = Provider::start(3600, port).await;
    let alice = bank.client(again.token("alice"));
    eventually("it is asked again", async || alice.get("/accounts/alice/tan").await.status == 200).await;
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_program_reads_its_secret_from_a_file_and_says_when_it_is_the_wrong_one() {
    let provider = Provider::start(3600, 0).await;
    let place = Installation::new().await;
    let url = format!("{}/token/introspection", provider.text("/issuer"));
    let place = place
        .with("TANAGER_IDENTITY__MODE", "introspection")
        .with("TANAGER_IDENTITY__URL", &url)
        .with("TANAGER_IDENTITY__CLIENT_ID", provider.text("/service/client_id"))
        .with("TANAGER_IDENTITY__CLIENT_SECRET_FILE", "secret");
    let refusal = place.refusal().await;
    assert!(refusal.contains("identity.client_secret_file") && refusal.contains("cannot be read"), "{refusal}");
    std::fs::write(place.path("secret"), format!("{}\n", provider.text("/service/client_secret"))).unwrap();
    let headers = [("Authorization", format!("Bearer {}", provider.token("alice")))];
    let headers = headers.each_ref().map(|(name, value)| (*name, &**value));
    let process = place.serve().await;
    let answer = process.stranger().send(Method::GET, "/accounts/alice", &headers, None).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    drop(process);

    std::fs::write(place.path("secret"), "another secret").unwrap();
    let process = place.serve().await;
    let answer = process.stranger().send(Method::GET, "/accounts/alice", &headers, None).await;
    assert_eq!(answer.error(), (503, 10090), "the caller is not to blame");
    eventually("it is said", async || process.log().contains("check identity.client_id and client_secret")).await;
    let log = process.log();
    for secret in ["another secret", provider.token("alice")] {
        assert!(!log.contains(secret), "{log}");
    }
}
