//! What an account shows of its apps and codes.

use serde_json::{Value, json};

use super::{Still, enrol, proven};

/// The rows of the list as `channel state info since`.
fn rows(listed: &Value) -> Vec<String> {
    let row = |row: &Value| {
        let text = |name: &str| row[name].as_str().unwrap().to_owned();
        format!("{} {} {} {}", text("tan_channel"), text("state"), text("tan_info"), row["since"]["t_s"])
    };
    listed["tan_channels"].as_array().unwrap().iter().map(row).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_app_has_a_row_and_the_codes_have_one() {
    let app = Still::start().await;
    let alice = app.customer_with_sms("alice").await;
    let since = app.now();
    let token = alice.token(&app).await;
    let telephone = app.put_in_force(&alice, "telephone", &token).await;
    let token = app.token(&alice, &telephone).await;
    let tablet = app.put_in_force(&alice, "tablet", &token).await;
    let codes = app.codes(&alice, &app.token(&alice, &tablet).await).await;
    proven(&alice, "recovery", &codes[0]).await;
    let token = app.token(&alice, &telephone).await;
    assert_eq!(enrol(&alice, &json!({"name": "watch"}), &token).await.status, 202);
    let masked = tanager::domain::address::Address::parse(tanager::domain::channel::Channel::Sms, &alice.phone);
    let masked = masked.unwrap().masked();
    for client in [&alice.client, &app.admin] {
        let listed = client.get("/accounts/alice/tan").await;
        assert_eq!(
            rows(&listed.body),
            [
                format!("sms active {masked} {since}"),
                format!("totp active telephone {since}"),
                format!("totp active tablet {}", since + 60),
                format!("totp pending watch {}", since + 150),
                format!("recovery active 9/10 {}", since + 120),
            ]
        );
        assert_eq!(listed.number("recovery_codes_left"), 9);
        let account = client.get("/accounts/alice").await;
        assert_eq!(account.body["tan_channels"], json!(["sms", "totp", "recovery"]));
        assert_eq!(account.text("tan_channel"), "sms");
    }
    let listed = app.admin.get("/accounts").await;
    assert_eq!(listed.body["accounts"][0]["tan_channels"], json!(["sms", "totp", "recovery"]));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_can_prove_an_operation_is_named_once_a_channel() {
    let app = Still::start().await;
    let (alice, device) = app.customer_with_app("alice").await;
    app.put_in_force(&alice, "tablet", &app.token(&alice, &device).await).await;
    app.codes(&alice, &app.token(&alice, &device).await).await;
    let refused = alice.client.delete("/accounts/alice/tan/recovery").await;
    let offered = json!([
        {"tan_channel": "totp", "tan_info": "default, tablet"},
        {"tan_channel": "recovery", "tan_info": "10/10"},
    ]);
    assert_eq!(refused.body["tan_channels"], offered);
    assert_eq!(alice.challenge("totp").await.text("tan_info"), "default, tablet");
    app.stop().await;
}
