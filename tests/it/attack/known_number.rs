//! Nobody takes a customer's messages away by knowing the number.

use std::time::Duration;

use serde_json::json;

use super::wish;
use crate::app::TestApp;

#[tokio::test(flavor = "multi_thread")]
async fn who_enrols_a_strangers_number_again_and_again_takes_no_message_from_the_stranger() {
    let app = TestApp::start_with(wish("session_lifetime = \"7 days\"")).await;
    let (alice, mallory) = (app.customer_with_sms("alice").await, app.customer("mallory").await);
    let mut sent = 0;
    for _ in 0..2 {
        for _ in 0..12 {
            let enrolled = mallory.client.post(&mallory.path("/tan/sms"), json!({"address": alice.phone})).await;
            assert!([202, 429].contains(&enrolled.status.as_u16()), "{enrolled:?}");
            sent += usize::from(enrolled.status == 202);
            app.advance(Duration::from_secs(61));
        }
        assert!(alice.token(&app).await.starts_with("tan_"), "hers are counted by themselves");
        app.advance(Duration::from_mins(55));
    }
    assert_eq!(sent, 20, "address_per_hour and address_per_day hold for who has not proven it");
    let refused = mallory.client.post(&mallory.path("/tan/sms"), json!({"address": alice.phone})).await;
    assert_eq!((refused.error(), refused.text("limit")), ((429, 5131), "address_per_day"));
    app.stop().await;
}
