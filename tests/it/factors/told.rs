//! What a customer is told, at every active address, of what became of apps and codes.

use std::time::Duration;

use super::{Still, proven, remove};
use crate::{app::Customer, contract::until_sent};

/// The text of the notice that came next; the recording held so many messages before.
async fn told(app: &Still, customer: &Customer, before: usize) -> String {
    until_sent(&app.sms, before + 1).await;
    let sent = app.sms.sent();
    let message = sent.last().unwrap();
    assert_eq!((sent.len(), message.address.reveal()), (before + 1, customer.phone.as_str()));
    message.body.reveal().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_customer_is_told_of_every_app_and_code_that_is_made_used_or_removed() {
    let app = Still::start().await;
    let alice = app.customer_with_sms("alice").await;
    let token = alice.token(&app).await;
    let says = async |before: usize, what: &str| {
        let text = told(&app, &alice, before).await;
        let (said, reference) = text.split_at(text.len() - "K7QD-2MXA.".len());
        assert_eq!(said, format!("Example Bank: {what} If this was not you, call the bank and give reference "));
        assert!(reference.ends_with('.') && reference.find('-') == Some(4), "{reference}");
    };
    let sent = app.sms.sent().len();
    let device = app.put_in_force(&alice, "telephone", &token).await;
    says(sent, "an authenticator app was added to your account.").await;
    let token = app.token(&alice, &device).await;
    let codes = app.codes(&alice, &token).await;
    says(sent + 1, "new recovery codes were made for your account; earlier ones are no longer valid.").await;
    let token = proven(&alice, "recovery", &codes[0]).await;
    says(sent + 2, "a recovery code was used for your account.").await;
    assert_eq!(remove(&alice, "totp?name=telephone", &token).await.status, 204);
    says(sent + 3, "an authenticator app was removed from your account.").await;
    assert_eq!(app.admin.delete("/accounts/alice/tan/recovery").await.status, 204);
    says(sent + 4, "the recovery codes of your account were removed.").await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_or_withdrawn_tells_nobody() {
    let app = Still::start().await;
    let alice = app.customer_with_sms("alice").await;
    let token = alice.token(&app).await;
    let sent = app.sms.attempts();
    let (id, device) = super::set_up(&super::enrol(&alice, &serde_json::json!({}), &token).await);
    assert_eq!(alice.confirm(&id, &app.wrong(&[&device])).await.error(), (409, 5134));
    assert_eq!(remove(&alice, "totp", "").await.status, 204);
    assert_eq!(remove(&alice, "sms", "").await.error(), (403, 10002));
    // A later message arrives: nothing went before it.
    app.advance(Duration::from_mins(1));
    alice.challenge("sms").await;
    assert_eq!(app.sms.attempts(), sent + 1);
    app.stop().await;
}
