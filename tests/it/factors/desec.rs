//! deSEC's workflow from beginning to end at the gateway, by a customer who has an app and nothing else: what is forbidden
//! before his session is stepped up, and allowed after.

use reqwest::Method;
use serde_json::json;

use super::{STEP, enrol, proven, remove, send, set_up};
use crate::{
    app::{Answer, Authenticator, Customer},
    gateway::{Bank, Request, transfer},
};

const STEP_UP: &str = "/accounts/alice/session/step-up";
const FORBIDDEN: (u16, u64) = (403, 10002);
const WRONG: (u16, u64) = (409, 5134);

/// An operation of assurance `session`.
async fn contact(customer: &Customer) -> Answer {
    Request::post("/accounts/alice/contacts", "{}").send(&customer.client, "").await
}

async fn step_up(customer: &Customer, token: &str) -> Answer {
    send(&customer.client, Method::POST, STEP_UP, token, None).await
}

/// A token for the code that an app shows now; then comes the next step.
async fn token(bank: &Bank, customer: &Customer, app: &Authenticator) -> String {
    let token = proven(customer, "totp", &app.code_at(bank.app.now())).await;
    bank.app.advance(STEP);
    token
}

/// Wrong codes, those two steps off and one that was accepted answer a challenge with a refusal, and the next code with a
/// token for the step-up.
async fn prove_step_up(bank: &Bank, customer: &Customer, app: &Authenticator, accepted: &str) -> String {
    let ticket = json!({"operation": step_up(customer, "").await.text("operation")});
    for steps in [-2, 2] {
        let asked = customer.client.post("/accounts/alice/tan/challenge/totp", ticket.clone()).await;
        let off = app.code_at(bank.app.now() + 30 * steps);
        assert_eq!(customer.confirm(asked.text("challenge_id"), &off).await.error(), WRONG, "{steps} steps off");
    }
    let asked = customer.client.post("/accounts/alice/tan/challenge/totp", ticket).await;
    let id = asked.text("challenge_id");
    assert_eq!(customer.confirm(id, accepted).await.error(), WRONG, "a replay");
    let solved = customer.confirm(id, &app.code_at(bank.app.now())).await;
    assert_eq!(solved.status, 200, "{solved:?}");
    assert_eq!(customer.confirm(id, &app.code_at(bank.app.now())).await.error(), (410, 10001));
    solved.text("tan_token").to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn desecs_workflow_is_this_services_step_by_step() {
    let bank = Bank::open().await;
    bank.app.stop_clock().await;
    let alice = bank.customer_with("alice", &[]).await;

    // Created: nothing is asked for until it has shown a code.
    let (challenge, telephone) = set_up(&enrol(&alice, &json!({"name": "telephone"}), "").await);
    assert_eq!(contact(&alice).await.status, 200);
    let first = telephone.code_at(bank.app.now());
    let wrong = telephone.code_at(bank.app.now() + 90);
    assert_eq!(alice.confirm(&challenge, &wrong).await.error(), WRONG);
    assert_eq!(alice.confirm(&challenge, &first).await.status, 200);

    // Activated: forbidden, until the session is stepped up; by no code that was used or is off.
    assert_eq!(contact(&alice).await.error(), FORBIDDEN);
    assert_eq!(step_up(&alice, "").await.error(), FORBIDDEN);
    bank.app.advance(STEP);
    let approved = prove_step_up(&bank, &alice, &telephone, &first).await;
    assert_eq!(contact(&alice).await.error(), FORBIDDEN, "a token in hand is no step-up");
    assert_eq!(step_up(&alice, &approved).await.body["mfa"], json!(true));
    assert_eq!(step_up(&alice, &approved).await.error(), (403, 10003), "spent");
    assert_eq!(contact(&alice).await.status, 200);
    assert_eq!(transfer(&alice, "").await.error(), FORBIDDEN, "what moves money asks for its own proof");

    // A second one, and the first removed: that ends the step-up. The last removed: nothing is asked for any more.
    bank.app.advance(STEP);
    let (challenge, tablet) =
        set_up(&enrol(&alice, &json!({"name": "tablet"}), &token(&bank, &alice, &telephone).await).await);
    assert_eq!(alice.confirm(&challenge, &tablet.code_at(bank.app.now())).await.status, 200);
    assert_eq!(contact(&alice).await.status, 200, "a further factor ends nothing");
    bank.app.advance(STEP);
    let removal = token(&bank, &alice, &tablet).await;
    assert_eq!(remove(&alice, "totp?name=telephone", &removal).await.status, 204);
    assert_eq!(contact(&alice).await.error(), FORBIDDEN);
    let removal = token(&bank, &alice, &tablet).await;
    assert_eq!(remove(&alice, "totp?name=tablet", &removal).await.status, 204);
    assert_eq!(enrol(&alice, &json!({}), "").await.status, 202);
    assert_eq!(contact(&alice).await.status, 200);
    assert_eq!(bank.app.messages(), 0);
    bank.close().await;
}
