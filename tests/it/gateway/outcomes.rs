//! Spent by success, released by what had no effect (section 6).

use super::{Bank, Request, transfer};
use crate::{
    bank_core::{Gate, Reply, Script, Step},
    contract::{tans_sent, trace},
    wire::Wire,
};

const PATH: &str = "/accounts/alice/transactions";

#[tokio::test(flavor = "multi_thread")]
async fn every_success_and_every_redirect_spends_the_token() {
    let bank = Bank::open().await;
    let alice = bank.customer("alice").await;
    for status in [200, 201, 202, 204, 207, 299, 300, 301, 302, 303, 304, 307, 308] {
        let approval = bank.transfer_token(&alice).await;
        let before = bank.transfers(&alice);
        bank.core.once(
            "POST",
            PATH,
            Script::perform(&Reply::new(status).header("X-Core", "yes").header("Location", "/else")),
        );
        // A client that follows no redirects.
        let answer = raw_transfer(&bank, &alice.client.token, &approval.token).await;
        assert_eq!((answer.0, answer.1.as_deref()), (status, Some("yes")), "passed on as it is");
        assert_eq!(alice.state(&approval.challenge).await, "spent", "{status}");
        assert_eq!(transfer(&alice, &approval.token).await.error(), (403, 10003), "{status}");
        assert_eq!(bank.transfers(&alice), before + 1, "{status}");
    }
    bank.close().await;
}

async fn raw_transfer(bank: &Bank, credential: &str, token: &str) -> (u16, Option<String>) {
    let mut wire = bank.wire().await;
    wire.send(raw(credential, token)).await;
    let reply = wire.reply_to("POST").await.unwrap();
    (reply.status, reply.head.one("x-core"))
}

