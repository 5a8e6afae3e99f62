//! Taler's flow (section 6c), as its clients speak it.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;

use super::{Bank, Request};
use crate::{
    app::{Answer, Client, Customer, other_than},
    bank_core::{Gate, Reply, Script},
    contract::{seconds, tans_sent, trace},
};

pub const PATH: &str = "/accounts/alice/withdrawals/7/confirm";

pub fn withdrawal() -> Request<'static> {
    Request::post(PATH, r#"{"amount":"KUDOS:5"}"#)
}

/// The ids of a 202, by channel.
pub fn ids(answer: &Answer) -> Vec<String> {
    assert_eq!((answer.status.as_u16(), &answer.body["combi_and"]), (202, &json!(false)), "{answer:?}");
    let challenges = answer.body["challenges"].as_array().unwrap();
    challenges.iter().map(|challenge| challenge["challenge_id"].as_str().unwrap().to_owned()).collect()
}

/// The first id of a 202.
pub async fn challenged(customer: &Customer) -> String {
    ids(&withdrawal().send(&customer.client, "").await).remove(0)
}

/// Asks for the TAN: an empty body is none, and no credentials are sent.
pub async fn asked(client: &Client, id: &str, body: &str) -> Answer {
    let path = format!("/accounts/alice/challenge/{id}");
    client.with_token("").send(Method::POST, &path, &[], (!body.is_empty()).then(|| body.to_owned())).await
}

pub async fn confirmed(client: &Client, id: &str, tan: &str) -> Answer {
    client.with_token("").post(&format!("/accounts/alice/challenge/{id}/confirm"), json!({"tan": tan})).await
}

pub async fn repeated(customer: &Customer, ids: &str) -> Answer {
    withdrawal().send_with(&customer.client, &[("Taler-Challenge-Ids", ids)]).await
}

