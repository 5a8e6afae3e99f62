//! Paging through accounts.

use std::collections::BTreeSet;

use serde_json::json;

use crate::app::{Answer, Client, TestApp};

async fn make(admin: &Client, name: &str) {
    let made = admin.post("/accounts", json!({"username": name})).await;
    assert_eq!(made.status, 201, "{made:?}");
}

fn names(part: &Answer) -> Vec<String> {
    assert_eq!(part.status, 200, "{part:?}");
    let rows = part.body["accounts"].as_array().unwrap();
    rows.iter().map(|row| row["username"].as_str().unwrap().to_owned()).collect()
}

/// All parts of a list, one after the other; `between` is awaited behind each.
async fn all(admin: &Client, query: &str, mut between: impl AsyncFnMut(usize)) -> Vec<Vec<String>> {
    let mut parts = Vec::new();
    let mut next = String::new();
    loop {
        let part = admin.get(&format!("/accounts?{query}{next}")).await;
        parts.push(names(&part));
        between(parts.len()).await;
        match part.body.get("next") {
            Some(cursor) => next = format!("&cursor={}", cursor.as_str().unwrap()),
            None => return parts,
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_account_is_seen_exactly_once_while_others_are_made_and_deleted() {
    let app = TestApp::start().await;
    let old: BTreeSet<String> = (0..23).map(|n| format!("m{n:02}")).collect();
    for name in &old {
        make(&app.admin, name).await;
    }
    let admin = app.admin.clone();
    let crowd = tokio::spawn(async move {
        for n in 0..40 {
            make(&admin, &format!("{}{n:02}-crowd", if n % 2 == 0 { "a" } else { "m" })).await;
        }
    });
    let parts = all(&app.admin, "limit=4", async |part| {
        make(&app.admin, &format!("a{part:02}-before")).await;
        make(&app.admin, &format!("m{part:02}-beside")).await;
        make(&app.admin, &format!("z{part:02}-behind")).await;
        assert_eq!(app.admin.delete(&format!("/accounts/a{part:02}-before")).await.status, 204);
    })
    .await;
    crowd.await.unwrap();
    let (last, full) = parts.split_last().unwrap();
    assert!(full.iter().all(|part| part.len() == 4) && last.len() <= 4, "{parts:?}");
    let seen = parts.concat();
    let distinct: BTreeSet<String> = seen.iter().cloned().collect();
    assert_eq!(distinct.len(), seen.len(), "none twice: {seen:?}");
    assert!(distinct.is_superset(&old), "each that was there: {seen:?}");
    assert!(seen.is_sorted(), "{seen:?}");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_part_says_where_the_next_one_begins_until_the_end() {
    let app = TestApp::start().await;
    for name in ["alan", "alice", "bob", "carol"] {
        make(&app.admin, name).await;
    }
    assert_eq!(all(&app.admin, "limit=3", async |_| {}).await, [vec!["alan", "alice", "bob"], vec!["carol"]]);
    assert_eq!(all(&app.admin, "limit=2", async |_| {}).await, [["alan", "alice"], ["bob", "carol"]]);
    assert_eq!(all(&app.admin, "limit=1&filter=al", async |_| {}).await, [["alan"], ["alice"]]);
    let by_offset = app.admin.get("/accounts?limit=1&offset=1").await;
    let cursor = by_offset.text("next");
    assert!(cursor.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_'), "{cursor}");
    let behind = app.admin.get(&format!("/accounts?cursor={cursor}")).await;
    assert_eq!(names(&behind), ["bob", "carol"], "from an offset one can go on by cursor");
    assert!(behind.body.get("next").is_none());
    assert_eq!(app.admin.get(&format!("/accounts?cursor={cursor}&offset=0")).await.error(), (400, 26));
    for none in ["", "!", "Lg", "AAAA", "YSBi", "YQ%3D%3D"] {
        for path in ["/accounts", "/accounts/alice/challenges"] {
            assert_eq!(app.admin.get(&format!("{path}?cursor={none}")).await.error(), (400, 26), "{path} {none}");
        }
    }
    app.stop().await;
}
