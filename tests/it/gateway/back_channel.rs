//! The back channel (section 6b): who may, what is refused, and what needs no proof.

use reqwest::Method;
use serde_json::{Value, json};
use tanager::domain::operation::body_sha256;

use super::{
    Bank, Request, TRANSFER,
    reserving::{Desk, EMPTY_BODY, asking, operation, settle},
};
use crate::{
    app::addresses_of,
    contract::{count, trace},
};

fn hex(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(bytes)
}

#[tokio::test(flavor = "multi_thread")]
async fn redeeming_is_reserving_and_committing_in_one() {
    let desk = Desk::open().await;
    let (token, challenge) = desk.unbound().await;
    let redeemed = desk.app.core.post("/tokens/redeem", asking(&token, &json!({}))).await;
    assert_eq!((redeemed.status.as_u16(), &redeemed.body["required"]), (200, &json!(true)), "{redeemed:?}");
    assert_eq!(desk.state(&challenge).await, "spent");
    assert_eq!(desk.app.core.post("/tokens/redeem", asking(&token, &json!({}))).await.error(), (403, 10003));
    assert_eq!(desk.reserve(&token, json!({})).await.error(), (403, 10003));
    let refused = desk.app.core.post("/tokens/redeem", asking("", &json!({}))).await;
    assert_eq!((refused.error(), refused.header("tan-required")), ((403, 10002), "token"));
    desk.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_that_redeem_at_once_one_does() {
    let desk = Desk::open().await;
    let (token, _) = desk.bound().await;
    let mut all = tokio::task::JoinSet::new();
    for _ in 0..50 {
        let (core, body) = (desk.app.core.clone(), asking(&token, &json!({"assurance": "bound"})));
        all.spawn(async move { core.post("/tokens/redeem", body).await.error() });
    }
    let answers = all.join_all().await;
    assert_eq!(answers.iter().filter(|error| error.0 == 200).count(), 1, "{answers:?}");
    assert_eq!(answers.iter().filter(|error| **error == (403, 10003)).count(), 49, "{answers:?}");
    desk.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_insufficient_proof_has_its_code() {
    let desk = Desk::open().await;
    let (unbound, unbound_challenge) = desk.unbound().await;
    let bound = json!({"assurance": "bound"});
    assert_eq!(desk.reserve(&unbound, bound.clone()).await.error(), (403, 10002), "unbound where bound is asked");
    assert_eq!(desk.state(&unbound_challenge).await, "solved");
    let unknown = format!("tan_{}", "A".repeat(43));
    assert_eq!(desk.reserve(&unknown, json!({})).await.error(), (403, 10003));
    for other in [
        json!({"operation": {"method": "POST", "path": "/pay?to=eve", "body_sha256": EMPTY_BODY}}),
        json!({"operation": {"method": "PUT", "path": "/pay?to=bob", "body_sha256": EMPTY_BODY}}),
        json!({"operation": {"method": "POST", "path": "/pay?to=bob", "body_sha256": hex(&body_sha256(b"x"))}}),
    ] {
        let (token, challenge) = desk.bound().await;
        assert_eq!(desk.reserve(&token, other.clone()).await.error(), (403, 10004), "{other}");
        assert_eq!(desk.state(&challenge).await, "void", "{other}");
        assert_eq!(desk.reserve(&token, bound.clone()).await.error(), (403, 10003), "{other}");
    }
    let bob = desk.app.customer_with_sms("bob").await;
    let theirs = bob.token(&desk.app).await;
    assert_eq!(desk.reserve(&theirs, json!({})).await.error(), (403, 10003), "another account's");
    assert_eq!(desk.reserve(&unbound, json!({})).await.status, 200);
    desk.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_summary_is_no_part_of_what_is_compared() {
    let desk = Desk::open().await;
    let (token, _) = desk.bound().await;
    let mut silent = operation();
    silent.as_object_mut().unwrap().remove("summary");
    let reserved = desk.reserve(&token, json!({"assurance": "bound", "operation": silent})).await;
    assert_eq!(reserved.status, 200, "{reserved:?}");
    desk.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_without_channels_needs_nothing_unless_channels_are_asked_for() {
    let desk = Desk::open().await;
    desk.app.customer("bare").await;
    let ask = |more: Value| {
        let mut body = asking("tan_ignored", &more);
        body["username"] = json!("bare");
        body
    };
    for path in ["/tokens/reserve", "/tokens/redeem"] {
        let passed = desk.app.core.post(path, ask(json!({"assurance": "bound"}))).await;
        assert_eq!((passed.status.as_u16(), &passed.body), (200, &json!({"required": false})), "{path}");
        let refused = desk.app.core.post(path, ask(json!({"enrolled": true}))).await;
        assert_eq!((refused.error(), &refused.body["tan_channels"]), ((403, 10002), &json!([])), "{path}");
    }
    assert_eq!(
        desk.app.core.post("/tokens/reserve", json!({"username": "nobody", "operation": operation()})).await.error(),
        (404, 5106)
    );
    desk.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_of_less_strength_does_not_do_and_stays_as_it_is() {
    let desk = Desk::open().await;
    desk.app.set_address(&desk.alice, "email", &desk.alice.email).await;
    let token = desk.alice.token_by(&desk.app, "email").await;
    let refused = desk.reserve(&token, json!({"strength": "possession"})).await;
    let offered: Vec<_> =
        refused.body["tan_channels"].as_array().unwrap().iter().map(|c| c["tan_channel"].clone()).collect();
    assert_eq!((refused.error(), offered), ((403, 10002), vec![json!("sms")]));
    assert_eq!(desk.reserve(&token, json!({"strength": "inform"})).await.status, 200);
    desk.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bank_core_alone_may_ask_and_each_has_its_own_reservations() {
    let desk = Desk::open().await;
    let (token, challenge) = desk.unbound().await;
    let reserved = desk.reserved(&token, json!({})).await;
    let id = reserved.text("reservation_id");
    let (commit, release) = (format!("/tokens/reservations/{id}/commit"), format!("/tokens/reservations/{id}/release"));
    let before = trace(&desk.app).await;
    let readonly = desk.app.core.post("/accounts/alice/token", json!({"scope": "readonly"})).await;
    let reader = desk.app.admin.with_token(readonly.text("access_token"));
    for (client, error) in [
        (&desk.app.admin, (403, 44)),
        (&desk.alice.client, (403, 44)),
        (&reader, (403, 44)),
        (&desk.app.stranger(), (401, 40)),
    ] {
        for path in ["/tokens/reserve", "/tokens/redeem", "/operations", &commit, &release] {
            let body = asking(&token, &json!({"method": "POST", "path": "/x", "body_sha256": EMPTY_BODY}));
            assert_eq!(client.post(path, body).await.error(), error, "{path}");
        }
    }
    let other = desk.other_core().await;
    for how in ["commit", "release"] {
        assert_eq!(settle(&other, id, how).await.error(), (404, 10010), "{how}: another caller's");
        let unknown = "0197f5a0-8c2e-7c3a-9d61-0a1b2c3d4e5f";
        assert_eq!(settle(&desk.app.core, unknown, how).await.error(), (404, 10010), "{how}: unknown");
        let malformed = settle(&desk.app.core, "x", how).await.error();
        assert!([(404, 10010), (400, 26)].contains(&malformed), "{how}: {malformed:?}");
    }
    let tokens: i64 = count(&desk.app, "select count(*) from access_tokens").await;
    assert!(tokens > 0 && trace(&desk.app).await.1 == before.1);
    assert_eq!(desk.state(&challenge).await, "solved");
    assert_eq!(settle(&other, id, "commit").await.error(), (404, 10010));
    assert_eq!(desk.settle(&reserved, "commit").await.status, 204);
    desk.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_malformed_or_missing_is_named_and_leaves_no_trace() {
    let desk = Desk::open().await;
    let (token, _) = desk.unbound().await;
    let before = trace(&desk.app).await;
    for (more, error) in [
        (json!({"assurance": "session"}), (400, 26)),
        (json!({"assurance": "none"}), (400, 26)),
        (json!({"assurance": "strong"}), (400, 26)),
        (json!({"assurance": 1}), (400, 26)),
        (json!({"strength": "weak"}), (400, 26)),
        (json!({"enrolled": "yes"}), (400, 26)),
        (json!({"idempotent": 1}), (400, 26)),
        (json!({"username": "a/b"}), (400, 26)),
        (json!({"username": null}), (400, 25)),
        (json!({"operation": null}), (400, 25)),
        (json!({"operation": "x"}), (400, 26)),
        (json!({"operation": {"path": "/x", "body_sha256": EMPTY_BODY}}), (400, 25)),
        (json!({"operation": {"method": "POST", "body_sha256": EMPTY_BODY}}), (400, 25)),
        (json!({"operation": {"method": "POST", "path": "/x"}}), (400, 25)),
        (json!({"operation": {"method": "POST", "path": "/x", "body_sha256": "e3b0"}}), (400, 26)),
        (json!({"operation": {"method": "POST", "path": "/x", "body_sha256": "g".repeat(64)}}), (400, 26)),
        (json!({"operation": {"method": "", "path": "/x", "body_sha256": EMPTY_BODY}}), (400, 26)),
        (json!({"operation": {"method": "POST", "path": "", "body_sha256": EMPTY_BODY}}), (400, 26)),
        (
            json!({"operation": {"method": "POST", "path": "/x", "body_sha256": EMPTY_BODY, "summary": "x".repeat(141)}}),
            (400, 26),
        ),
    ] {
        for path in ["/tokens/reserve", "/tokens/redeem"] {
            let answer = desk.app.core.post(path, asking(&token, &more)).await;
            assert_eq!(answer.error(), error, "{path} {more}");
        }
    }
    assert_eq!(trace(&desk.app).await, before);
    desk.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_ahead_of_time_is_one_like_any_other_and_nothing_is_stored() {
    let desk = Desk::open().await;
    let before = trace(&desk.app).await;
    let wanted = |name: &str| {
        json!({"username": name, "method": "POST", "path": "/pay?to=bob", "body_sha256": EMPTY_BODY,
        "summary": "pay\nbob\u{202e}", "assurance": "bound"})
    };
    let ahead = desk.app.core.post("/operations", wanted("alice")).await;
    assert_eq!((ahead.status.as_u16(), &ahead.body["required"]), (200, &json!(true)), "{ahead:?}");
    assert_eq!(ahead.body["tan_channels"][0]["tan_channel"], "sms");
    assert_eq!(trace(&desk.app).await, before);
    let ticket = ahead.text("operation");
    assert!(!ticket.contains("alice") && !ticket.contains("pay"));
    let asked = desk.alice.client.post("/accounts/alice/tan/challenge/sms", json!({"operation": ticket})).await;
    assert!(!asked.text("summary").contains(['\n', '\u{202e}']), "{asked:?}");
    let solved = desk.alice.confirm(asked.text("challenge_id"), &desk.app.tan_sent_to(&desk.alice.phone)).await;
    assert_eq!(solved.body["bound"], json!(true));
    desk.reserved(solved.text("tan_token"), json!({"assurance": "bound"})).await;
    desk.app.customer("bare").await;
    let bare = desk.app.core.post("/operations", wanted("bare")).await;
    assert_eq!((&bare.body["required"], &bare.body["tan_channels"]), (&json!(false), &json!([])), "{bare:?}");
    for assurance in ["session", "none"] {
        let mut body = wanted("alice");
        body["assurance"] = json!(assurance);
        assert_eq!(desk.app.core.post("/operations", body).await.error(), (400, 26), "{assurance}");
    }
    desk.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_ahead_of_time_runs_out() {
    let desk = Desk::open().await;
    let body = json!({"username": "alice", "method": "POST", "path": "/x", "body_sha256": EMPTY_BODY});
    let ahead = desk.app.core.post("/operations", body).await;
    desk.app.advance(std::time::Duration::from_mins(10));
    let asked = desk
        .alice
        .client
        .post("/accounts/alice/tan/challenge/sms", json!({"operation": ahead.text("operation")}))
        .await;
    assert_eq!(asked.error(), (409, 5144));
    desk.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_digests_are_those_of_the_published_vectors() {
    let desk = Desk::open().await;
    let vectors: Value = serde_json::from_str(include_str!("../../vectors.json")).unwrap();
    for vector in vectors["operation_digest"].as_array().unwrap() {
        let text = |name: &str| vector[name].as_str().unwrap();
        let name = text("username");
        let (phone, _) = addresses_of(name);
        let account = json!({"username": name, "contact_data": {"phone": phone}, "tan_channels": ["sms"]});
        assert!(name == "alice" || desk.app.admin.post("/accounts", account).await.status == 201);
        let client = desk.app.log_in(name).await;
        let sum = hex(&body_sha256(&data_encoding::HEXLOWER.decode(text("body_hex").as_bytes()).unwrap()));
        let operation = json!({"method": text("method"), "path": text("path_and_query"), "body_sha256": sum});
        let refused = desk
            .app
            .core
            .post("/tokens/reserve", json!({"username": name, "operation": operation, "assurance": "bound"}))
            .await;
        let asked = client
            .post(&format!("/accounts/{name}/tan/challenge/sms"), json!({"operation": refused.text("operation")}))
            .await;
        let id = asked.text("challenge_id");
        let sql = format!(
            "select count(*) from challenges where challenge_id = '{id}' and operation = '\\x{}'",
            text("digest")
        );
        assert_eq!(count(&desk.app, &sql).await, 1, "{name} {}", text("path_and_query"));
        let abort = client.send(Method::DELETE, &format!("/accounts/{name}/tan/challenge/{id}"), &[], None).await;
        assert_eq!(abort.status, 204);
        desk.app.advance(std::time::Duration::from_mins(2));
    }
    desk.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn gateway_and_back_channel_mean_the_same_operation() {
    let bank = Bank::open().await;
    let alice = bank.customer("alice").await;
    let path = "/accounts/alice/transactions?x=%2F1";
    let body = json!({"username": "alice", "method": "POST", "path": path, "body_sha256": hex(&body_sha256(TRANSFER.as_bytes()))});
    let ahead = bank.app.core.post("/operations", body).await;
    let asked =
        alice.client.post("/accounts/alice/tan/challenge/sms", json!({"operation": ahead.text("operation")})).await;
    let solved = alice.confirm(asked.text("challenge_id"), &bank.app.tan_sent_to(&alice.phone)).await;
    let done = Request::post(path, TRANSFER).send(&alice.client, solved.text("tan_token")).await;
    assert_eq!((done.status.as_u16(), bank.core.hits("POST", path)), (200, 1), "{done:?}");
    bank.close().await;
}
