//! The customer as the gateway's listener asks for him: `Service::customer`.

use serde_json::json;
use tanager::{
    domain::{
        caller::{AccessToken, Mfa, Provenance, Scope},
        credential::Scheme,
        refusal::Refusal,
        time::Timestamp,
        username::Username,
    },
    service::Failure,
};

use super::{
    bank_core::{ALICE, ALICE_AGAIN, ALICE_BASIC, ALICE_LOOKS, ANYBODY, BOB, Core, NOBODY, Says},
    served_by,
};
use crate::{
    app::{TestApp, issue},
    contract::{count, trace},
};

async fn customer(app: &TestApp, authorization: &str, username: &str) -> Result<AccessToken, String> {
    let username = Username::parse(username).unwrap();
    app.running.service().customer(authorization, &username).await.map_err(|failure| match failure {
        Failure::Refused(Refusal::Parameter { name, .. }) => format!("malformed {name}"),
        failure => format!("{failure:?}"),
    })
}

fn refused(refusal: &str) -> Result<AccessToken, String> {
    Err(format!("Refused({refusal})"))
}

fn unauthenticated() -> Result<AccessToken, String> {
    Err("Unauthenticated".to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_of_the_bank_core_is_the_owner_of_his_account_alone() {
    let core = Core::start().await;
    let app = served_by(&core, "scope_pointer = \"/scope\"\n").await;
    let alice = customer(&app, ALICE, "alice").await.unwrap();
    assert_eq!((alice.owner.as_ref().map(Username::as_str), alice.scope), (Some("alice"), Scope::ReadWrite));
    assert_eq!((alice.provenance, alice.mfa), (Provenance::Foreign(Scheme::Bearer), Mfa::Pending));
    assert_eq!(alice.expires_at, Timestamp::NEVER);
    assert_eq!(customer(&app, ALICE_LOOKS, "alice").await.unwrap().scope, Scope::ReadOnly);
    let password = customer(&app, ALICE_BASIC, "alice").await.unwrap();
    assert_eq!(password.provenance, Provenance::Foreign(Scheme::Other), "no session that could be stepped up");
    assert_eq!(customer(&app, BOB, "alice").await, unauthenticated());
    assert_eq!(customer(&app, NOBODY, "alice").await, unauthenticated());
    assert_eq!(customer(&app, "", "alice").await, unauthenticated());
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_credential_is_one_session() {
    let core = Core::start().await;
    let app = served_by(&core, "").await;
    let session = async |credential| customer(&app, credential, "alice").await.unwrap().id;
    let alice = session(ALICE).await;
    assert_eq!(session(ALICE).await, alice);
    assert_ne!(session(ALICE_AGAIN).await, alice);
    assert_ne!(session(ALICE_BASIC).await, alice);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn admin_and_service_credentials_are_unknown_and_shown_to_nobody() {
    let core = Core::start().await;
    let app = served_by(&core, "").await;
    assert_eq!(app.admin.post("/accounts", json!({"username": "alice"})).await.status, 201);
    core.answers("200 OK", "{}");
    let of_account = issue(&app.running, Scope::ReadWrite, Some("alice")).await;
    for token in [&app.admin.token, &app.core.token, &of_account] {
        assert_eq!(customer(&app, &format!("Bearer {token}"), "alice").await, unauthenticated());
        assert_eq!(customer(&app, &format!("bearer  {token} "), "alice").await, unauthenticated());
    }
    assert_eq!(core.take_asked(), []);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_there_once_its_customer_was_let_in() {
    let core = Core::start().await;
    let app = served_by(&core, "").await;
    let asked = (0..20).map(|_| customer(&app, ALICE, "alice"));
    assert!(futures_util::future::join_all(asked).await.iter().all(Result::is_ok));
    assert_eq!(count(&app, "select count(*) from accounts where username = 'alice'").await, 1);
    assert_eq!(app.admin.delete("/accounts/alice").await.status, 204);
    let before = trace(&app).await;
    assert_eq!(customer(&app, ALICE, "alice").await, refused("Forbidden"), "it is noticed at once");
    assert_eq!(trace(&app).await, before);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_new_spelled_otherwise_or_in_doubt_is_not_let_in() {
    let core = Core::start().await;
    let more = "unknown_account = \"refuse\"\nusername_case = \"lower\"\n";
    let app = served_by(&core, more).await;
    assert_eq!(customer(&app, ALICE, "alice").await, refused("Forbidden"));
    core.take_asked();
    assert_eq!(customer(&app, ANYBODY, "Alice").await, Err("malformed username".to_owned()));
    assert_eq!(core.take_asked(), []);
    core.says(Says::This("no HTTP at all\r\n\r\n".to_owned()));
    assert_eq!(customer(&app, ALICE, "alice").await, Err("Unavailable".to_owned()));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn in_mode_local_the_services_own_tokens_say_who_calls() {
    let app = TestApp::start().await;
    let alice = app.customer("alice").await;
    let bearer = format!("Bearer {}", alice.client.token);
    let known = customer(&app, &bearer, "alice").await.unwrap();
    assert_eq!((known.provenance, known.scope), (Provenance::Local, Scope::ReadWrite));
    for other in ["bob", "Alice", "nobody"] {
        assert_eq!(customer(&app, &bearer, other).await, refused("Forbidden"), "{other}");
    }
    for token in [&app.admin.token, &app.core.token] {
        assert_eq!(customer(&app, &format!("Bearer {token}"), "alice").await, unauthenticated());
    }
    for unknown in ["", "Basic YWxpY2U6cHc=", "Bearer x", ALICE] {
        assert_eq!(customer(&app, unknown, "alice").await, unauthenticated(), "{unknown:?}");
    }
    assert_eq!(alice.client.delete("/accounts/alice/token").await.status, 204);
    assert_eq!(customer(&app, &bearer, "alice").await, unauthenticated());
    assert_eq!(app.admin.get("/accounts/alice").await.body["tan_channels"], json!([]));
    app.stop().await;
}