fn raw(credential: &str, token: &str) -> String {
    let (body, length) = (super::TRANSFER, super::TRANSFER.len());
    format!(
        "POST {PATH} HTTP/1.1\r\nHost: b\r\nAuthorization: Bearer {credential}\r\nTAN-Token: {token}\r\n\
         Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_core_refuses_leaves_the_token_usable_under_a_new_key() {
    let bank = Bank::open().await;
    let alice = bank.customer("alice").await;
    let approval = bank.transfer_token(&alice).await;
    let refusals = [400, 401, 402, 403, 404, 405, 409, 410, 413, 415, 418, 422, 423, 428, 431, 451, 499];
    for status in refusals {
        bank.core.once("POST", PATH, Script::refuse(status));
        let answer = transfer(&alice, &approval.token).await;
        assert_eq!((answer.status.as_u16(), &answer.body["refused"]), (status, &status.into()), "{answer:?}");
        assert_eq!(alice.state(&approval.challenge).await, "solved", "{status}");
    }
    assert_eq!(transfer(&alice, &approval.token).await.status, 200);
    assert_eq!(alice.state(&approval.challenge).await, "spent");
    let seen = bank.core.all("POST", PATH);
    let mut keys: Vec<_> = seen.iter().map(|seen| seen.header("idempotency-key").unwrap()).collect();
    keys.sort_unstable();
    keys.dedup();
    assert_eq!((seen.len(), keys.len()), (refusals.len() + 1, refusals.len() + 1), "a release begins a new key");
    assert_eq!((bank.core.effects("POST", PATH), tans_sent(&bank.app)), (1, 1));
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_core_that_cannot_be_connected_to_leaves_the_token_usable() {
    let bank = Bank::open().await;
    let alice = bank.customer("alice").await;
    let approval = bank.transfer_token(&alice).await;
    bank.core.refuse().await;
    for _ in 0..3 {
        assert_eq!(transfer(&alice, &approval.token).await.error(), (502, 10091));
        assert_eq!(alice.state(&approval.challenge).await, "solved");
    }
    bank.core.accept();
    assert_eq!(transfer(&alice, &approval.token).await.status, 200);
    assert_eq!((bank.transfers(&alice), bank.core.effects("POST", PATH)), (1, 1));
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unbound_token_is_free_for_another_operation_once_it_was_released() {
    let bank = Bank::open().await;
    let alice = bank.customer("alice").await;
    let approval = bank.unbound(&alice, "sms").await;
    let rename = Request::new("PATCH", "/accounts/alice", Some("{}"));
    bank.core.once("PATCH", "/accounts/alice", Script::refuse(422));
    assert_eq!(rename.send(&alice.client, &approval.token).await.status, 422);
    let contact = Request::post("/accounts/alice/contacts", "{}");
    assert_eq!(contact.send(&alice.client, &approval.token).await.status, 200);
    assert_eq!(rename.send(&alice.client, &approval.token).await.error(), (403, 10003));
    assert_eq!(bank.core.effects("PATCH", "/accounts/alice"), 0);
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_spent_before_the_status_line_reaches_the_client() {
    let bank = Bank::open().await;
    let alice = bank.customer("alice").await;
    let approval = bank.transfer_token(&alice).await;
    let gate = Gate::shut();
    let head = Step::Write(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n".to_vec());
    bank.core.once(
        "POST",
        PATH,
        Script(vec![Step::Read, Step::Do, head, Step::Await(gate.clone()), Step::Write(b"done".to_vec())]),
    );
    let mut wire = bank.wire().await;
    wire.send(raw(&alice.client.token, &approval.token)).await;
    let (status, _) = wire.reply_head().await.unwrap();
    assert_eq!((status, alice.state(&approval.challenge).await.as_str()), (200, "spent"));
    gate.open();
    assert_eq!(wire.exactly(4).await.unwrap(), b"done");
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_success_whose_body_breaks_off_is_a_success() {
    let bank = Bank::open().await;
    let alice = bank.customer("alice").await;
    let approval = bank.transfer_token(&alice).await;
    let half = Step::Write(b"HTTP/1.1 201 Created\r\nContent-Length: 100\r\n\r\nhalf".to_vec());
    bank.core.once("POST", PATH, Script(vec![Step::Read, Step::Do, half, Step::HangUp]));
    let mut wire = bank.wire().await;
    wire.send(raw(&alice.client.token, &approval.token)).await;
    // What went out before the end was known is what the client sees: perhaps nothing, never a whole answer.
    let reply = wire.reply_to("POST").await;
    assert!(reply.as_ref().is_none_or(|reply| reply.status == 201 && !reply.whole), "{reply:?}");
    assert_eq!(alice.state(&approval.challenge).await, "spent");
    assert_eq!(transfer(&alice, &approval.token).await.error(), (403, 10003));
    assert_eq!(bank.transfers(&alice), 1);
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_hangs_up_while_the_core_works_has_done_it_all_the_same() {
    let bank = Bank::open().await;
    let alice = bank.customer("alice").await;
    for (status, state) in [(200, "spent"), (409, "solved"), (500, "void")] {
        let approval = bank.transfer_token(&alice).await;
        let gate = Gate::shut();
        let script = if status == 200 { Script::done(200) } else { Script::refuse(status) };
        bank.core.once("POST", PATH, script.behind(&gate));
        let before = bank.transfers(&alice);
        let mut wire: Wire = bank.wire().await;
        wire.send(raw(&alice.client.token, &approval.token)).await;
        bank.core.until_hit("POST", PATH, before + 1).await;
        drop(wire);
        // What the service learns of the client it has learned before the core's answer comes: both are on this machine,
        // and a request of another client goes its whole way in between.
        assert_eq!(transfer(&alice, &approval.token).await.error(), (409, 10005));
        gate.open();
        let settled = async || {
            alice.state(&approval.challenge).await == state
                && transfer_is_free(&bank, &alice, &approval.token, state).await
        };
        crate::app::eventually(&format!("{status} is settled"), settled).await;
    }
    assert_eq!(bank.core.effects("POST", PATH), 2, "the first one, and the free one again");
    bank.close().await;
}

/// Whether the token is as it must be in that state; where it is usable, it is used.
async fn transfer_is_free(bank: &Bank, alice: &crate::app::Customer, token: &str, state: &str) -> bool {
    let answer = transfer(alice, token).await;
    let expected = if state == "solved" { 200 } else { 403 };
    assert!([expected, 409].contains(&answer.status.as_u16()), "{state}: {answer:?}: {:?}", bank.core.lines());
    answer.status == expected
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_it_is_written_where_nothing_was_asked_for() {
    let bank = Bank::open().await;
    let alice = bank.customer_with("alice", &[]).await;
    let before = trace(&bank.app).await;
    for status in [200, 404, 500] {
        bank.core.once("POST", PATH, Script::refuse(status));
        assert_eq!(transfer(&alice, "").await.status, status);
    }
    assert_eq!(trace(&bank.app).await, before);
    bank.close().await;
}
