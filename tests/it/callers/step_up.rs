//! What proves nothing for a session, on every route that asks for a proof: another account's token, id, session or code,
//! what is spent, void, too old or too weak, and a header that is none. It is refused with its code, and nothing comes of
//! it: the session is not stepped up, and what was another's is as good to its owner as before.

mod at_the_core;
mod factors;
mod proofs;

use std::collections::BTreeSet;

use self::proofs::{Proofs, Wrong};
use super::{
    API, GATEWAY,
    document::{Document, Route},
    listeners::assert_none,
    stage::{Identity, Listener, Stage},
    table::{Cell, Line, Table},
    world::Request,
};
use crate::wire::Wire;

const TOKEN_INVALID: Cell = Cell::Refused(403, 10003);
const WRONG_OPERATION: Cell = Cell::Refused(403, 10004);

#[tokio::test(flavor = "multi_thread")]
async fn every_route_that_is_protected_reads_a_proof_and_no_other_route_does() {
    let stage = Stage::open(Identity::Local).await;
    for (listener, text) in [(Listener::Api, API), (Listener::Gateway, GATEWAY)] {
        let table = Table::read(text);
        let protected: BTreeSet<Route> = table.protected().map(Line::route).collect();
        let reading = Document::of(&stage, listener).await.reading("TAN-Token");
        assert_eq!(reading.into_iter().collect::<BTreeSet<_>>(), protected, "{listener:?}");
    }
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_wrong_proof_begins_an_operation_of_the_services_own() {
    let stage = Stage::open(Identity::Local).await;
    let mut proofs = Proofs::of(&stage).await.unwrap();
    let mut troubles = Vec::new();
    for (listener, text) in [(Listener::Api, API), (Listener::Gateway, GATEWAY)] {
        for line in Table::read(text).protected() {
            let request = proofs.world.request(line).await.unwrap();
            for wrong in &proofs.wrong {
                troubles.extend(proofs.refused(listener, &request, wrong, wrong.told).await);
            }
            troubles.extend(for_another_operation(&proofs, listener, &request).await);
        }
    }
    assert_none(&troubles);
    proofs.assert_as_before().await;
    stage.close().await;
}

/// A token for a transfer at this request: it is void from then on, and nothing else happens.
async fn for_another_operation(proofs: &Proofs<'_>, listener: Listener, request: &Request) -> Vec<String> {
    let token = proofs.bound_to_a_transfer().await.unwrap();
    let wrong = |told| Wrong::token("a token for another operation", &proofs.own, &token, told);
    let before = proofs.world.snapshot().await;
    let told = proofs.send(listener, request, &wrong(WRONG_OPERATION)).await;
    let after = proofs.world.snapshot().await;
    let changed = before.difference(&after);
    let mut troubles = Vec::new();
    if told != WRONG_OPERATION || ["channels", "tokens", "messages", "bank"].iter().any(|part| changed.contains(part)) {
        troubles.push(format!("{request:?} with a token for another operation: {told:?}, and {changed} changed"));
    }
    troubles.extend(proofs.refused(listener, request, &wrong(TOKEN_INVALID), TOKEN_INVALID).await);
    troubles
}

#[tokio::test(flavor = "multi_thread")]
async fn how_the_header_is_spelled_makes_no_token_a_better_one() {
    let stage = Stage::open(Identity::Local).await;
    let proofs = Proofs::of(&stage).await.unwrap();
    let before = proofs.world.snapshot().await;
    let path = format!("/accounts/{}/session/step-up", proofs.world.alice());
    let address = stage.app.running.address().unwrap();
    for (spelled, error) in [
        (format!("TAN-TOKEN: {}", proofs.theirs), (403, 10003)),
        (format!("tan-token: {}", proofs.theirs), (403, 10003)),
        (format!("Tan-Token:\t {} \t", proofs.theirs), (403, 10003)),
        (format!("TAN-Token: {}\r\ntan-token: {}", proofs.theirs, proofs.good), (400, 23)),
        (format!("TAN-Token: {}\r\nTAN-TOKEN: {}", proofs.good, proofs.theirs), (400, 23)),
        (format!("TAN-Token: {},{}", proofs.good, proofs.theirs), (400, 23)),
        (format!("TAN_Token: {}", proofs.good), (403, 10002)),
        (format!("X-TAN-Token: {}", proofs.good), (403, 10002)),
        (format!("Cookie: TAN-Token={}", proofs.good), (403, 10002)),
    ] {
        let mut wire = Wire::connect(address).await;
        let own = &proofs.own;
        let head = format!("POST {path} HTTP/1.1\r\nhost: x\r\nauthorization: {own}\r\n{spelled}\r\n");
        wire.send(format!("{head}content-length: 0\r\n\r\n")).await;
        let told = wire.reply_to("POST").await.expect("it is answered").error();
        assert_eq!(told, error, "{}", spelled.replace(&proofs.theirs, "theirs").replace(&proofs.good, "good"));
    }
    assert_eq!(proofs.world.snapshot().await, before);
    proofs.assert_as_before().await;
    stage.close().await;
}
