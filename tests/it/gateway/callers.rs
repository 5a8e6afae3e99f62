//! Who is calling at the gateway (sections 2 and 6a): known before anything is offered, and told nothing otherwise.

use serde_json::json;

use super::{Bank, Request, TRANSFER, transfer};
use crate::{
    app::{Answer, Customer},
    bank_core::basic,
    contract::{tans_sent, trace, with_token},
};

/// What tells replies apart. Whether the connection is kept is left out: that hangs on how far the body was read.
fn visible(answer: &Answer) -> (u16, String, Vec<String>) {
    let mut names: Vec<_> = answer.headers.keys().map(ToString::to_string).collect();
    names.retain(|name| name != "connection");
    names.sort_unstable();
    (answer.status.as_u16(), answer.raw.clone(), names)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_learns_nothing_not_even_who_has_an_account() {
    let bank = Bank::open().await;
    bank.customer("alice").await;
    bank.customer_with("bare", &[]).await;
    let before = trace(&bank.app).await;
    let unknown = format!("secret-token:{}", "A".repeat(43));
    for credential in ["", unknown.as_str(), "x"] {
        let mut replies = Vec::new();
        for name in ["alice", "bare", "nobody"] {
            let path = format!("/accounts/{name}/transactions");
            let refused = Request::post(&path, TRANSFER).send(&bank.client(credential), "").await;
            assert_eq!((refused.error(), refused.header("www-authenticate")), ((401, 40), "Bearer"), "{name}");
            assert!(refused.body.get("tan_channels").is_none() && refused.header("tan-required").is_empty());
            replies.push(visible(&refused));
        }
        assert!(replies.iter().all(|reply| *reply == replies[0]), "{replies:?}");
    }
    assert_eq!((trace(&bank.app).await, bank.core.seen().len()), (before, 0));
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_learns_nothing_from_a_body_that_would_be_refused_either() {
    let bank = Bank::open().await;
    bank.customer("alice").await;
    for body in ["", "{", "{}", TRANSFER] {
        for name in ["alice", "nobody"] {
            let path = format!("/accounts/{name}/transactions");
            let refused = Request::post(&path, body).send(&bank.client(""), "tan_x").await;
            assert_eq!(refused.error(), (401, 40), "{name} {body}");
        }
    }
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_account_s_path_is_forbidden_whether_it_exists_or_not() {
    let bank = Bank::open().await;
    let alice = bank.customer("alice").await;
    bank.customer("bob").await;
    let mut replies = Vec::new();
    for name in ["bob", "nobody"] {
        let path = format!("/accounts/{name}/transactions");
        let refused = Request::post(&path, TRANSFER).send(&alice.client, "").await;
        assert_eq!(refused.error(), (403, 44), "{name}");
        replies.push(visible(&refused));
    }
    assert_eq!(replies[0], replies[1]);
    assert!(bank.core.seen().is_empty());
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn admin_and_service_credentials_are_unknown_here() {
    let bank = Bank::open().await;
    let alice = bank.customer("alice").await;
    let before = trace(&bank.app).await;
    for credential in [&bank.app.admin.token, &bank.app.core.token] {
        let client = bank.client(credential);
        for request in [
            Request::post("/accounts/alice/transactions", TRANSFER),
            Request::post("/accounts/alice/notes", "{}"),
            Request::new("DELETE", "/accounts/alice", None),
            Request::new("GET", "/accounts/alice/tan", None),
            Request::post("/accounts/alice/tan/challenge/sms", "{}"),
            Request::post("/accounts/alice/tan/email", r#"{"address":"eve@evil.example"}"#),
            Request::new("DELETE", "/accounts/alice/tan/sms", None),
        ] {
            assert_eq!(request.send(&client, "").await.error(), (401, 40), "{} {}", request.method, request.path);
        }
    }
    assert_eq!((trace(&bank.app).await, bank.core.seen().len()), (before, 0));
    assert_eq!(transfer(&alice, "").await.error(), (403, 10002));
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_credential_that_only_looks_begins_nothing_protected() {
    let bank = Bank::open().await;
    let alice = bank.customer("alice").await;
    let minted = bank.app.core.post("/accounts/alice/token", json!({"scope": "readonly"})).await;
    let readonly = bank.client(minted.text("access_token"));
    let approval = bank.transfer_token(&alice).await;
    for token in ["", &approval.token] {
        let refused = Request::post("/accounts/alice/transactions", TRANSFER).send(&readonly, token).await;
        assert_eq!(refused.error(), (403, 44), "{refused:?}");
    }
    assert_eq!(Request::post("/accounts/alice/notes", "{}").send(&readonly, "").await.error(), (403, 44));
    assert!(bank.core.seen().is_empty(), "{:?}", bank.core.lines());
    assert_eq!(transfer(&alice, &approval.token).await.status, 200, "the token is as it was");
    bank.close().await;
}

/// An API token of this account for these operations.
async fn api_token(bank: &Bank, alice: &Customer, operations: &[&str]) -> Customer {
    let at_the_api = bank.app.admin.with_token(&alice.client.token);
    let wish = json!({"scope": "readwrite", "operations": operations});
    let refused = at_the_api.post("/accounts/alice/token", wish.clone()).await;
    let token = bank.approve(alice, &refused).await.token;
    let minted = with_token(&at_the_api, reqwest::Method::POST, "/accounts/alice/token", &token, Some(wish)).await;
    assert_eq!(minted.status, 200, "{minted:?}");
    let client = bank.client(minted.text("access_token"));
    Customer { client, username: alice.username.clone(), phone: alice.phone.clone(), email: alice.email.clone() }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_api_token_does_the_operations_it_names_without_a_tan_and_no_others() {
    let bank = Bank::open().await;
    let alice = bank.customer("alice").await;
    let (robot, other) = (api_token(&bank, &alice, &["transfer"]).await, api_token(&bank, &alice, &[]).await);
    let sent = tans_sent(&bank.app);
    for _ in 0..2 {
        let done = transfer(&robot, "").await;
        assert_eq!(done.status, 200, "{done:?}");
    }
    assert_eq!(transfer(&other, "").await.error(), (403, 44));
    let approval = bank.unbound(&alice, "sms").await;
    for (robot, method, path) in [
        (&robot, "POST", "/accounts/alice/cashouts"),
        (&robot, "PATCH", "/accounts/alice"),
        (&robot, "POST", "/accounts/alice/contacts"),
        (&other, "PATCH", "/accounts/alice"),
    ] {
        for token in ["", &approval.token] {
            let refused = Request::new(method, path, Some("{}")).send(&robot.client, token).await;
            assert_eq!(refused.error(), (403, 44), "{method} {path}: {refused:?}");
        }
    }
    assert_eq!(robot.client.post("/accounts/alice/tan/challenge/sms", json!({})).await.error(), (403, 44));
    assert_eq!((bank.transfers(&alice), bank.core.seen().len(), tans_sent(&bank.app)), (2, 2, sent + 1));
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_nothing_is_protected_the_core_alone_knows_its_callers() {
    let bank = Bank::open().await;
    let alice = bank.customer("alice").await;
    for credential in ["", "garbage", &bank.app.admin.token, &alice.client.token] {
        let answer = Request::post("/accounts/alice/elsewhere", "{}").send(&bank.client(credential), "").await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let seen = bank.core.last("POST", "/accounts/alice/elsewhere");
        let expected = (!credential.is_empty()).then(|| format!("Bearer {credential}"));
        assert_eq!(seen.header("authorization"), expected, "as it came");
    }
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn credentials_that_stand_twice_or_are_none_are_no_credentials() {
    let bank = Bank::open().await;
    let alice = bank.customer("alice").await;
    let bearer = format!("Bearer {}", alice.client.token);
    let password = basic("alice", "x");
    for values in [&[bearer.as_str(), &bearer][..], &["Bearer"], &[&password], &["Bearer a b"], &[&bearer, &password]] {
        let headers: Vec<_> = values.iter().map(|value| ("Authorization", *value)).collect();
        let request = Request::post("/accounts/alice/transactions", TRANSFER);
        let refused = request.send_with(&bank.client(""), &headers).await;
        assert!([(401, 40), (400, 23)].contains(&refused.error()), "{values:?}: {refused:?}");
    }
    assert!(bank.core.seen().is_empty());
    bank.close().await;
}
