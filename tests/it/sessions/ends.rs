//! What ends a step-up, and what does not.

use reqwest::Method;
use serde_json::{Value, json};
use tanager::{
    chance::SystemChance,
    domain::{
        channel::BroughtBy, id::RecoverySetId, keys::KeyId, recovery::RecoveryCodes, rules::protect::Clearance,
        username::Username,
    },
    storage::datastore::{Author, Wanted},
};

use super::{mfa, rows, step_up, stepped_up};
use crate::{
    app::{Client, Customer, TestApp, Wish},
    contract::{count, with_token},
};

/// Alice with both channels and two sessions that are stepped up.
struct Scene {
    app: TestApp,
    alice: Customer,
    other: Client,
}

impl Scene {
    async fn new() -> Self {
        let app = TestApp::start().await;
        let alice = app.customer_with_both("alice").await;
        let other = app.log_in("alice").await;
        stepped_up(&app, &alice).await;
        assert_eq!(step_up(&other, &alice, &alice.token(&app).await).await.status, 200);
        let scene = Self { app, alice, other };
        scene.assert_both(true).await;
        scene
    }

    async fn assert_both(&self, expected: bool) {
        assert_eq!(mfa(&self.alice.client, &self.alice).await, [json!(expected), json!(expected)]);
    }

    async fn with_token(&self, method: Method, path: &str, body: Option<Value>) {
        let token = self.alice.token(&self.app).await;
        let done = with_token(&self.alice.client, method, path, &token, body).await;
        assert!(done.status.is_success(), "{done:?}");
    }

    /// Answers the challenge that proves the new address.
    async fn prove(&self, address: &str) {
        let open = "select count(*) from challenges where kind = 'address' and state = 'open'";
        assert_eq!(count(&self.app, open).await, 1);
        let query = "select challenge_id::text from challenges where kind = 'address' and state = 'open'";
        let id: String = self.app.database.owner().await.query_one(query, &[]).await.unwrap().get(0);
        assert_eq!(self.alice.confirm(&id, &self.app.tan_sent_to(address)).await.status, 200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_out_ends_the_step_up_of_its_session_alone() {
    let scene = Scene::new().await;
    assert_eq!(scene.other.delete("/accounts/alice/token").await.status, 204);
    assert_eq!(mfa(&scene.alice.client, &scene.alice).await, [json!(true)]);
    assert_eq!(
        count(&scene.app, "select cardinality(step_up_sessions)::bigint from accounts where username = 'alice'").await,
        1
    );
    scene.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_another_ends_is_stepped_up_no_more_and_the_other_still_is() {
    let scene = Scene::new().await;
    let row = rows(&scene.alice.client, &scene.alice).await.remove(1);
    let path = format!("/accounts/alice/tokens/{}", row["token_id"].as_str().unwrap());
    assert_eq!(scene.alice.client.delete(&path).await.status, 204);
    assert_eq!(scene.other.get("/accounts/alice").await.error(), (401, 40));
    assert_eq!(mfa(&scene.alice.client, &scene.alice).await, [json!(true)]);
    assert_eq!(
        count(&scene.app, "select cardinality(step_up_sessions)::bigint from accounts where username = 'alice'").await,
        1
    );
    scene.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn adding_a_channel_ends_no_step_up() {
    let app = TestApp::start().await;
    let alice = app.customer_with_sms("alice").await;
    stepped_up(&app, &alice).await;
    let token = alice.token(&app).await;
    let added = with_token(&alice.client, Method::POST, "/accounts/alice/tan/email", &token, None).await;
    assert_eq!(added.status, 202, "{added:?}");
    let id = added.body["challenge"]["challenge_id"].as_str().unwrap();
    assert_eq!(alice.confirm(id, &app.tan_sent_to(&alice.email)).await.status, 200);
    assert_eq!(mfa(&alice.client, &alice).await, [json!(true)]);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_address_ends_every_step_up_once_it_is_proven() {
    let scene = Scene::new().await;
    let wish = json!({"address": "+41791112233"});
    scene.with_token(Method::POST, "/accounts/alice/tan/sms", Some(wish)).await;
    scene.assert_both(true).await;
    scene.prove("+41791112233").await;
    scene.assert_both(false).await;
    scene.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_channel_that_is_removed_ends_every_step_up() {
    let scene = Scene::new().await;
    scene.with_token(Method::DELETE, "/accounts/alice/tan/email", None).await;
    scene.assert_both(false).await;
    scene.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn contact_data_that_is_removed_with_its_channel_ends_every_step_up() {
    let scene = Scene::new().await;
    let wish = json!({"contact_data": {"email": null}});
    scene.with_token(Method::PATCH, "/accounts/alice", Some(wish)).await;
    scene.assert_both(false).await;
    scene.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_s_change_of_a_factor_ends_every_step_up() {
    for (method, body) in [(Method::PUT, Some(json!({"address": "+41791112233"}))), (Method::DELETE, None)] {
        let scene = Scene::new().await;
        let body = body.map(|body| body.to_string());
        let changed = scene.app.admin.send(method, "/accounts/alice/tan/sms", &[], body).await;
        assert_eq!(changed.status, 204, "{changed:?}");
        scene.assert_both(false).await;
        scene.app.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn recovery_codes_end_every_step_up_when_they_replace_others_and_none_when_they_are_the_first() {
    let scene = Scene::new().await;
    let (store, username) = (scene.app.store(&Wish::default()), Username::parse("alice").unwrap());
    for stepped_up in [true, false] {
        let made = store.transact(Wanted::account(&username), Author::durable("test"), |account, now| {
            let codes = RecoveryCodes {
                set: RecoverySetId::new(now, &SystemChance),
                key: KeyId(1),
                used: Vec::new(),
                since: now,
                brought_by: BroughtBy::Customer,
            };
            account.make_recovery_codes(codes, Clearance::NotNeeded, None)
        });
        made.await.unwrap().unwrap();
        scene.assert_both(stepped_up).await;
    }
    scene.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_changes_no_factor_ends_no_step_up() {
    let scene = Scene::new().await;
    assert_eq!(scene.alice.client.patch("/accounts/alice", json!({"language": "de"})).await.status, 204);
    let same = scene.app.admin.put("/accounts/alice/tan/sms", json!({"address": scene.alice.phone})).await;
    assert_eq!(same.status, 204);
    let asked = scene.other.post("/accounts/alice/tan/challenge/sms", json!({})).await;
    let path = format!("/accounts/alice/tan/challenge/{}", asked.text("challenge_id"));
    assert_eq!(scene.other.delete(&path).await.status, 204);
    assert_eq!(scene.app.admin.post("/accounts/alice/unblock", json!({})).await.status, 204);
    scene.assert_both(true).await;
    scene.app.stop().await;
}
