//! A database of the release before durable notices: migrated with what was in flight.

use std::sync::Arc;

use serde_json::json;
use tanager::{app, chance::SystemChance};
use tokio_postgres::Client;

use crate::app::{Customer, Database, TestApp, Wish};

mod embedded {
    refinery::embed_migrations!("sql/migrations");
}

/// The migration before.
const BEFORE: i32 = 11;

/// What this release's migration made, taken back; nothing of it may be in use.
const TAKEN_BACK: &str = "
    drop table notices;
    alter table challenges drop column language, drop column carried_by;
    delete from refinery_schema_history where version > 11";

/// Columns and constraints of what the migration changes.
async fn shape(owner: &Client) -> Vec<String> {
    let query = "
        select table_name || '.' || column_name || ' ' || data_type || ' ' || is_nullable from information_schema.columns
        where table_name in ('channels', 'challenges', 'accounts', 'access_tokens', 'notices')
        union all
        select conrelid::regclass || ': ' || conname || ' ' || pg_get_constraintdef(oid) from pg_constraint
        where conrelid::regclass::text in ('channels', 'challenges', 'accounts', 'access_tokens') and contype <> 'n'
        order by 1";
    owner.query(query, &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
}

async fn migrate(database: &Database) {
    let directory = tempfile::tempdir().unwrap();
    let settings = database.settings(directory.path(), &Wish::default());
    let migrated = app::migrate(&settings, Arc::new(SystemChance)).await.unwrap();
    assert_eq!(migrated.applied.len(), 1, "{:?}", migrated.applied);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_of_the_release_before_goes_on_with_its_channels_and_what_was_in_flight() {
    let earlier = TestApp::start().await;
    let alice = earlier.customer_with_sms("alice").await;
    let token = alice.token(&earlier).await;
    let open = alice.client.post(&alice.path("/tan/challenge/sms"), json!({})).await;
    let tan = earlier.tan_sent_to(&alice.phone);
    let database = earlier.database.clone();
    earlier.stop().await;

    let owner = database.owner().await;
    owner.batch_execute(TAKEN_BACK).await.unwrap();
    let truly = Database::bare().await;
    let mut bare = truly.owner().await;
    let runner = embedded::migrations::runner().set_target(refinery::Target::Version(BEFORE));
    runner.run_async(&mut bare).await.unwrap();
    assert_eq!(shape(&owner).await, shape(&bare).await, "it is what the release before made");

    migrate(&database).await;
    let later = TestApp::on(database, Wish::default()).await;
    let alice = Customer { client: later.admin.with_token(&alice.client.token), ..alice };
    let store = later.store(&Wish::default());
    let username = tanager::domain::username::Username::parse("alice").unwrap();
    let wanted = tanager::storage::datastore::Wanted::account(&username);
    let account = store.look(wanted, |account, _| account.clone()).await.unwrap().unwrap();
    assert_eq!(account.channels.len(), 1);
    assert!(account.challenges.iter().all(|challenge| challenge.language.is_none()), "nobody had said one");

    let confirmed = alice.confirm(open.text("challenge_id"), &tan).await;
    assert_eq!(confirmed.status, 200, "a TAN that was on its way: {confirmed:?}");
    let delete = reqwest::Method::DELETE;
    let removed = alice.client.send(delete, &alice.path("/tan/sms"), &[("TAN-Token", &token)], None).await;
    assert_eq!(removed.status, 204, "a token that was unspent: {removed:?}");
    later.settled().await;
    let told = later.sms.sent();
    assert_eq!(told.last().unwrap().kind, tanager::channel::MessageKind::Notice, "and the customer is told");
    later.stop().await;
}
