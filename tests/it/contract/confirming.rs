//! Confirming (section 5): what counts as a TAN, and which answer comes first.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;

use super::{count, seconds, trace, until_sent, with_token};
use crate::app::{TestApp, other_than};

const FAILURES: &str = "select failures::bigint from accounts where username = 'alice'";

#[tokio::test(flavor = "multi_thread")]
async fn the_right_tan_yields_a_token_once() {
    let app = TestApp::start().await;
    let alice = app.customer_with_sms("alice").await;
    let challenge = alice.challenge("sms").await;
    let id = challenge.text("challenge_id");
    let tan = app.tan_sent_to(&alice.phone);
    let solved = alice.confirm(id, &tan).await;
    assert_eq!(solved.status, 200);
    let token = solved.text("tan_token");
    let secret = token.strip_prefix("tan_").unwrap();
    assert_eq!(secret.len(), 43);
    assert!(secret.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)));
    assert_eq!(solved.body["bound"], json!(false));
    assert_eq!(solved.body.as_object().unwrap().len(), 3);
    let expiration = seconds(&solved.body["expiration"]) - seconds(&challenge.body["solve_expiration"]);
    assert!(expiration <= 30, "five minutes from now, as the TAN had: {solved:?}");
    let again = alice.confirm(id, &tan).await;
    assert_eq!(again.error(), (410, 10001));
    assert!(!again.raw.contains("tan_"), "no token is issued twice");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tan_may_be_written_with_prefix_blanks_and_dashes() {
    let app = TestApp::start().await;
    let alice = app.customer_with_sms("alice").await;
    let spellings: [fn(&str) -> String; 7] = [
        |tan| format!("T-{tan}"),
        |tan| format!("{} {}", &tan[..4], &tan[4..]),
        |tan| format!("{}-{}", &tan[..4], &tan[4..]),
        |tan| format!("  {tan} "),
        |tan| format!("T-{} - {}", &tan[..4], &tan[4..]),
        |tan| tan.chars().flat_map(|digit| [digit, ' ']).collect(),
        |tan| format!("-{tan}-"),
    ];
    for spelled in spellings {
        let id = alice.challenge("sms").await.text("challenge_id").to_owned();
        let spelled = spelled(&app.tan_sent_to(&alice.phone));
        assert_eq!(alice.confirm(&id, &spelled).await.status, 200, "{}", spelled.len());
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_candidate_costs_no_attempt() {
    let app = TestApp::start().await;
    let alice = app.customer_with_sms("alice").await;
    let id = alice.challenge("sms").await.text("challenge_id").to_owned();
    let tan = app.tan_sent_to(&alice.phone);
    let before = trace(&app).await;
    let (short, long) = (&tan[..7], format!("{tan}0"));
    for candidate in [short, &long, "123456", "abcd-efgh-2345", "", "zwölf", "１２３４５６７８"] {
        let refused = alice.confirm(&id, candidate).await;
        assert_eq!(refused.error(), (400, 26), "{candidate}");
    }
    assert_eq!(trace(&app).await, before);
    assert_eq!(alice.confirm(&id, &tan).await.status, 200);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_tan_is_counted_and_its_refusal_tells_only_how_many_are_left() {
    let app = TestApp::start().await;
    let alice = app.customer_with_sms("alice").await;
    let id = alice.challenge("sms").await.text("challenge_id").to_owned();
    let tan = app.tan_sent_to(&alice.phone);
    let wrong = alice.confirm(&id, &other_than(&tan)).await;
    assert_eq!((wrong.error(), wrong.number("attempts_left")), ((409, 5134), 2));
    assert!(!wrong.raw.contains(&tan) && !wrong.raw.contains(&other_than(&tan)));
    assert_eq!(count(&app, FAILURES).await, 1);
    let watched = alice.client.get(&alice.path(&format!("/tan/challenge/{id}"))).await;
    assert_eq!(watched.number("attempts_left"), 2);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_challenge_s_tan_is_wrong_for_another() {
    let app = TestApp::start().await;
    let alice = app.customer_with_both("alice").await;
    until_sent(&app.email, 1).await;
    let sms = alice.challenge("sms").await.text("challenge_id").to_owned();
    let email = alice.challenge("email").await.text("challenge_id").to_owned();
    let (sms_tan, email_tan) = (app.tan_sent_to(&alice.phone), app.tan_sent_to(&alice.email));
    assert_eq!(alice.confirm(&sms, &email_tan).await.error(), (409, 5134));
    assert_eq!(alice.confirm(&email, &sms_tan).await.error(), (409, 5134));
    assert_eq!(alice.confirm(&sms, &sms_tan).await.status, 200);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_tans_count_over_all_challenges_and_channels_until_one_as_strong_is_solved() {
    let app = TestApp::start().await;
    let alice = app.customer_with_both("alice").await;
    until_sent(&app.email, 1).await;
    let email = alice.challenge("email").await.text("challenge_id").to_owned();
    alice.confirm(&email, &other_than(&app.tan_sent_to(&alice.email))).await;
    let sms = alice.challenge("sms").await.text("challenge_id").to_owned();
    alice.confirm(&sms, &other_than(&app.tan_sent_to(&alice.phone))).await;
    assert_eq!(count(&app, FAILURES).await, 2);
    assert_eq!(alice.confirm(&email, &app.tan_sent_to(&alice.email)).await.status, 200);
    assert_eq!(count(&app, FAILURES).await, 2, "mail is weaker than the channel that failed");
    assert_eq!(alice.confirm(&sms, &app.tan_sent_to(&alice.phone)).await.status, 200);
    assert_eq!(count(&app, FAILURES).await, 0);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tan_is_accepted_by_any_session_of_the_account_and_by_no_operator() {
    let app = TestApp::start().await;
    let alice = app.customer_with_sms("alice").await;
    let id = alice.challenge("sms").await.text("challenge_id").to_owned();
    let tan = json!({"tan": app.tan_sent_to(&alice.phone)});
    let path = alice.path(&format!("/tan/challenge/{id}/confirm"));
    let before = trace(&app).await;
    for client in [&app.admin, &app.core] {
        assert_eq!(client.post(&path, tan.clone()).await.error(), (403, 44));
    }
    assert_eq!(trace(&app).await, before);
    let other = app.log_in("alice").await;
    assert_eq!(other.post(&path, tan).await.status, 200);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_answers_come_in_the_order_of_the_contract() {
    let app = TestApp::start().await;
    let alice = app.customer_with_sms("alice").await;
    let solved = alice.challenge("sms").await.text("challenge_id").to_owned();
    assert_eq!(alice.confirm(&solved, &app.tan_sent_to(&alice.phone)).await.status, 200);
    let aborted = alice.challenge("sms").await.text("challenge_id").to_owned();
    assert_eq!(alice.client.delete(&alice.path(&format!("/tan/challenge/{aborted}"))).await.status, 204);
    app.advance(Duration::from_mins(1));
    let open = alice.challenge("sms").await.text("challenge_id").to_owned();
    let tan = app.tan_sent_to(&alice.phone);
    let blocking = alice.block(&app).await;
    assert_eq!(blocking.answer.error(), (409, 5134), "the one that reaches the count gets its own answer");
    let ids = [&solved, &aborted, &open, &blocking.exhausted];
    let expected = [(410, 10001), (409, 5144), (429, 10006), (429, 10006)];
    for (id, expected) in ids.into_iter().zip(expected) {
        assert_eq!(alice.confirm(id, &tan).await.error(), expected);
    }
    assert_eq!(alice.confirm("0197f5a0-8c2e-7c3a-9d61-0a1b2c3d4e5f", &tan).await.error(), (404, 5143));
    assert_eq!(alice.confirm(&open, "x").await.error(), (400, 26), "no candidate comes first");
    app.advance(Duration::from_mins(10));
    assert_eq!(alice.confirm(&open, &tan).await.error(), (429, 10006), "blocked comes before expired");
    app.advance(Duration::from_mins(5));
    assert_eq!(alice.confirm(&open, &tan).await.error(), (409, 5144));
    assert_eq!(alice.confirm(&blocking.exhausted, &tan).await.error(), (429, 5131));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_good_for_five_minutes() {
    let app = TestApp::start().await;
    let alice = app.customer_with_sms("alice").await;
    let (young, old) = (alice.token(&app).await, alice.token(&app).await);
    app.advance(Duration::from_mins(5) - Duration::from_secs(30));
    let body = || Some(json!({"scope": "readonly"}));
    let in_time = with_token(&alice.client, Method::POST, "/accounts/alice/token", &young, body()).await;
    assert_eq!(in_time.status, 200, "{in_time:?}");
    app.advance(Duration::from_secs(30));
    let tokens = count(&app, "select count(*) from access_tokens").await;
    let late = with_token(&alice.client, Method::POST, "/accounts/alice/token", &old, body()).await;
    assert_eq!(late.error(), (403, 10003));
    assert_eq!(count(&app, "select count(*) from access_tokens").await, tokens);
    app.stop().await;
}
