//! An account's challenges, as operators see them who look into a complaint.

use std::{collections::BTreeSet, time::Duration};

use serde_json::{Value, json};

use crate::app::{Answer, Customer, TestApp, other_than};

/// All that a row may have.
const MEMBERS: [&str; 11] = [
    "challenge_id",
    "kind",
    "tan_channel",
    "tan_info",
    "state",
    "requested",
    "solve_expiration",
    "earliest_retransmission",
    "attempts_left",
    "transmissions_left",
    "summary",
];

async fn history(app: &TestApp, query: &str) -> Answer {
    let shown = app.admin.get(&format!("/accounts/alice/challenges{query}")).await;
    assert_eq!(shown.status, 200, "{shown:?}");
    shown
}

fn rows(shown: &Answer) -> Vec<Value> {
    shown.body["challenges"].as_array().unwrap().clone()
}

fn ids(shown: &Answer) -> Vec<String> {
    rows(shown).iter().map(|row| row["challenge_id"].as_str().unwrap().to_owned()).collect()
}

/// A challenge that is solved, so that the next can come at once.
async fn solved(app: &TestApp, alice: &Customer) -> String {
    let id = alice.challenge("sms").await.text("challenge_id").to_owned();
    assert_eq!(alice.confirm(&id, &app.tan_sent_to(&alice.phone)).await.status, 200);
    id
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_sees_how_each_challenge_came_out_and_no_secret() {
    let app = TestApp::start().await;
    let alice = app.customer_with_sms("alice").await;
    assert_eq!(history(&app, "").await.body, json!({"challenges": []}));
    let mut secrets = vec![alice.phone.clone(), alice.email.clone(), "new@mail.example".to_owned()];

    let exhausted = alice.challenge("sms").await.text("challenge_id").to_owned();
    secrets.push(app.tan_sent_to(&alice.phone));
    for _ in 0..3 {
        alice.confirm(&exhausted, &other_than(&app.tan_sent_to(&alice.phone))).await;
    }
    app.advance(Duration::from_mins(1));
    let refused = alice.client.post("/accounts/alice/tan/email", json!({"address": "new@mail.example"})).await;
    let ticket = json!({"operation": refused.text("operation")});
    let bound = alice.client.post("/accounts/alice/tan/challenge/sms", ticket).await.text("challenge_id").to_owned();
    secrets.push(app.tan_sent_to(&alice.phone));
    let token = alice.confirm(&bound, &app.tan_sent_to(&alice.phone)).await.text("tan_token").to_owned();
    secrets.push(token.clone());
    let headers = [("TAN-Token", token.as_str())];
    let body = Some(json!({"address": "new@mail.example"}).to_string());
    let enrolled = alice.client.send(reqwest::Method::POST, "/accounts/alice/tan/email", &headers, body).await;
    assert_eq!(enrolled.status, 202, "{enrolled:?}");
    secrets.push(app.tan_sent_to("new@mail.example"));

    let shown = history(&app, "").await;
    let told =
        |row: &Value| ["kind", "tan_channel", "tan_info", "state"].map(|name| row[name].as_str().unwrap().to_owned());
    let told: Vec<_> = rows(&shown).iter().map(told).collect();
    assert_eq!(
        told,
        [
            ["address", "email", "n***@mail.example", "open"],
            ["token", "sms", &mask(&alice.phone), "spent"],
            ["token", "sms", &mask(&alice.phone), "exhausted"],
        ]
    );
    let rows = rows(&shown);
    assert_eq!(rows[1]["summary"], json!("send TANs by email to n***@mail.example"));
    assert_eq!((&rows[2]["attempts_left"], &rows[2]["transmissions_left"]), (&json!(0), &json!(2)));
    for row in &rows {
        let members: BTreeSet<&str> = row.as_object().unwrap().keys().map(String::as_str).collect();
        assert!(members.is_subset(&MEMBERS.into()), "{members:?}");
        assert!(row["requested"]["t_s"].as_u64().unwrap() < row["solve_expiration"]["t_s"].as_u64().unwrap());
    }
    for secret in &secrets {
        assert!(!shown.raw.contains(secret.as_str()), "{shown:?}");
    }
    app.stop().await;
}

fn mask(phone: &str) -> String {
    format!("{}*****{}", &phone[..3], &phone[8..])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_history_is_read_part_by_part_while_it_grows() {
    let app = TestApp::start().await;
    let alice = app.customer_with_sms("alice").await;
    let mut made = Vec::new();
    for _ in 0..5 {
        made.push(solved(&app, &alice).await);
    }
    made.reverse();
    let mut seen = Vec::new();
    let mut query = "?limit=2".to_owned();
    let lengths = loop {
        let part = history(&app, &query).await;
        seen.push(ids(&part));
        if part.body.get("next").is_none() {
            break seen.iter().map(Vec::len).collect::<Vec<_>>();
        }
        solved(&app, &alice).await;
        query = format!("?limit=2&cursor={}", part.text("next"));
    };
    assert_eq!((seen.concat(), lengths), (made, vec![2, 2, 1]), "each once, and what came later is in no further part");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_removed_is_left_out_and_a_deleted_account_is_shown() {
    let app = TestApp::start().await;
    let alice = app.customer_with_sms("alice").await;
    let bob = app.customer_with_sms("bob").await;
    bob.challenge("sms").await;
    let mut made = Vec::new();
    for _ in 0..3 {
        made.push(solved(&app, &alice).await);
    }
    let owner = app.database.owner().await;
    let removed = format!("delete from challenges where challenge_id = '{}'", made[1]);
    assert_eq!(owner.execute(&removed, &[]).await.unwrap(), 1);
    assert_eq!(ids(&history(&app, "").await), [made[2].clone(), made[0].clone()]);
    let first = history(&app, "?limit=1").await;
    let second = history(&app, &format!("?limit=1&cursor={}", first.text("next"))).await;
    assert_eq!((ids(&second), second.body.get("next")), (vec![made[0].clone()], None), "no part is empty for it");

    assert_eq!(app.core.delete("/accounts/alice").await.status, 204);
    let shown = history(&app, "").await;
    assert_eq!(ids(&shown), [made[2].clone(), made[0].clone()]);
    assert_eq!(rows(&shown)[0]["state"], json!("void"));
    assert!(!shown.raw.contains(&alice.phone));
    assert_eq!(app.admin.get("/accounts/nobody/challenges").await.error(), (404, 5106));
    for other in [&alice.client, &bob.client, &app.core] {
        assert!([401, 403].contains(&other.get("/accounts/alice/challenges").await.status.as_u16()));
    }
    app.stop().await;
}
