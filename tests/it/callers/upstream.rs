//! The table where the bank core says who a customer is (identity mode `upstream`).

use super::{
    UPSTREAM,
    document::Document,
    listeners::assert_none,
    stage::{Identity, Listener, Stage},
    table::Table,
    trial::Trial,
};

#[tokio::test(flavor = "multi_thread")]
async fn where_the_bank_core_says_who_calls_each_kind_may_what_the_table_says_and_nothing_else() {
    let stage = Stage::open(Identity::Upstream).await;
    let table = Table::read(UPSTREAM);
    assert_none(&table.against(&Document::of(&stage, Listener::Api).await));
    let trial = Trial { stage: &stage, listener: Listener::Api, table: &table, reads_bodies: true };
    assert_none(&trial.troubles().await);
    stage.close().await;
}
