//! Wrong proofs on the bank core's protected routes, of each assurance.

use serde_json::json;

use super::{TOKEN_INVALID, Wrong, for_another_operation, proofs::Proofs};
use crate::callers::{
    CORE,
    kind::Kind,
    listeners::assert_none,
    stage::{Identity, Listener, Stage},
    table::{Cell, Line, Table},
    world::{ALICE, Request},
};

/// What a session that is not stepped up is told without a good proof.
fn told(line: &Line, wrong: &Wrong) -> Cell {
    if wrong.told == Cell::TAN { line.cell(Kind::Own) } else { wrong.told }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_wrong_proof_begins_an_operation_of_the_bank_core() {
    let stage = Stage::open(Identity::Local).await;
    let mut proofs = Proofs::of(&stage).await.unwrap();
    let mut troubles = Vec::new();
    for line in Table::read(CORE).0.iter().filter(|line| line.cell(Kind::Own) != Cell::Done(200)) {
        let request = proofs.world.request(line).await.unwrap();
        for wrong in &proofs.wrong {
            troubles.extend(proofs.refused(Listener::Gateway, &request, wrong, told(line, wrong)).await);
        }
        if line.path.ends_with("/transactions") {
            continue; // the token is for this one
        }
        troubles.extend(for_another_operation(&proofs, Listener::Gateway, &request).await);
    }
    assert_none(&troubles);
    proofs.assert_as_before().await;
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_no_proof_is_asked_for_a_wrong_one_is_not_looked_at_and_steps_nothing_up() {
    let stage = Stage::open(Identity::Local).await;
    let mut proofs = Proofs::of(&stage).await.unwrap();
    let table = Table::read(CORE);
    let line = table.0.iter().find(|line| line.path.ends_with("/notes")).unwrap();
    let request = proofs.world.request(line).await.unwrap();
    for wrong in &proofs.wrong {
        let before = proofs.world.snapshot().await;
        let told = proofs.send(Listener::Gateway, &request, wrong).await;
        let changed = before.difference(&proofs.world.snapshot().await);
        let (expected, done) =
            if wrong.is_hers_to_try() { (Cell::Done(200), "requests at the bank core") } else { (wrong.told, "") };
        assert_eq!((told, changed.as_str()), (expected, done), "{}", wrong.what);
    }
    proofs.assert_as_before().await;
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_weak_proves_nothing_and_stays_as_it_is() {
    let stage = Stage::open(Identity::Local).await;
    let mut world = stage.world().await;
    let own = world.session(Kind::Own).await.unwrap();
    let by_mail = world.log_in(Kind::Own).await.unwrap();
    world.step_up(ALICE, &by_mail, "email").await.unwrap();
    let mailed = world.proof(ALICE, &own, "email", json!({})).await.unwrap();
    let texted = world.proof(ALICE, &own, "sms", json!({})).await.unwrap();
    let at = |method, rest: &str, body: &str| Request {
        method,
        path: format!("/accounts/{}{rest}", world.alice()),
        body: Some(body.to_owned()),
    };
    let (limit, vault) = (at("PUT", "/limits/daily", "{}"), at("POST", "/vault", "{}"));
    let (transfer, rename) = (at("POST", "/transactions", crate::gateway::TRANSFER), at("PATCH", "", "{}"));
    let contact = at("POST", "/contacts", "{}");
    let before = world.snapshot().await;
    for (session, request, token) in [
        (&own, &limit, mailed.as_str()),
        (&own, &vault, &mailed),
        (&own, &transfer, &mailed),
        (&own, &transfer, &texted),
        (&by_mail, &vault, ""),
        (&by_mail, &vault, &mailed),
        (&by_mail, &limit, ""),
        (&by_mail, &rename, ""),
        (&by_mail, &transfer, ""),
        (&by_mail, &transfer, &texted),
    ] {
        assert_eq!(sent(&stage, session, request, token).await, Cell::TAN, "{request:?}");
    }
    assert_eq!(world.snapshot().await, before);
    assert_eq!(sent(&stage, &own, &contact, "").await, Cell::TAN, "another session was stepped up");
    assert_eq!(sent(&stage, &by_mail, &contact, "").await, Cell::Done(200));
    assert_eq!(sent(&stage, &own, &rename, &mailed).await, Cell::Done(200));
    assert_eq!(sent(&stage, &own, &limit, &texted).await, Cell::Done(200));
    assert_eq!(sent(&stage, &own, &limit, &texted).await, TOKEN_INVALID);
    stage.close().await;
}

/// What a request at the gateway is answered; an empty token is none.
async fn sent(stage: &Stage, session: &str, request: &Request, token: &str) -> Cell {
    let headers = [("TAN-Token", token)];
    let headers = if token.is_empty() { &[][..] } else { &headers };
    let (named, credentials) = ((request.method, request.path.as_str()), [session.to_owned()]);
    Cell::of(&stage.send(Listener::Gateway, named, &credentials, headers, request.body.clone()).await)
}
