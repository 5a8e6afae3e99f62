//! `GET /stats`: its form, and that operators alone read it.

use serde_json::{Value, json};

use crate::app::TestApp;

fn is_counts(counts: &Value) -> bool {
    let members = counts.as_object().unwrap();
    members.len() == 5
        && ["sent", "failed", "solved", "spent", "blocked"].iter().all(|name| members[*name].as_u64().is_some())
}

#[tokio::test(flavor = "multi_thread")]
async fn statistics_are_for_operators_and_of_the_last_hour_and_day() {
    let app = TestApp::start().await;
    let alice = app.customer_with_sms("alice").await;
    alice.token(&app).await;
    let shown = app.admin.get("/stats").await;
    assert_eq!(shown.status, 200, "{shown:?}");
    assert!(shown.body["now"]["t_s"].as_u64().is_some());
    let rows = |list: &str| shown.body[list].as_array().unwrap().clone();
    for figures in [vec![shown.body.clone()], rows("channels"), rows("prefixes")].concat() {
        assert!(is_counts(&figures["hour"]) && is_counts(&figures["day"]), "{figures}");
    }
    assert!(!shown.raw.contains(&alice.phone) && !shown.raw.contains("alice"), "{shown:?}");
    for other in [&alice.client, &app.core] {
        assert_eq!(other.get("/stats").await.error(), (403, 44));
    }
    assert_eq!(app.stranger().get("/stats").await.error(), (401, 40));
    assert_eq!(app.admin.post("/stats", json!({})).await.error(), (405, 20));
    app.stop().await;
}
