//! Where apps and codes are refused: channels that are off, and what operators can and cannot do.

use reqwest::Method;
use serde_json::json;

use super::{Still, channels, codes_in, enrol, proven, send};
use crate::{
    app::{TestApp, Wish},
    contract::{count, trace},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_channel_that_is_off_is_refused_and_serves_no_challenge() {
    let app = Still::start().await;
    let (alice, device) = app.customer_with_app("alice").await;
    let codes = app.codes(&alice, &app.token(&alice, &device).await).await;
    let more = "[channel.totp]\nenabled = false\n[channel.recovery]\nenabled = false\n".to_owned();
    let wish = Wish { more, clock: Some(app.clock.clone()), ..Wish::default() };
    let off = TestApp::on(app.database.clone(), wish).await;
    let here = off.admin.with_token(&alice.client.token);
    let before = trace(&app).await;
    for channel in ["totp", "recovery"] {
        let enrolled = here.post(&alice.path(&format!("/tan/{channel}")), json!({"name": "x"})).await;
        assert_eq!(enrolled.error(), (409, 5132), "{channel}");
        let asked = here.post(&alice.path(&format!("/tan/challenge/{channel}")), json!({})).await;
        assert_eq!(asked.error(), (409, 5132), "{channel}");
    }
    assert_eq!(here.get("/config").await.body["supported_tan_channels"], json!(["sms", "email"]));
    assert_eq!(trace(&app).await, before);
    let bob = off.customer("bob").await;
    assert_eq!(send(&bob.client, Method::POST, "/accounts/bob/tan/recovery", "", None).await.error(), (409, 5132));
    // What is in force protects all the same, and is not offered.
    let refused = here.delete("/accounts/alice/tan/totp").await;
    assert_eq!((refused.error(), &refused.body["tan_channels"]), ((403, 10002), &json!([])));
    off.stop().await;
    proven(&alice, "recovery", &codes[0]).await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_removes_apps_and_codes_and_puts_none_in_force() {
    let app = Still::start().await;
    let (alice, device) = app.customer_with_app("alice").await;
    app.put_in_force(&alice, "tablet", &app.token(&alice, &device).await).await;
    app.codes(&alice, &app.token(&alice, &device).await).await;
    for channel in ["totp", "recovery"] {
        for body in [json!({}), json!({"address": "x"})] {
            let put = app.admin.put(&alice.path(&format!("/tan/{channel}")), body).await;
            assert!(matches!(put.error(), (409, 5132) | (400, 25)), "{put:?}");
        }
    }
    let open = alice.challenge("totp").await.text("challenge_id").to_owned();
    assert_eq!(app.admin.delete("/accounts/alice/tan/totp?name=tablet").await.status, 204);
    assert_eq!(alice.state(&open).await, "void");
    assert_eq!(channels(&alice).await, json!(["totp", "recovery"]));
    assert_eq!(app.admin.delete("/accounts/alice/tan/recovery").await.status, 204);
    assert_eq!(app.admin.delete("/accounts/alice/tan/totp").await.status, 204);
    assert_eq!(channels(&alice).await, json!([]));
    assert_eq!(app.admin.delete("/accounts/alice/tan/totp").await.error(), (404, 5132));
    let removed = "select count(*) from events where kind = 'channel.removed' and actor like 'operator:%'";
    assert_eq!(count(&app, removed).await, 3);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn members_of_other_channels_and_unknown_ones_are_ignored() {
    let app = Still::start().await;
    let alice = app.customer("alice").await;
    let body = json!({"name": "telephone", "address": 7, "secret": "GEZDGNBVGY3TQOJQ", "digits": 8});
    let enrolled = enrol(&alice, &body, "").await;
    assert_eq!(enrolled.status, 202, "{enrolled:?}");
    assert_ne!(enrolled.text("secret"), "GEZDGNBVGY3TQOJQ", "nobody chooses a secret");
    let body = json!({"name": 7, "address": "x", "codes": 3});
    let made = send(&alice.client, Method::POST, "/accounts/alice/tan/recovery", "", Some(&body)).await;
    assert_eq!(codes_in(&made).len(), 10);
    for bad in ["[]", "\"default\"", "{", "{\"name\":\"a\",\"name\":\"b\"}"] {
        for channel in ["totp", "recovery"] {
            let path = alice.path(&format!("/tan/{channel}"));
            let refused = alice.client.send(Method::POST, &path, &[], Some(bad.to_owned())).await;
            assert_eq!(refused.error(), (400, 22), "{channel}: {bad}");
        }
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_of_all_factors_ends_what_other_sessions_began_without_a_proof() {
    let app = Still::start().await;
    let alice = app.customer("alice").await;
    let other = app.log_in("alice").await;
    let begun = other.post("/accounts/alice/tan/totp", json!({"name": "a thief's"})).await;
    let (pending, device) = super::set_up(&begun);
    app.codes(&alice, "").await;
    let confirm = alice.path(&format!("/tan/challenge/{pending}/confirm"));
    let refused = other.post(&confirm, json!({"tan": app.code(&device, 0)})).await;
    assert_eq!(refused.error(), (409, 5144));
    assert_eq!(channels(&alice).await, json!(["recovery"]));
    app.stop().await;
}
