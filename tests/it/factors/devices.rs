//! Several apps of one account: their names, their number, and what goes with one of them.

use serde_json::json;

use super::{STEP, Still, channels, enrol, proven, remove, set_up};
use crate::contract::{count, trace};

#[tokio::test(flavor = "multi_thread")]
async fn the_name_of_an_app_is_unique_and_can_be_shown() {
    let app = Still::start().await;
    let (alice, device) = app.customer_with_app("alice").await;
    let before = trace(&app).await;
    for body in [json!({}), json!({"name": "default"}), json!({"name": null})] {
        assert_eq!(enrol(&alice, &body, "").await.error(), (409, 10007), "{body}");
    }
    let long = "x".repeat(65);
    for name in ["", " a", "a ", "a\nb", "a\u{202E}b", "\u{200B}", "a@b #1", long.as_str()] {
        assert_eq!(enrol(&alice, &json!({"name": name}), "").await.error(), (400, 26), "{name:?}");
    }
    assert_eq!(enrol(&alice, &json!({"name": 7}), "").await.error(), (400, 26));
    assert_eq!(trace(&app).await, before);
    // In the longest, in any script, and with what stands for something else in a URI.
    for name in ["Mein Telefon – Ünïcode 電話", "100% & more? #1 / x=y:z", &"w".repeat(64)] {
        let refused = enrol(&alice, &json!({"name": name}), "").await;
        assert_eq!(refused.text("summary"), format!("add an authenticator app named {name}"));
        let token = app.token(&alice, &device).await;
        app.put_in_force(&alice, name, &token).await;
        let removed = remove(&alice, &query(name), "").await;
        assert_eq!(removed.text("summary"), format!("remove the authenticator app {name}"));
    }
    app.stop().await;
}

