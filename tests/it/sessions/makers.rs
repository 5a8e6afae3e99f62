//! Making an API token: a protected operation of whoever is logged in, of which the customer is told.

use reqwest::Method;
use serde_json::{Value, json};
use tanager::channel::{MessageKind, Recording};

use super::{api_token, rows, stepped_up};
use crate::{
    app::{TestApp, Wish},
    contract::{count, seconds, trace, until_sent, with_token},
};

const GATEWAY: &str = "[gateway]\nlisten = \"127.0.0.1:0\"\nupstream = \"http://127.0.0.1:9\"\n\
    [[gateway.operation]]\nname = \"transfer\"\nmethod = \"POST\"\npath = \"/accounts/{username}/transactions\"\n\
    summary = \"Transfer {{ body.amount }}\"\n\
    [[gateway.operation]]\nname = \"cashout\"\nmethod = \"POST\"\npath = \"/accounts/{username}/cashouts\"\n\
    summary = \"Cash out\"\n";
const TOKEN: &str = "/accounts/alice/token";

async fn bank() -> TestApp {
    TestApp::start_with(Wish { more: GATEWAY.to_owned(), ..Wish::default() }).await
}

fn notices(recording: &Recording) -> Vec<String> {
    let sent = recording.sent();
    let notices = sent.iter().filter(|message| message.kind == MessageKind::Notice);
    notices.map(|message| message.body.reveal().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_is_told_of_an_api_token_at_every_address() {
    let app = bank().await;
    let alice = app.customer_with_both("alice").await;
    let made = api_token(&app, &alice, json!({"scope": "readwrite", "operations": ["transfer"]})).await;
    for recording in [&app.sms, &app.email] {
        until_sent(recording, recording.sent().len().max(2)).await;
        let told = notices(recording).pop().unwrap();
        assert!(told.contains("an access token that needs no TAN was made for your account"), "{told}");
        assert!(!told.contains(made.text("access_token")) && !told.contains("transfer"), "{told}");
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_customer_approves_what_the_token_may_do_and_that_it_never_ends() {
    let app = bank().await;
    let alice = app.customer_with_sms("alice").await;
    for (wish, shown) in [
        (json!({"scope": "readonly"}), "make an API token that needs no TAN"),
        (
            json!({"scope": "readwrite", "operations": ["transfer", "cashout"]}),
            "make an API token that needs no TAN, for: transfer, cashout",
        ),
        (
            json!({"scope": "readwrite", "operations": ["cashout"], "duration": {"d_us": "forever"}}),
            "make an API token that needs no TAN and never ends, for: cashout",
        ),
    ] {
        let refused = alice.client.post(TOKEN, wish).await;
        assert_eq!((refused.error(), refused.text("summary")), ((403, 10002), shown));
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operation_that_is_named_twice_is_named_once() {
    let app = bank().await;
    let alice = app.customer_with_sms("alice").await;
    let names: Vec<_> = ["cashout", "transfer"].into_iter().cycle().take(500).collect();
    api_token(&app, &alice, json!({"scope": "readwrite", "operations": names})).await;
    let row = rows(&alice.client, &alice).await.remove(1);
    assert_eq!(row["operations"], json!(["cashout", "transfer"]));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_session_makes_an_api_token_without_a_one_shot_token_and_none_that_only_looks_makes_any() {
    let app = bank().await;
    let alice = app.customer_with_sms("alice").await;
    stepped_up(&app, &alice).await;
    let token = alice.token(&app).await;
    let readonly = app.core.post(TOKEN, json!({"scope": "readonly"})).await;
    let readonly = app.admin.with_token(readonly.text("access_token"));
    let before = trace(&app).await;
    let wish = || Some(json!({"scope": "readonly"}));
    assert_eq!(alice.client.post(TOKEN, wish().unwrap()).await.error(), (403, 10002));
    assert_eq!(with_token(&readonly, Method::POST, TOKEN, &token, wish()).await.error(), (403, 44));
    assert_eq!(with_token(&app.admin, Method::POST, TOKEN, &token, wish()).await.error(), (403, 44));
    assert_eq!(trace(&app).await.0, before.0);
    assert_eq!(with_token(&alice.client, Method::POST, TOKEN, &token, wish()).await.status, 200);
    assert_eq!(with_token(&alice.client, Method::POST, TOKEN, &token, wish()).await.error(), (403, 10003), "spent");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_api_token_lasts_as_long_as_a_session_unless_told_otherwise() {
    let app = bank().await;
    let alice = app.customer_with_sms("alice").await;
    let hour = 3600;
    for (wish, lasts) in [
        (json!({"scope": "readonly"}), Some(24 * hour)),
        (json!({"scope": "readonly", "duration": {"d_us": 7_776_000_000_000_u64}}), Some(90 * 24 * hour)),
        (json!({"scope": "readonly", "duration": {"d_us": "forever"}}), None),
    ] {
        let now = count(&app, "select floor(extract(epoch from clock_timestamp()))::bigint").await.unsigned_abs();
        let made = api_token(&app, &alice, wish).await;
        match lasts {
            Some(lasts) => {
                let expires = seconds(&made.body["expiration"]);
                assert!((now + lasts..now + lasts + 20).contains(&expires), "{made:?}");
            }
            None => assert_eq!(made.body["expiration"], json!({"t_s": "never"})),
        }
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_api_token_is_shown_once_and_the_trail_says_what_it_may_do() {
    let app = bank().await;
    let alice = app.customer_with_sms("alice").await;
    let wish = json!({"scope": "readwrite", "operations": ["transfer", "cashout"], "description": "bookkeeping"});
    let made = api_token(&app, &alice, wish).await;
    let secret = made.text("access_token").strip_prefix("secret-token:").unwrap();
    let listed = alice.client.get("/accounts/alice/tokens").await;
    assert!(!listed.raw.contains(secret));
    let row = listed.body["tokens"].as_array().unwrap().last().unwrap().clone();
    assert_eq!((&row["token_id"], &row["mfa"]), (&made.body["token_id"], &Value::Null));
    assert!(row.get("mfa_expiration").is_none() && row.get("last_used").is_none(), "{row}");
    let events = app.admin.get("/audit?account=alice&event=session.opened&limit=1").await;
    let details = &events.body["events"][0]["details"];
    assert_eq!((&details["token"], &details["operations"]), (&made.body["token_id"], &json!("transfer cashout")));
    assert!(!events.raw.contains("bookkeeping") && !events.raw.contains(secret));
    app.stop().await;
}
