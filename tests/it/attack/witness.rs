//! Verifying while much is written.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use serde_json::json;
use tanager::service::{Beginning, Verdict};

use crate::app::{TestApp, Wish};

#[tokio::test(flavor = "multi_thread")]
async fn a_trail_that_grows_while_it_is_verified_and_witnessed_is_whole() {
    let directory = tempfile::tempdir().unwrap();
    let more = format!("[audit]\ncheckpoint_file = \"{}\"\n", directory.path().join("lines").display());
    let app = TestApp::start_with(Wish { more, ..Wish::default() }).await;
    let mut customers = Vec::new();
    for number in 0..6 {
        customers.push(app.customer(&format!("customer{number}")).await);
    }
    // More than one batch of the verifier's, so that chains grow across its borders.
    let (over, turns) = (AtomicBool::new(false), AtomicU32::new(0));
    let acting = async {
        while !over.load(Ordering::SeqCst) {
            let turn = turns.fetch_add(1, Ordering::SeqCst);
            let all = customers.iter().map(async |customer| {
                let language = if turn % 2 == 0 { "de" } else { "fr" };
                customer.client.patch(&customer.path(""), json!({"language": language})).await
            });
            for answer in futures_util::future::join_all(all).await {
                assert_eq!(answer.status, 204, "{answer:?}");
            }
        }
    };
    let looking = async {
        let mut looks = 0;
        // However busy the machine is, each grows or looks while the other does.
        while looks < 12 || turns.load(Ordering::SeqCst) < 6 {
            looks += 1;
            let _ = app.running.service().checkpoint_trail(Beginning::Continue).await.unwrap();
            let verdict = app.running.service().verify_trail(None).await.unwrap();
            assert!(matches!(verdict, Verdict::Whole { torn: false, .. }), "{verdict:?}");
        }
        over.store(true, Ordering::SeqCst);
    };
    tokio::join!(acting, looking);
    app.stop().await;
}
