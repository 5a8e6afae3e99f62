//! What anyone may read (section 3).

use std::time::Duration;

use serde_json::json;
use tanager::channel::{Reason, SendError};

use crate::app::{TestApp, Wish};

#[tokio::test(flavor = "multi_thread")]
async fn the_configuration_tells_what_is_offered() {
    let more = "[limits]\ntan_digits = 6\ntan_lifetime = \"2 min\"\nretransmission_period = \"30 s\"\n";
    let app = TestApp::start_with(Wish { more: more.to_owned(), ..Wish::default() }).await;
    let config = app.stranger().get("/config").await;
    assert_eq!(config.status, 200);
    assert_eq!(
        (config.text("name"), config.text("version"), config.text("tan_header")),
        ("tanager", "1:0:0", "TAN-Token")
    );
    assert!(config.text("implementation").contains(env!("CARGO_PKG_VERSION")));
    assert_eq!(config.number("tan_digits"), 6);
    assert_eq!(config.body["tan_lifetime"], json!({"d_us": 120_000_000}));
    assert_eq!(config.body["retransmission_period"], json!({"d_us": 30_000_000}));
    let channels = config.body["supported_tan_channels"].as_array().unwrap();
    assert!(channels.contains(&json!("sms")) && channels.contains(&json!("email")), "{config:?}");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_channel_that_is_down_is_named_and_fails_nobody() {
    let app = TestApp::start().await;
    app.email.fail_always(SendError::Misconfigured(Reason::new("a test")));
    let ready = app.stranger().get("/health/ready").await;
    assert_eq!(ready.status, 200);
    assert_eq!(ready.body["channels_down"], json!(["email"]));
    let live = app.stranger().get("/health/live").await;
    assert_eq!(live.status, 200);
    let config = app.stranger().get("/config").await;
    assert!(!config.body["supported_tan_channels"].as_array().unwrap().contains(&json!("email")), "{config:?}");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn metrics_are_not_for_the_world() {
    let app = TestApp::start().await;
    assert_eq!(app.stranger().get("/metrics").await.error(), (404, 21));
    assert_eq!(app.admin.get("/metrics").await.error(), (404, 21));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pages_need_no_credentials_and_take_bad_ones() {
    let app = TestApp::start().await;
    for path in ["/config", "/health/live", "/health/ready", "/openapi.json", "/docs"] {
        for client in [app.stranger(), app.admin.with_token("garbage"), app.core.clone()] {
            assert_eq!(client.get(path).await.status, 200, "{path}");
        }
    }
    app.advance(Duration::from_hours(1));
    assert_eq!(app.stranger().get("/health/ready").await.status, 200);
    app.stop().await;
}
