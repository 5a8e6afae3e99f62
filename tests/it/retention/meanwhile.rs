//! Sweeps while the service is at work, and several at once.

use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::json;
use tanager::service::{Removed, Verdict};

use super::{DAY, number, old_challenges, sweep};
use crate::app::{TestApp, Wish};

#[tokio::test(flavor = "multi_thread")]
async fn customers_are_served_without_an_error_while_two_sweeps_remove_tens_of_thousands() {
    let app = TestApp::start().await;
    let second = TestApp::on(app.database.clone(), Wish::default()).await;
    let owner = app.database.owner().await;
    owner.batch_execute("select tanager_prepare_partitions(now() - interval '42 days', 3)").await.unwrap();
    for age in ["40 days", "33 days", "18 days", "100 days"] {
        old_challenges(&owner, 8_000, age, "").await;
    }
    let windows = "insert into windows (meter, sends, hour_count, hour_most, day_count, day_most)
                   select sha256(n::text::bytea), array[now() - interval '2 days'], 1, 10, 1, 10 from generate_series(1, 5000) n";
    owner.batch_execute(windows).await.unwrap();
    let mut customers = Vec::new();
    for n in 0..8 {
        customers.push(app.customer_with_sms(&format!("customer-{n}")).await);
    }
    let over = AtomicBool::new(false);
    let acting = async {
        let mut served = 0;
        while !over.load(Ordering::SeqCst) || served < 8 {
            if let Some(customer) = customers.get(served) {
                assert!(customer.token(&app).await.starts_with("tan_"));
            }
            for customer in &customers {
                let shown = customer.client.get(&customer.path("/tan")).await;
                assert_eq!(shown.status, 200, "{shown:?}");
                let unknown = customer.path("/tan/challenge/0190a6d0-0000-7000-8000-000000000000");
                assert_eq!(customer.client.get(&unknown).await.error(), (404, 5143));
            }
            served += 1;
        }
    };
    let sweeping = async {
        let swept = tokio::join!(sweep(app.running.service()), sweep(second.running.service()));
        over.store(true, Ordering::SeqCst);
        swept
    };

    let ((one, other), ()) = tokio::join!(sweeping, acting);

    assert_eq!(one.challenges + other.challenges, 32_000, "each was removed once: {one:?} {other:?}");
    assert_eq!(one.windows + other.windows, 5_000);
    assert_eq!(one.partitions + other.partitions, 3);
    assert_eq!(number(&owner, "select count(*) from challenges").await, 8);
    let verdict = app.running.service().verify_trail(None).await.unwrap();
    assert!(matches!(verdict, Verdict::Whole { .. }), "{verdict:?}");
    assert_eq!(sweep(app.running.service()).await, Removed::default());
    second.stop().await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_is_counted_while_its_window_is_swept_stays_counted() {
    let app = TestApp::start().await;
    let owner = app.database.owner().await;
    let mut alice = app.customer_with_sms("alice").await;
    for _ in 0..6 {
        alice.client = app.log_in("alice").await;
        alice.token(&app).await;
        app.advance(DAY + DAY / 24);
        alice.client = app.log_in("alice").await;
        let ask = alice.client.post("/accounts/alice/tan/challenge/sms", json!({}));
        let (asked, ..) = tokio::join!(ask, sweep(app.running.service()), sweep(app.running.service()));
        assert_eq!(asked.status, 200, "{asked:?}");
        let counted = "select count(*) from windows where day_count = 1 and cardinality(sends) = 1";
        assert!(number(&owner, counted).await >= 1, "the message is counted");
        app.advance(DAY * 2);
    }
    app.stop().await;
}