/// An id that is asked for, sent and solved.
pub async fn solved(bank: &Bank, customer: &Customer) -> String {
    let id = challenged(customer).await;
    assert_eq!(asked(&customer.client, &id, "{}").await.status, 200);
    let tan = bank.app.tan_sent_to(&customer.phone);
    assert_eq!(confirmed(&customer.client, &id, &tan).await.status, 204);
    id
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_of_taler_s_is_challenged_proves_itself_and_repeats() {
    let bank = Bank::open().await;
    let alice = bank.customer_with("alice", &["sms", "email"]).await;
    let before = trace(&bank.app).await;
    let first = withdrawal().send(&alice.client, "").await;
    let ids = ids(&first);
    assert_eq!(first.body.as_object().unwrap().len(), 2, "{first:?}");
    let channels: Vec<_> =
        first.body["challenges"].as_array().unwrap().iter().map(|c| c["tan_channel"].clone()).collect();
    assert_eq!(channels, [json!("sms"), json!("email")]);
    for challenge in first.body["challenges"].as_array().unwrap() {
        assert_eq!(challenge.as_object().unwrap().len(), 3, "{challenge}");
        assert!(challenge["tan_info"].as_str().unwrap().contains('*'), "{challenge}");
    }
    for id in &ids {
        assert!(id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte)), "url-safe: {id}");
        assert!(!id.contains("alice") && id.len() < 2000, "{id}");
    }
    assert_eq!((trace(&bank.app).await, bank.core.seen().len()), (before, 0), "nothing is stored before it is used");

    let sent = asked(&alice.client, &ids[0], "{}").await;
    assert_eq!((sent.status.as_u16(), sent.body.as_object().unwrap().len()), (200, 2), "{sent:?}");
    assert!(seconds(&sent.body["solve_expiration"]) > seconds(&sent.body["earliest_retransmission"]));
    assert_eq!((bank.app.sms.attempts(), bank.app.email.attempts()), (1, 0));
    let done = confirmed(&alice.client, &ids[0], &format!("T-{}", bank.app.tan_sent_to(&alice.phone))).await;
    assert_eq!((done.status.as_u16(), done.raw.as_str()), (204, ""));
    assert!(bank.core.seen().is_empty());

    let through = repeated(&alice, &ids[0]).await;
    assert_eq!((through.status.as_u16(), through.raw.as_str()), (200, r#"{"done":200}"#));
    let seen = bank.core.last("POST", PATH);
    assert!(seen.header("taler-challenge-ids").is_none() && seen.header("idempotency-key").is_some());
    assert_eq!(seen.header("x-tan-account").as_deref(), Some("alice"));
    assert!(seen.header("x-tan-challenge").is_some());
    assert_eq!(self::ids(&repeated(&alice, &ids[0]).await).len(), 2, "spent: challenged again");
    assert_eq!(bank.core.hits("POST", PATH), 1);
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn any_one_of_the_ids_does_in_either_header() {
    let bank = Bank::open().await;
    let alice = bank.customer_with("alice", &["sms", "email"]).await;
    for (header, list) in [
        ("Taler-Challenge-Ids", "{}"),
        ("Taler-Challenge-Ids", "{other}, {}"),
        ("Taler-Challenge-Ids", "{},{other}"),
        ("Taler-Challenge-Ids", "nonsense,{}"),
        ("X-Challenge-Id", "{}"),
        ("taler-challenge-ids", " {} "),
    ] {
        bank.app.advance(Duration::from_mins(1));
        let offered = ids(&withdrawal().send(&alice.client, "").await);
        assert_eq!(asked(&alice.client, &offered[1], "").await.status, 200, "no body is one too");
        assert_eq!(confirmed(&alice.client, &offered[1], &bank.app.tan_sent_to(&alice.email)).await.status, 204);
        let list = list.replace("{}", &offered[1]).replace("{other}", &offered[0]);
        let through = withdrawal().send_with(&alice.client, &[(header, &list)]).await;
        assert_eq!(through.status, 200, "{header}: {list}: {through:?}");
    }
    assert_eq!(bank.core.effects("POST", PATH), 6);
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_tans_are_counted_and_a_fresh_one_comes_at_once_when_they_are_used_up() {
    let bank = Bank::open().await;
    let alice = bank.customer("alice").await;
    let id = challenged(&alice).await;
    asked(&alice.client, &id, "{}").await;
    let first = bank.app.tan_sent_to(&alice.phone);
    for left in [2, 1] {
        let wrong = confirmed(&alice.client, &id, &other_than(&first)).await;
        assert_eq!(
            (wrong.error(), wrong.number("attempts_left"), wrong.number("retry_counter")),
            ((409, 5134), left, left)
        );
    }
    assert_eq!(confirmed(&alice.client, &id, &other_than(&first)).await.error(), (429, 5131));
    assert_eq!(confirmed(&alice.client, &id, &first).await.error(), (429, 5131), "the right one too");
    let again = asked(&alice.client, &id, "{}").await;
    assert_eq!((again.status.as_u16(), tans_sent(&bank.app)), (200, 2), "without cool-down: {again:?}");
    let fresh = bank.app.tan_sent_to(&alice.phone);
    assert_ne!(fresh, first);
    assert_eq!(confirmed(&alice.client, &id, &first).await.error(), (409, 5134), "the old one is dead");
    assert_eq!(confirmed(&alice.client, &id, &fresh).await.status, 204);
    assert_eq!(repeated(&alice, &id).await.status, 200);
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sending_again_has_its_cool_down_and_what_is_no_tan_costs_nothing() {
    let bank = Bank::open().await;
    let alice = bank.customer("alice").await;
    let id = challenged(&alice).await;
    assert_eq!(confirmed(&alice.client, &id, "12345678").await.error(), (404, 5143), "not sent yet");
    asked(&alice.client, &id, "{}").await;
    let early = asked(&alice.client, &id, "{}").await;
    assert_eq!((early.error(), (1..=60).contains(&early.retry_after())), ((429, 5131), true));
    for nonsense in ["1234567", "123456789", "abcdefgh", ""] {
        assert_eq!(confirmed(&alice.client, &id, nonsense).await.error(), (400, 26), "{nonsense}");
    }
    let tan = bank.app.tan_sent_to(&alice.phone);
    bank.app.advance(Duration::from_mins(1));
    assert_eq!(asked(&alice.client, &id, "{}").await.status, 200);
    assert_eq!((bank.app.tan_sent_to(&alice.phone), tans_sent(&bank.app)), (tan.clone(), 2), "the same again");
    let wrong = confirmed(&alice.client, &id, &other_than(&tan)).await;
    assert_eq!((wrong.error(), wrong.number("attempts_left")), ((409, 5134), 2));
    assert_eq!(confirmed(&alice.client, &id, &tan).await.status, 204);
    assert_eq!(confirmed(&alice.client, &id, &tan).await.error(), (410, 10001));
    assert_eq!(asked(&alice.client, &id, "{}").await.error(), (410, 10001));
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_without_channels_passes_straight() {
    let bank = Bank::open().await;
    let alice = bank.customer_with("alice", &[]).await;
    assert_eq!(withdrawal().send(&alice.client, "").await.status, 200);
    assert_eq!(repeated(&alice, "nonsense").await.status, 200);
    assert!(bank.core.seen().iter().all(|seen| seen.header("taler-challenge-ids").is_none()));
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outcome_settles_a_solved_id_like_a_token() {
    let bank = Bank::open().await;
    let alice = bank.customer("alice").await;
    let id = solved(&bank, &alice).await;
    for status in [400, 404, 409] {
        bank.core.once("POST", PATH, Script::refuse(status));
        assert_eq!(repeated(&alice, &id).await.status, status);
    }
    bank.core.once("POST", PATH, Script::say(&Reply::new(500).body(b"who knows")));
    assert_eq!(repeated(&alice, &id).await.raw, "who knows");
    assert_eq!(ids(&repeated(&alice, &id).await).len(), 1, "void: challenged again");
    assert_eq!((bank.core.hits("POST", PATH), bank.core.effects("POST", PATH)), (4, 0));
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_repeats_at_once_one_goes_through() {
    let bank = Bank::open().await;
    let alice = bank.customer("alice").await;
    let id = solved(&bank, &alice).await;
    let gate = Gate::shut();
    bank.core.on("POST", PATH, Script::done(200).behind(&gate));
    let mut all = tokio::task::JoinSet::new();
    for _ in 0..30 {
        let (client, id) = (alice.client.clone(), id.clone());
        all.spawn(async move { withdrawal().send_with(&client, &[("Taler-Challenge-Ids", &id)]).await.error() });
    }
    let mut answers = Vec::new();
    while answers.len() < 29 {
        answers.push(all.join_next().await.unwrap().unwrap());
    }
    assert!(answers.iter().all(|error| *error == (409, 10005)), "{answers:?}");
    gate.open();
    assert_eq!(all.join_next().await.unwrap().unwrap(), (200, 0));
    assert_eq!(bank.core.effects("POST", PATH), 1);
    bank.close().await;
}
