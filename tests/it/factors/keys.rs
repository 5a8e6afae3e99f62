//! What is kept of apps and codes: sealed in its place, and readable when another key has become active.

use serde_json::json;

use super::{Still, enrol, proven, set_up};
use crate::{
    app::{Customer, TestApp, Wish},
    contract::{count, trace},
};

#[tokio::test(flavor = "multi_thread")]
async fn apps_and_codes_of_an_older_key_are_good_when_another_becomes_active() {
    let first = Still::start().await;
    let (alice, device) = first.customer_with_app("alice").await;
    let codes = first.codes(&alice, &first.token(&alice, &device).await).await;
    let (database, clock) = (first.database.clone(), first.clock.clone());
    first.stop().await;
    database.activate_later_key().await;

    let wish = Wish { later_key: true, clock: Some(clock), ..Wish::default() };
    let app = Still(TestApp::on(database, wish).await);
    let alice = Customer { client: app.log_in("alice").await, ..alice };
    let newest = "select max(get_byte(secret, 1))::bigint from channels where channel = 'totp'";
    assert_eq!(count(&app, newest).await, 1, "as it was sealed");
    let token = app.token(&alice, &device).await;
    proven(&alice, "recovery", &codes[9]).await;
    let tablet = app.put_in_force(&alice, "tablet", &token).await;
    assert_eq!(count(&app, newest).await, 2, "what is new is sealed under the new key");
    let token = app.token(&alice, &tablet).await;
    let new = app.codes(&alice, &token).await;
    assert_eq!(count(&app, "select recovery_key::bigint from channels where channel = 'recovery'").await, 2);
    proven(&alice, "recovery", &new[0]).await;
    proven(&alice, "totp", &app.code(&device, 0)).await;
    app.stop().await;
}

/// Does this to the rows, and expects that nothing opens and nothing is solved.
async fn does_not_open(app: &Still, alice: &Customer, id: &str, code: &str, sql: &str) {
    let owner = app.database.owner().await;
    assert_ne!(owner.execute(sql, &[]).await.unwrap(), 0);
    let before = trace(app).await;
    assert_eq!(alice.confirm(id, code).await.error(), (503, 10090), "{sql}");
    assert_eq!(alice.client.get("/accounts/alice/tan").await.error(), (503, 10090), "{sql}");
    assert_eq!(trace(app).await, before);
    assert_eq!(count(app, "select count(*) from challenges where state = 'open'").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn secrets_that_were_swapped_between_two_apps_do_not_open() {
    let app = Still::start().await;
    let (alice, device) = app.customer_with_app("alice").await;
    app.put_in_force(&alice, "second", &app.token(&alice, &device).await).await;
    let id = alice.challenge("totp").await.text("challenge_id").to_owned();
    let swap = "update channels c set secret = (select o.secret from channels o \
                where o.account_id = c.account_id and o.name <> c.name)";
    does_not_open(&app, &alice, &id, &app.code(&device, 0), swap).await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_accounts_secret_does_not_open_under_the_same_name() {
    let app = Still::start().await;
    let (alice, _) = app.customer_with_app("alice").await;
    let (_, his) = app.customer_with_app("bob").await;
    let id = alice.challenge("totp").await.text("challenge_id").to_owned();
    let planted = "update channels set secret = (select secret from channels join accounts using (account_id) \
                   where username = 'bob') where account_id = (select account_id from accounts where username = 'alice')";
    does_not_open(&app, &alice, &id, &app.code(&his, 0), planted).await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_secret_of_a_pending_app_does_not_open_in_another_challenge() {
    let app = Still::start().await;
    let (alice, bob) = (app.customer("alice").await, app.customer("bob").await);
    let (id, _) = set_up(&enrol(&alice, &json!({}), "").await);
    let (_, his) = set_up(&enrol(&bob, &json!({}), "").await);
    let owner = app.database.owner().await;
    let planted = "update challenges set secret = (select c.secret from challenges c join accounts using (account_id) \
                   where username = 'bob') where account_id = (select account_id from accounts where username = 'alice')";
    assert_eq!(owner.execute(planted, &[]).await.unwrap(), 1);
    assert_eq!(alice.confirm(&id, &app.code(&his, 0)).await.error(), (503, 10090));
    assert_eq!(count(&app, "select count(*) from channels").await, 0);
    app.stop().await;
}

/// A row that says other codes were used, or another set, makes no used code good again but those it names.
#[tokio::test(flavor = "multi_thread")]
async fn codes_of_another_accounts_set_are_others() {
    let app = Still::start().await;
    let (alice, bob) = (app.customer("alice").await, app.customer("bob").await);
    let mine = app.codes(&alice, "").await;
    let his = app.codes(&bob, "").await;
    let planted = "update channels set recovery_set = (select recovery_set from channels join accounts using (account_id) \
                   where username = 'bob') where account_id = (select account_id from accounts where username = 'alice')";
    assert_eq!(app.database.owner().await.execute(planted, &[]).await.unwrap(), 1);
    let id = alice.challenge("recovery").await.text("challenge_id").to_owned();
    assert_eq!(alice.confirm(&id, &his[0]).await.error(), (409, 5134), "they follow from the account as well");
    assert_eq!(alice.confirm(&id, &mine[0]).await.error(), (409, 5134));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_what_codes_follow_from_is_in_the_database_in_clear() {
    let app = Still::start().await;
    let alice = app.customer("alice").await;
    let enrolled = enrol(&alice, &json!({}), "").await;
    let (id, device) = set_up(&enrolled);
    let mut secrets = crate::leaks::secrets::Secrets::default();
    secrets.add("address", enrolled.text("otpauth_uri"));
    secrets.add("base32", enrolled.text("secret"));
    let bytes = data_encoding::BASE32_NOPAD.decode(enrolled.text("secret").as_bytes()).unwrap();
    secrets.add_bytes("bytes", &bytes);
    let owner = app.database.owner().await;
    let pending = crate::leaks::secrets::everything_in(&owner).await;
    assert_eq!(alice.confirm(&id, &app.code(&device, 0)).await.status, 200);
    app.advance(super::STEP);
    let codes = app.codes(&alice, &app.token(&alice, &device).await).await;
    proven(&alice, "recovery", &codes[0]).await;
    for (number, code) in codes.iter().enumerate() {
        secrets.add(&format!("code {number}"), code);
        secrets.add(&format!("code {number} without dashes"), &code.replace('-', ""));
    }
    let all = crate::leaks::secrets::everything_in(&owner).await;
    assert!(pending.contains("challenge") || pending.contains("channel.pending"));
    assert!(all.contains("recovery.used") && all.contains("recovery.made"), "the right place is searched");
    for rows in [pending, all] {
        assert_eq!(secrets.found_in(rows.as_bytes()), Vec::<String>::new());
    }
    app.stop().await;
}
