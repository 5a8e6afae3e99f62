//! The database goes away, or the service ends, while the core is at work (section 6): what happened is passed on and
//! written as soon as can be; without a database nothing protected is begun.

use tokio::{net::TcpStream, task::JoinHandle};

use super::{Bank, Request, TRANSFER, transfer};
use crate::{
    app::{Answer, Customer, eventually},
    bank_core::{Gate, Reply, Script},
    contract::count,
};

const PATH: &str = "/accounts/alice/transactions";

/// Whether anybody may connect to the service's database; when not, nobody of the service stays connected.
async fn allow(bank: &Bank, allowed: bool) {
    let (outside, name) = (bank.app.database.outside().await, &bank.app.database.name);
    outside.batch_execute(&format!("alter database {name} allow_connections {allowed}")).await.unwrap();
    if !allowed {
        let all = "select bool_and(pg_terminate_backend(pid, 10000)) from pg_stat_activity \
                   where datname = $1 and application_name = 'tanager'";
        let gone: Option<bool> = outside.query_one(all, &[name]).await.unwrap().get(0);
        assert_ne!(gone, Some(false), "a connection did not end");
    }
}

/// A transfer that is at the core and waits there.
async fn at_work(bank: &Bank, alice: &Customer, token: &str, script: Script) -> (Gate, JoinHandle<Answer>) {
    let gate = Gate::shut();
    let hits = bank.transfers(alice);
    bank.core.once("POST", PATH, script.behind(&gate));
    let (client, token) = (alice.client.clone(), token.to_owned());
    let answer = tokio::spawn(async move { Request::post(PATH, TRANSFER).send(&client, &token).await });
    bank.core.until_hit("POST", PATH, hits + 1).await;
    (gate, answer)
}

/// Whether a challenge's token is held by nobody, past the service.
async fn is_free(bank: &Bank, challenge: &str) -> bool {
    let sql = format!("select count(*) from challenges where challenge_id = '{challenge}' and reservation_id is null");
    count(&bank.app, &sql).await == 1
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_core_said_is_passed_on_although_it_cannot_be_written_and_is_written_later() {
    let bank = Bank::open().await;
    let alice = bank.customer("alice").await;
    for (status, state) in [(201, "spent"), (409, "solved"), (500, "void")] {
        let approval = bank.transfer_token(&alice).await;
        let script = if status == 201 { Script::done(status) } else { Script::refuse(status) };
        let (gate, answer) = at_work(&bank, &alice, &approval.token, script).await;
        allow(&bank, false).await;
        gate.open();
        assert_eq!(answer.await.unwrap().status, status, "passed on all the same");
        allow(&bank, true).await;
        let written = async || alice.client.get(&alice.path(&format!("/tan/challenge/{}", approval.challenge))).await;
        eventually(&format!("{status} is written"), async || {
            let seen = written().await;
            seen.status == 200
                && seen.text("state") == state
                && (state != "solved" || is_free(&bank, &approval.challenge).await)
        })
        .await;
        let again = transfer(&alice, &approval.token).await;
        assert_eq!(again.status, if state == "solved" { 200 } else { 403 }, "{status}: {again:?}");
    }
    assert_eq!(bank.core.effects("POST", PATH), 2, "the first one, and the one that was released");
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_database_nothing_protected_is_begun_and_all_else_passes() {
    let bank = Bank::open().await;
    let alice = bank.customer("alice").await;
    let approval = bank.transfer_token(&alice).await;
    bank.core.on("GET", "/open", Script::say(&Reply::new(200)));
    allow(&bank, false).await;
    for token in ["", &approval.token] {
        let refused = transfer(&alice, token).await;
        assert_eq!((refused.error(), refused.retry_after() > 0), ((503, 10090), true), "{refused:?}");
    }
    assert_eq!(bank.client("").get("/open").await.status, 200);
    assert_eq!(bank.transfers(&alice), 0);
    allow(&bank, true).await;
    let again = async || transfer(&alice, &approval.token).await.status == 200;
    eventually("the token is as it was", again).await;
    assert_eq!(bank.transfers(&alice), 1);
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_is_stopped_finishes_what_it_has_begun() {
    let bank = Bank::open().await;
    let alice = bank.customer("alice").await;
    let approval = bank.transfer_token(&alice).await;
    let (gate, answer) = at_work(&bank, &alice, &approval.token, Script::done(200)).await;
    let (address, database) = (bank.address, bank.app.database.clone());
    let Bank { app, core, .. } = bank;
    let stopping = tokio::spawn(app.stop());
    eventually("nobody new is let in", async || TcpStream::connect(address).await.is_err()).await;
    assert!(!stopping.is_finished());
    gate.open();
    assert_eq!(answer.await.unwrap().status, 200);
    stopping.await.unwrap();
    let sql = "select count(*) from challenges where state = 'spent'";
    let spent: i64 = database.owner().await.query_one(sql, &[]).await.unwrap().get(0);
    assert_eq!((spent, core.effects("POST", PATH)), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_its_client_left_is_finished_too_before_the_service_ends() {
    let bank = Bank::open().await;
    let alice = bank.customer("alice").await;
    let approval = bank.transfer_token(&alice).await;
    let (gate, answer) = at_work(&bank, &alice, &approval.token, Script::done(200)).await;
    answer.abort();
    // Cancelled is how it ends; its connection is closed then.
    let _ = answer.await;
    let database = bank.app.database.clone();
    let Bank { app, core, .. } = bank;
    let stopping = tokio::spawn(app.stop());
    gate.open();
    stopping.await.unwrap();
    let sql = "select count(*) from challenges where state = 'spent'";
    let spent: i64 = database.owner().await.query_one(sql, &[]).await.unwrap().get(0);
    assert_eq!((spent, core.effects("POST", PATH)), (1, 1));
}
