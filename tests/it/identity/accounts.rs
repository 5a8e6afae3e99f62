//! Customers who are new here, who left, and whose sessions end.

use reqwest::Method;
use serde_json::json;

use super::{
    bank_core::{ALICE, ALICE_AGAIN, ALICE_BASIC, Core},
    call, get, served_by,
};
use crate::{
    app::TestApp,
    contract::{count, trace},
};

const ACCOUNTS: &str = "select count(*) from accounts where username = 'alice'";
const MADE: &str = "select count(*) from events e join accounts a using (account_id)
  where a.username = 'alice' and e.kind = 'account.created' and e.actor like 'customer:%'";

#[tokio::test(flavor = "multi_thread")]
async fn a_proven_customer_who_is_new_gets_an_account_without_channels() {
    let core = Core::start().await;
    let app = served_by(&core, "").await;
    let shown = get(&app, "/accounts/alice", ALICE).await;
    assert_eq!((shown.status.as_u16(), &shown.body["tan_channels"]), (200, &json!([])), "{shown:?}");
    assert_eq!(shown.body["contact_data"], json!({}));
    assert_eq!((count(&app, ACCOUNTS).await, count(&app, MADE).await), (1, 1));
    let before = trace(&app).await;
    assert_eq!(get(&app, "/accounts/alice", ALICE_AGAIN).await.status, 200);
    assert_eq!(trace(&app).await, before, "it is made once");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_first_requests_at_once_make_one_account() {
    let core = Core::start().await;
    let app = served_by(&core, "").await;
    let requests = (0..50).map(|_| get(&app, "/accounts/alice", ALICE));
    let answers = futures_util::future::join_all(requests).await;
    assert!(answers.iter().all(|answer| answer.status == 200), "{answers:?}");
    assert_eq!((count(&app, ACCOUNTS).await, count(&app, MADE).await), (1, 1));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_it_is_said_so_a_customer_who_is_new_is_refused() {
    let core = Core::start().await;
    let app = served_by(&core, "unknown_account = \"refuse\"\n").await;
    let before = trace(&app).await;
    assert_eq!(get(&app, "/accounts/alice", ALICE).await.error(), (403, 44));
    let patched = call(&app, Method::PATCH, "/accounts/alice", ALICE, Some(json!({"language": "de"}))).await;
    assert_eq!(patched.error(), (403, 44));
    assert_eq!(trace(&app).await, before);
    assert_eq!(app.admin.post("/accounts", json!({"username": "alice"})).await.status, 201);
    assert_eq!(get(&app, "/accounts/alice", ALICE).await.status, 200);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_account_is_refused_and_never_made_again() {
    for more in ["", "unknown_account = \"refuse\"\n"] {
        let core = Core::start().await;
        let app = served_by(&core, more).await;
        assert_eq!(app.admin.post("/accounts", json!({"username": "alice"})).await.status, 201);
        assert_eq!(get(&app, "/accounts/alice", ALICE).await.status, 200);
        let left = call(&app, Method::DELETE, "/accounts/alice", ALICE, None).await;
        assert_eq!(left.status, 204, "{left:?}");
        let before = trace(&app).await;
        for credential in [ALICE, ALICE_BASIC] {
            assert_eq!(get(&app, "/accounts/alice", credential).await.error(), (403, 44), "{more}");
            let enrolled = json!({"address": "+41791234567"});
            let enrolled = call(&app, Method::POST, "/accounts/alice/tan/sms", credential, Some(enrolled)).await;
            assert_eq!(enrolled.error(), (403, 44), "{more}");
        }
        assert_eq!(trace(&app).await, before);
        app.stop().await;
    }
}

/// A challenge of Alice, asked for with this credential.
async fn challenge(app: &TestApp, channel: &str, credential: &str) -> String {
    let path = format!("/accounts/alice/tan/challenge/{channel}");
    let answer = call(app, Method::POST, &path, credential, Some(json!({}))).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    format!("/accounts/alice/tan/challenge/{}", answer.text("challenge_id"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_session_is_one_session_and_ends_its_own_challenges_alone() {
    let core = Core::start().await;
    let app = served_by(&core, "").await;
    let contact = json!({"phone": "+41791234567", "email": "alice@example.com"});
    let account = json!({"username": "alice", "contact_data": contact, "tan_channels": ["sms", "email"]});
    assert_eq!(app.admin.post("/accounts", account).await.status, 201);
    let (own, other) = (challenge(&app, "sms", ALICE).await, challenge(&app, "email", ALICE_AGAIN).await);
    assert_eq!(get(&app, &own, ALICE_AGAIN).await.text("state"), "open", "the account's, whoever asked");

    let left = call(&app, Method::DELETE, "/accounts/alice/token", ALICE, None).await;

    assert_eq!(left.status, 204, "{left:?}");
    assert_eq!(get(&app, &own, ALICE_AGAIN).await.text("state"), "void");
    assert_eq!(get(&app, &other, ALICE_AGAIN).await.text("state"), "open");
    app.stop().await;
}