/// `totp?name=…` as a client writes it.
fn query(name: &str) -> String {
    let name: String = url::form_urlencoded::byte_serialize(name.as_bytes()).collect();
    format!("totp?name={name}")
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_has_so_many_apps_and_no_more() {
    let app = Still::with(crate::app::Wish { more: "[limits]\ntotp_devices = 2\n".to_owned(), ..Default::default() });
    let app = app.await;
    let (alice, device) = app.customer_with_app("alice").await;
    app.put_in_force(&alice, "second", &app.token(&alice, &device).await).await;
    let token = app.token(&alice, &device).await;
    let refused = enrol(&alice, &json!({"name": "third"}), &token).await;
    assert_eq!((refused.error(), refused.text("limit")), ((429, 5131), "totp_devices"));
    assert!(refused.retry_after() > 0);
    assert_eq!(remove(&alice, "totp?name=second", &token).await.status, 204, "the token was not spent");
    let token = app.token(&alice, &device).await;
    assert_eq!(enrol(&alice, &json!({"name": "third"}), &token).await.status, 202);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn enrolling_spends_the_token_at_once_and_a_pending_app_is_withdrawn_freely() {
    let app = Still::start().await;
    let (alice, device) = app.customer_with_app("alice").await;
    let token = app.token(&alice, &device).await;
    let (challenge, second) = set_up(&enrol(&alice, &json!({"name": "second"}), &token).await);
    assert_eq!(enrol(&alice, &json!({"name": "third"}), &token).await.error(), (403, 10003), "spent");
    assert_eq!(alice.state(&challenge).await, "open");
    assert_eq!(remove(&alice, "totp?name=third", "").await.error(), (404, 5132));
    assert_eq!(remove(&alice, "totp?name=second", "").await.status, 204);
    assert_eq!(alice.confirm(&challenge, &app.code(&second, 0)).await.error(), (409, 5144));
    assert_eq!(remove(&alice, "totp?name=second", "").await.error(), (404, 5132));
    // Without a name it is the pending one too that goes first.
    let token = app.token(&alice, &device).await;
    let (challenge, _) = set_up(&enrol(&alice, &json!({"name": "second"}), &token).await);
    assert_eq!(remove(&alice, "totp", "").await.status, 204);
    assert_eq!(alice.state(&challenge).await, "void");
    assert_eq!(remove(&alice, "totp", "").await.error(), (403, 10002));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pending_app_does_not_stand_before_the_removal_of_another() {
    let app = Still::start().await;
    let (alice, device) = app.customer_with_app("alice").await;
    let (challenge, _) = set_up(&enrol(&alice, &json!({"name": "second"}), &app.token(&alice, &device).await).await);
    let token = app.token(&alice, &device).await;
    assert_eq!(remove(&alice, "totp?name=default", "").await.error(), (403, 10002));
    assert_eq!(alice.state(&challenge).await, "open", "what is refused changes nothing");
    assert_eq!(remove(&alice, "totp?name=default", &token).await.status, 204);
    assert_eq!(channels(&alice).await, json!([]));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_removed_app_takes_open_challenges_and_unspent_tokens_with_it_and_nothing_else() {
    let app = Still::start().await;
    let (alice, first) = app.customer_with_app("alice").await;
    let bob = app.customer_with_app("bob").await;
    let second = app.put_in_force(&alice, "second", &app.token(&alice, &first).await).await;
    app.set_address(&alice, "sms", &alice.phone).await;
    let codes = app.codes(&alice, &app.token(&alice, &first).await).await;
    let (unspent, paying) = (app.token(&alice, &first).await, app.token(&alice, &second).await);
    let (open, of_bob) = (alice.challenge("totp").await, bob.0.challenge("totp").await);
    let other_session = app.log_in("alice").await;

    let refused = remove(&alice, "totp?name=first", &paying).await;
    assert_eq!(refused.error(), (404, 5132), "{refused:?}");
    assert_eq!(remove(&alice, "totp?name=default", &paying).await.status, 204);

    assert_eq!(alice.state(open.text("challenge_id")).await, "void");
    assert_eq!(remove(&alice, "sms", &unspent).await.error(), (403, 10003));
    assert_eq!(channels(&alice).await, json!(["sms", "totp", "recovery"]));
    assert_eq!(other_session.get("/accounts/alice").await.status, 200);
    assert_eq!(bob.0.state(of_bob.text("challenge_id")).await, "open");
    let id = alice.challenge("totp").await.text("challenge_id").to_owned();
    assert_eq!(alice.confirm(&id, &app.code(&first, 0)).await.error(), (409, 5134), "its codes are dead");
    assert_eq!(alice.confirm(&id, &app.code(&second, 0)).await.status, 200);
    proven(&alice, "recovery", &codes[0]).await;
    alice.token(&app).await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_name_every_app_is_removed() {
    let app = Still::start().await;
    let (alice, first) = app.customer_with_app("alice").await;
    app.put_in_force(&alice, "second", &app.token(&alice, &first).await).await;
    let refused = remove(&alice, "totp", "").await;
    assert_eq!(refused.text("summary"), "remove all authenticator apps");
    let info = json!([{"tan_channel": "totp", "tan_info": "default, second"}]);
    assert_eq!(refused.body["tan_channels"], info);
    assert_eq!(remove(&alice, "totp", &app.token(&alice, &first).await).await.status, 204);
    assert_eq!(channels(&alice).await, json!([]));
    assert_eq!(count(&app, "select count(*) from channels").await, 0, "no secret stays behind");
    assert_eq!(remove(&alice, "totp", "").await.error(), (404, 5132));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_name_in_a_query_is_read_strictly_and_only_for_apps() {
    let app = Still::start().await;
    let (alice, device) = app.customer_with_app("alice").await;
    let token = app.token(&alice, &device).await;
    let before = trace(&app).await;
    for query in ["name=default&name=default", "name=", "name", "name=%ff", "name=a%0Ab", "n%61me=default&name=x"] {
        assert_eq!(remove(&alice, &format!("totp?{query}"), &token).await.error(), (400, 26), "{query}");
    }
    assert_eq!(remove(&alice, "totp?name=Default", &token).await.error(), (404, 5132), "names are exact");
    assert_eq!(remove(&alice, "sms?name=default", &token).await.error(), (404, 5132));
    assert_eq!(trace(&app).await, before);
    app.advance(STEP);
    assert_eq!(remove(&alice, "totp?device=x&name=def%61ult", &token).await.status, 204);
    app.stop().await;
}
