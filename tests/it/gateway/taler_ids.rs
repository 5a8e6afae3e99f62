//! What an id of Taler's flow is good for, and what not (section 6c).

use std::time::Duration;

use reqwest::Method;
use serde_json::json;

use super::{
    Bank, Request,
    taler::{PATH, asked, challenged, confirmed, ids, repeated, solved, withdrawal},
};
use crate::{
    app::other_than,
    contract::{tans_sent, trace},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_request_proves_nothing_and_voids_the_id() {
    let bank = Bank::open().await;
    let alice = bank.customer("alice").await;
    for other in [
        Request::post(PATH, r#"{"amount":"KUDOS:500"}"#),
        Request::post("/accounts/alice/withdrawals/8/confirm", r#"{"amount":"KUDOS:5"}"#),
        Request::post("/accounts/alice/withdrawals/7/confirm?x", r#"{"amount":"KUDOS:5"}"#),
    ] {
        let id = solved(&bank, &alice).await;
        let changed = other.send_with(&alice.client, &[("Taler-Challenge-Ids", &id)]).await;
        assert_eq!(ids(&changed).len(), 1, "{}", other.path);
        assert_eq!(ids(&repeated(&alice, &id).await).len(), 1, "{}: void for its own request too", other.path);
    }
    assert!(bank.core.seen().is_empty(), "{:?}", bank.core.lines());
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_not_solved_or_is_nobody_s_proves_nothing() {
    let bank = Bank::open().await;
    let (alice, bob) = (bank.customer("alice").await, bank.customer("bob").await);
    let unsent = challenged(&alice).await;
    assert_eq!(ids(&repeated(&alice, &unsent).await).len(), 1);
    asked(&alice.client, &unsent, "").await;
    assert_eq!(ids(&repeated(&alice, &unsent).await).len(), 1, "sent and not solved");
    for nonsense in ["", ",", "x", "0197f5a0-8c2e-7c3a-9d61-0a1b2c3d4e5f", &format!("{unsent}A"), &unsent[1..]] {
        let answer = repeated(&alice, nonsense).await;
        assert!(answer.status == 202 || answer.error() == (400, 23), "{nonsense:?}: {answer:?}");
    }
    assert_eq!(confirmed(&alice.client, &unsent, &bank.app.tan_sent_to(&alice.phone)).await.status, 204);
    let theirs = Request::post("/accounts/bob/withdrawals/7/confirm", withdrawal().body.unwrap());
    assert_eq!(ids(&theirs.send_with(&bob.client, &[("Taler-Challenge-Ids", &unsent)]).await).len(), 1);
    assert!(bank.core.seen().is_empty(), "{:?}", bank.core.lines());
    assert_eq!(repeated(&alice, &unsent).await.status, 200, "another's try did not void it");
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_works_at_its_own_account_alone() {
    let bank = Bank::open().await;
    let alice = bank.customer("alice").await;
    bank.customer("bob").await;
    let id = challenged(&alice).await;
    let before = trace(&bank.app).await;
    let stranger = bank.client("");
    for name in ["bob", "nobody"] {
        let path = format!("/accounts/{name}/challenge/{id}");
        assert_eq!(stranger.post(&path, json!({})).await.error(), (404, 5107), "{name}");
        let confirm = stranger.post(&format!("{path}/confirm"), json!({"tan": "12345678"})).await;
        assert_eq!(confirm.error(), (404, 5143), "{name}");
    }
    assert_eq!(trace(&bank.app).await, before);
    assert_eq!(asked(&stranger, &id, "").await.status, 200);
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_that_was_changed_is_unknown() {
    let bank = Bank::open().await;
    let alice = bank.customer("alice").await;
    let id = challenged(&alice).await;
    let before = trace(&bank.app).await;
    for place in (0..id.len()).step_by(5).chain([id.len() - 1]) {
        let mut changed = id.clone().into_bytes();
        changed[place] = if changed[place] == b'A' { b'Q' } else { b'A' };
        let changed = String::from_utf8(changed).unwrap();
        assert_eq!(asked(&alice.client, &changed, "").await.error(), (404, 5107), "at {place}");
        assert_eq!(confirmed(&alice.client, &changed, "12345678").await.error(), (404, 5143), "at {place}");
    }
    assert_eq!((trace(&bank.app).await, tans_sent(&bank.app)), (before, 0));
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unsent_id_runs_out_and_a_sent_one_ends_with_its_challenge() {
    let bank = Bank::open().await;
    let alice = bank.customer("alice").await;
    let (unsent, sent) = (challenged(&alice).await, challenged(&alice).await);
    asked(&alice.client, &sent, "").await;
    bank.app.advance(Duration::from_mins(10));
    assert_eq!(asked(&alice.client, &unsent, "").await.error(), (404, 5107));
    assert_eq!(asked(&alice.client, &sent, "").await.status, 200, "a fresh TAN: the old one ran out");
    bank.app.advance(Duration::from_mins(21));
    assert_eq!(asked(&alice.client, &sent, "").await.error(), (404, 5107), "past challenge_lifetime");
    assert_eq!(tans_sent(&bank.app), 2);
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_solved_id_runs_out_like_a_token() {
    let bank = Bank::open().await;
    let alice = bank.customer("alice").await;
    let id = solved(&bank, &alice).await;
    bank.app.advance(Duration::from_mins(5));
    assert_eq!(ids(&repeated(&alice, &id).await).len(), 1);
    assert!(bank.core.seen().is_empty());
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_a_factor_voids_ids_sent_unsent_and_solved() {
    let bank = Bank::open().await;
    let alice = bank.customer("alice").await;
    let solved = solved(&bank, &alice).await;
    let (unsent, sent) = (challenged(&alice).await, challenged(&alice).await);
    assert_eq!(asked(&alice.client, &sent, "").await.status, 200);
    let tan = bank.app.tan_sent_to(&alice.phone);
    let changed = bank.app.admin.put("/accounts/alice/tan/sms", json!({"address": "+41790000077"})).await;
    assert_eq!(changed.status, 204);
    let count = tans_sent(&bank.app);
    assert_eq!(asked(&alice.client, &unsent, "").await.error(), (404, 5107), "unsent");
    assert_eq!(asked(&alice.client, &sent, "").await.error(), (404, 5107), "sent");
    assert_eq!(confirmed(&alice.client, &sent, &tan).await.error(), (409, 5144));
    assert_eq!(ids(&repeated(&alice, &solved).await).len(), 1, "solved");
    assert_eq!((tans_sent(&bank.app), bank.core.seen().len()), (count, 0));
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_account_s_ids_are_unknown() {
    let bank = Bank::open().await;
    let alice = bank.customer("alice").await;
    let id = challenged(&alice).await;
    assert_eq!(bank.app.admin.delete("/accounts/alice").await.status, 204);
    assert_eq!(asked(&alice.client, &id, "").await.error(), (404, 5107));
    assert_eq!(tans_sent(&bank.app), 0);
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn kinds_are_unknown_at_each_other_s_endpoints() {
    let bank = Bank::open().await;
    let alice = bank.customer_with("alice", &["sms", "email"]).await;
    let id = challenged(&alice).await;
    asked(&alice.client, &id, "").await;
    let tan = bank.app.tan_sent_to(&alice.phone);
    let own = alice.client.post("/accounts/alice/tan/challenge/email", json!({})).await;
    let token_kind = own.text("challenge_id");
    let row: String = bank
        .app
        .database
        .owner()
        .await
        .query_one("select challenge_id::text from challenges where kind = 'taler'", &[])
        .await
        .unwrap()
        .get(0);
    let before = trace(&bank.app).await;
    for foreign in [&id, &row] {
        let confirm = alice.confirm(foreign, &tan).await.error();
        assert!([(404, 5143), (400, 26)].contains(&confirm), "{confirm:?}");
        for (method, rest) in [(Method::GET, ""), (Method::POST, "/retransmit")] {
            let path = format!("/accounts/alice/tan/challenge/{foreign}{rest}");
            let answer = alice.client.send(method, &path, &[], None).await.error();
            assert!([(404, 5143), (400, 26)].contains(&answer), "{rest}: {answer:?}");
        }
    }
    for foreign in [token_kind, &row] {
        assert_eq!(asked(&alice.client, foreign, "").await.error(), (404, 5107), "{foreign}");
        let confirm = confirmed(&alice.client, foreign, &bank.app.tan_sent_to(&alice.email)).await;
        assert_eq!(confirm.error(), (404, 5143), "{foreign}");
    }
    assert_eq!(trace(&bank.app).await, before, "nothing was sent, tried or ended");
    assert_eq!(confirmed(&alice.client, &id, &tan).await.status, 204);
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_one_shot_token_does_too_where_taler_s_flow_is_offered() {
    let bank = Bank::open().await;
    let alice = bank.customer("alice").await;
    let unbound = bank.unbound(&alice, "sms").await;
    let answer = withdrawal().send(&alice.client, &unbound.token).await;
    assert_eq!(ids(&answer).len(), 1, "an unbound one does not do for a bound operation");
    assert!(bank.core.seen().is_empty());
    assert_eq!(alice.state(&unbound.challenge).await, "solved");
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_text_shows_the_operation_s_summary() {
    let operations = "[[gateway.operation]]\nname = \"w\"\nmethod = \"POST\"\npath = \"/accounts/{username}/withdrawals/{id}/confirm\"\n\
        on_missing = \"challenge\"\nsummary = \"Withdraw {{ body.amount }}\"\n";
    let bank = Bank::with(super::Plan::operations(operations)).await;
    let alice = bank.customer("alice").await;
    let id = challenged(&alice).await;
    asked(&alice.client, &id, "").await;
    assert!(bank.app.sms.last_to(&alice.phone).unwrap().body.reveal().contains("Withdraw KUDOS:5"));
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_cannot_be_handed_over_may_be_asked_for_again_at_once() {
    let bank = Bank::open().await;
    let alice = bank.customer("alice").await;
    let id = challenged(&alice).await;
    bank.app.sms.fail_next(tanager::channel::SendError::Failed(tanager::channel::Reason::new("")));
    assert_eq!(asked(&alice.client, &id, "").await.error(), (502, 5133));
    assert_eq!(asked(&alice.client, &id, "").await.status, 200);
    assert_eq!(confirmed(&alice.client, &id, &bank.app.tan_sent_to(&alice.phone)).await.status, 204);
    assert_eq!(repeated(&alice, &id).await.status, 200);
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_blocked_account_is_sent_nothing_and_solves_nothing_but_uses_what_it_has_solved() {
    let bank = Bank::open().await;
    let alice = bank.customer("alice").await;
    let (solved, id) = (solved(&bank, &alice).await, challenged(&alice).await);
    for _ in 0..2 {
        assert_eq!(asked(&alice.client, &id, "").await.status, 200);
        let wrong = other_than(&bank.app.tan_sent_to(&alice.phone));
        for _ in 0..3 {
            confirmed(&alice.client, &id, &wrong).await;
        }
    }
    let sent = tans_sent(&bank.app);
    let refused = asked(&alice.client, &id, "").await;
    assert_eq!((refused.error(), refused.retry_after() > 60), ((429, 10006), true), "{refused:?}");
    let tan = bank.app.tan_sent_to(&alice.phone);
    assert_eq!(confirmed(&alice.client, &id, &tan).await.error(), (429, 10006), "the right one too");
    assert_eq!(tans_sent(&bank.app), sent);
    assert_eq!(repeated(&alice, &solved).await.status, 200, "what was issued lives on");
    bank.close().await;
}
