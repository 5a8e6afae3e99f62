//! Recovery codes: each good once, all dead when new ones are made.

use reqwest::Method;
use serde_json::json;

use super::{Still, channels, codes_in, proven, remove, send};
use crate::contract::{count, trace};

const MAKE: &str = "/accounts/alice/tan/recovery";
const FAILURES: &str = "select total_failures::bigint from accounts where username = 'alice'";

#[tokio::test(flavor = "multi_thread")]
async fn ten_codes_are_made_and_each_proves_the_customer_once() {
    let app = Still::start().await;
    let alice = app.customer("alice").await;
    let made = send(&alice.client, Method::POST, MAKE, "", None).await;
    let codes = codes_in(&made);
    assert_eq!((made.text("tan_channel"), made.text("state")), ("recovery", "active"));
    assert_eq!((codes.len(), made.body.as_object().unwrap().len()), (10, 3), "{made:?}");
    let form = regex::Regex::new("^[a-z2-7]{4}-[a-z2-7]{4}-[a-z2-7]{4}$").unwrap();
    assert!(codes.iter().all(|code| form.is_match(code)), "{codes:?}");
    assert_eq!(codes.iter().collect::<std::collections::BTreeSet<_>>().len(), 10);
    assert_eq!(channels(&alice).await, json!(["recovery"]));
    for (left, code) in (0..10).rev().zip(&codes) {
        proven(&alice, "recovery", code).await;
        let listed = alice.client.get("/accounts/alice/tan").await;
        assert_eq!(listed.number("recovery_codes_left"), left);
        assert_eq!(listed.body["tan_channels"][0]["tan_info"], format!("{left}/10"));
    }
    // An account that used them up is not one without protection.
    assert_eq!(alice.client.post("/accounts/alice/tan/challenge/recovery", json!({})).await.error(), (409, 5132));
    let refused = send(&alice.client, Method::POST, MAKE, "", None).await;
    assert_eq!((refused.error(), &refused.body["tan_channels"]), ((403, 10002), &json!([])));
    assert_eq!(channels(&alice).await, json!(["recovery"]));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_used_code_is_wrong_and_counted_on_every_later_challenge() {
    let app = Still::start().await;
    let alice = app.customer("alice").await;
    let codes = app.codes(&alice, "").await;
    let (used, other) = (alice.challenge("recovery").await, alice.challenge("recovery").await);
    assert_eq!(alice.confirm(used.text("challenge_id"), &codes[3]).await.status, 200);
    let again = alice.confirm(other.text("challenge_id"), &codes[3]).await;
    assert_eq!((again.error(), again.number("attempts_left")), ((409, 5134), 2));
    assert_eq!(count(&app, FAILURES).await, 1);
    assert_eq!(alice.confirm(other.text("challenge_id"), &codes[4]).await.status, 200);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_is_read_as_people_type_it() {
    let app = Still::start().await;
    let alice = app.customer("alice").await;
    let codes = app.codes(&alice, "").await;
    let bare = |code: &str| code.replace('-', "");
    proven(&alice, "recovery", &codes[0].to_uppercase()).await;
    proven(&alice, "recovery", &bare(&codes[1])).await;
    proven(&alice, "recovery", &format!("  {} ", codes[2].replace('-', " "))).await;
    proven(&alice, "recovery", &format!("T-{}", codes[3])).await;
    let id = alice.challenge("recovery").await.text("challenge_id").to_owned();
    for none in [&codes[4][..13], "12345678", "123456", "abcd-efgh-0189"] {
        assert_eq!(alice.confirm(&id, none).await.error(), (400, 26), "{none}");
    }
    assert_eq!(count(&app, FAILURES).await, 0);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn new_codes_are_protected_and_kill_the_old_with_all_that_was_open() {
    let app = Still::start().await;
    let alice = app.customer("alice").await;
    let old = app.codes(&alice, "").await;
    let (paying, unspent) = (proven(&alice, "recovery", &old[0]).await, proven(&alice, "recovery", &old[1]).await);
    let open = alice.challenge("recovery").await.text("challenge_id").to_owned();
    let before = trace(&app).await;
    let refused = send(&alice.client, Method::POST, MAKE, "", None).await;
    assert_eq!((refused.error(), refused.text("summary")), ((403, 10002), "make new recovery codes"));
    assert_eq!(refused.body["tan_channels"], json!([{"tan_channel": "recovery", "tan_info": "8/10"}]));
    assert_eq!(trace(&app).await, before);

    let new = app.codes(&alice, &paying).await;
    assert!(new.iter().all(|code| !old.contains(code)));
    assert_eq!(alice.client.get("/accounts/alice/tan").await.number("recovery_codes_left"), 10);
    assert_eq!(alice.state(&open).await, "void");
    assert_eq!(remove(&alice, "recovery", &unspent).await.error(), (403, 10003));
    assert_eq!(send(&alice.client, Method::POST, MAKE, &paying, None).await.error(), (403, 10003), "spent");
    let id = alice.challenge("recovery").await.text("challenge_id").to_owned();
    assert_eq!(alice.confirm(&id, &old[2]).await.error(), (409, 5134));
    assert_eq!(alice.confirm(&id, &new[2]).await.status, 200);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_codes_void_nothing() {
    let app = Still::start().await;
    let (alice, device) = app.customer_with_app("alice").await;
    let (paying, unspent) = (app.token(&alice, &device).await, app.token(&alice, &device).await);
    let open = alice.challenge("totp").await.text("challenge_id").to_owned();
    app.codes(&alice, &paying).await;
    assert_eq!(alice.state(&open).await, "open");
    assert_eq!(remove(&alice, "recovery", &unspent).await.status, 204);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn codes_are_removed_by_a_proof_and_are_dead_then() {
    let app = Still::start().await;
    let (alice, device) = app.customer_with_app("alice").await;
    let codes = app.codes(&alice, &app.token(&alice, &device).await).await;
    let refused = remove(&alice, "recovery", "").await;
    assert_eq!((refused.error(), refused.text("summary")), ((403, 10002), "remove the recovery codes"));
    let token = proven(&alice, "recovery", &codes[0]).await;
    let open = alice.challenge("recovery").await.text("challenge_id").to_owned();
    assert_eq!(remove(&alice, "recovery", &token).await.status, 204);
    assert_eq!(alice.confirm(&open, &codes[1]).await.error(), (409, 5144));
    assert_eq!(alice.client.post("/accounts/alice/tan/challenge/recovery", json!({})).await.error(), (409, 5132));
    assert_eq!(alice.client.get("/accounts/alice/tan").await.body.get("recovery_codes_left"), None);
    assert_eq!(remove(&alice, "recovery", "").await.error(), (404, 5132));
    assert_eq!(channels(&alice).await, json!(["totp"]));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_for_new_codes_is_bound_to_making_them() {
    let app = Still::start().await;
    let (alice, device) = app.customer_with_app("alice").await;
    let refused = send(&alice.client, Method::POST, MAKE, "", None).await;
    let ticket = json!({"operation": refused.text("operation")});
    let asked = alice.client.post("/accounts/alice/tan/challenge/totp", ticket).await;
    let token = alice.confirm(asked.text("challenge_id"), &app.code(&device, 0)).await.text("tan_token").to_owned();
    assert_eq!(remove(&alice, "totp", &token).await.error(), (403, 10004));
    assert_eq!(send(&alice.client, Method::POST, MAKE, &token, None).await.error(), (403, 10003), "void since");
    assert_eq!(channels(&alice).await, json!(["totp"]));
    app.stop().await;
}
