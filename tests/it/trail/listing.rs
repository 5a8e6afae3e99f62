//! The trail as operators read it: newest first, filtered, page by page, whatever is written meanwhile.

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use reqwest::Method;
use serde_json::{Value, json};
use tanager::domain::caller::Scope;

use crate::app::{Answer, Client, TestApp, issue, other_than};

/// Account, number, event: what an event is told by.
type Mark = (String, i64, String);

fn mark(event: &Value) -> Mark {
    let text = |member: &str| event[member].as_str().unwrap().to_owned();
    (text("account"), event["sequence"].as_i64().unwrap(), text("event"))
}

fn marks(answer: &Answer) -> Vec<Mark> {
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.body["events"].as_array().unwrap().iter().map(mark).collect()
}

/// What stands in the database, newest first, where `condition` holds of the row `e` of the account `a`.
pub async fn stored(app: &TestApp, condition: &str) -> Vec<Mark> {
    let query = format!(
        "select a.username, e.sequence, e.kind from events e join accounts a using (account_id) where {condition} \
         order by e.at desc, e.account_id desc, e.sequence desc"
    );
    let rows = app.database.owner().await.query(&query, &[]).await.unwrap();
    rows.iter().map(|row| (row.get(0), row.get(1), row.get(2))).collect()
}

/// Every page from the first on.
async fn pages(admin: &Client, filters: &str, limit: usize) -> Vec<Mark> {
    let (mut all, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = admin.get(&format!("/audit?limit={limit}{filters}{cursor}")).await;
        let events = marks(&page);
        assert!(events.len() <= limit, "{page:?}");
        all.extend(events);
        let Some(next) = page.body.get("next") else { return all };
        cursor = format!("&cursor={}", next.as_str().unwrap());
    }
}

/// Alice and Bob with some events each, a wrong TAN among them.
pub async fn lively() -> TestApp {
    let app = TestApp::start().await;
    for name in ["alice", "bob"] {
        let customer = app.customer_with_sms(name).await;
        let challenge = customer.client.post(&customer.path("/tan/challenge/sms"), json!({})).await;
        let (id, tan) = (challenge.text("challenge_id"), app.tan_sent_to(&customer.phone));
        assert_eq!(customer.confirm(id, &other_than(&tan)).await.code(), 5134);
        assert_eq!(customer.confirm(id, &tan).await.status, 200);
        app.advance(Duration::from_secs(100));
    }
    app
}

#[tokio::test(flavor = "multi_thread")]
async fn events_are_told_with_all_that_they_say() {
    let app = lively().await;
    let listed = app.admin.get("/audit?account=alice&event=challenge.wrong").await;
    assert_eq!(listed.header("content-type"), "application/json");
    assert_eq!(listed.body.as_object().unwrap().keys().collect::<Vec<_>>(), ["events"], "{listed:?}");
    let event = &listed.body["events"][0];
    let (at, sequence) = (&event["at"]["t_s"], &event["sequence"]);
    assert!(at.as_i64().unwrap() > 1_700_000_000 && sequence.as_i64().unwrap() > 1, "{event}");
    let actor = event["actor"].as_str().unwrap();
    assert!(actor.starts_with("customer:"), "{event}");
    let row = "select challenge_id::text, details::text from events where kind = 'challenge.wrong' and account_id = \
               (select account_id from accounts where username = 'alice')";
    let row = app.database.owner().await.query_one(row, &[]).await.unwrap();
    let details: Value = serde_json::from_str(row.get(1)).unwrap();
    let expected = json!({
        "account": "alice", "sequence": sequence, "at": {"t_s": at}, "event": "challenge.wrong", "actor": actor,
        "challenge_id": row.get::<_, String>(0), "details": details,
    });
    assert_eq!(*event, expected);
    let started = app.admin.get("/audit?account=.&event=service.started").await;
    let details = &started.body["events"][0]["details"];
    assert_eq!(details["release"], env!("CARGO_PKG_VERSION"));
    assert_eq!(details["configuration"].as_str().unwrap().len(), 64, "{details}");
    assert!(!details["instance"].as_str().unwrap().is_empty(), "{details}");
    assert!(started.body["events"][0].get("challenge_id").is_none());
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn filters_combine_and_pages_lead_on_to_the_end() {
    let app = lively().await;
    let owner = app.database.owner().await;
    let middle: i64 = owner
        .query_one("select floor(extract(epoch from min(at)))::bigint from events e join accounts a using (account_id) where username = 'bob'", &[])
        .await
        .unwrap()
        .get(0);
    let since = format!("&since={middle}");
    let late = format!("e.at >= to_timestamp({middle})");
    for (filters, condition) in [
        ("", "true".to_owned()),
        ("&account=alice", "a.username = 'alice'".to_owned()),
        ("&account=.", "a.username = '.'".to_owned()),
        ("&event=transmission.sent", "e.kind = 'transmission.sent'".to_owned()),
        ("&account=bob&event=challenge.solved", "a.username = 'bob' and e.kind = 'challenge.solved'".to_owned()),
        ("&event=prefix.closed", "false".to_owned()),
        (&since, late.clone()),
        (&format!("{since}&event=transmission.sent"), format!("{late} and e.kind = 'transmission.sent'")),
        (&format!("{since}&account=bob"), format!("{late} and a.username = 'bob'")),
        (&format!("{since}&account=alice"), format!("{late} and a.username = 'alice'")),
        ("&since=253402300799", "false".to_owned()),
    ] {
        let expected = stored(&app, &condition).await;
        for limit in [1, 2, 3, 1000] {
            assert_eq!(pages(&app.admin, filters, limit).await, expected, "{filters} by {limit}");
        }
        let lines: Vec<Mark> = lines(&app.admin, &format!("/audit?{filters}")).await.iter().map(mark).collect();
        assert_eq!(lines, expected, "{filters} as lines");
    }
    assert!(stored(&app, &late).await.len() > 2 && stored(&app, "true").await.len() > 14);
    app.stop().await;
}

/// The reply as JSON lines, each read.
pub async fn lines(admin: &Client, path: &str) -> Vec<Value> {
    let answer = admin.send(Method::GET, path, &[("Accept", "application/x-ndjson")], None).await;
    assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, "application/x-ndjson"), "{answer:?}");
    assert!(answer.raw.is_empty() || answer.raw.ends_with('\n'));
    answer.raw.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_has_a_hundred_events_unless_told_and_says_when_there_are_more() {
    let app = TestApp::start().await;
    let insert = "insert into events (account_id, sequence, at, kind, actor, details, key_id, mac) \
                  select 'ffffffff-ffff-7fff-bfff-ffffffffffff', n, now(), 'account.changed', 'test', '{}', 1, sha256('x') \
                  from generate_series(1, 1500) n";
    app.database.owner().await.batch_execute(insert).await.unwrap();
    let count = async |path: &str| {
        let page = app.admin.get(path).await;
        (marks(&page).len(), page.body.get("next").is_some())
    };
    assert_eq!(count("/audit").await, (100, true));
    assert_eq!(count("/audit?event=account.changed&limit=1000").await, (1000, true));
    assert_eq!(count("/audit?event=account.changed&limit=999").await, (999, true));
    assert_eq!(pages(&app.admin, "&event=account.changed", 750).await.len(), 1500);
    // Twice exactly 750: the second page is the last, and says so.
    let first = app.admin.get("/audit?event=account.changed&limit=750").await;
    let second = format!("/audit?event=account.changed&limit=750&cursor={}", first.text("next"));
    assert_eq!(count(&second).await, (750, false));
    app.stop().await;
}

/// A kind that only a newer release knows, and a row that somebody bent, are shown all the same.
#[tokio::test(flavor = "multi_thread")]
async fn what_this_release_does_not_understand_is_listed_too() {
    let app = lively().await;
    let owner = app.database.owner().await;
    let bend = "update events set kind = 'zebra.seen', details = '[1]' where kind = 'challenge.solved'; \
                insert into events select 'ffffffff-ffff-7fff-bfff-ffffffffffff', 1, now() + interval '1 h', 'aardvark.seen', \
                'x', null, '{}', 1, sha256('x')";
    owner.batch_execute(bend).await.unwrap();
    let all = pages(&app.admin, "", 4).await;
    assert_eq!(all.iter().filter(|(_, _, kind)| kind == "zebra.seen").count(), 2);
    assert_eq!(all[0], ("ffffffff-ffff-7fff-bfff-ffffffffffff".to_owned(), 1, "aardvark.seen".to_owned()));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_malformed_is_named_and_an_account_that_never_was_is_not_found() {
    let app = lively().await;
    assert_eq!(app.core.delete("/accounts/bob").await.status, 204);
    for (query, code, detail) in [
        ("account=nobody", 5106, None),
        ("account=a%20b", 26, Some("account")),
        ("account=..", 26, Some("account")),
        ("account=", 26, Some("account")),
        ("account=alice&account=alice", 26, Some("account")),
        ("event=challenge.eaten", 26, Some("event")),
        ("event=", 26, Some("event")),
        ("event=Challenge.solved", 26, Some("event")),
        ("since=yesterday", 26, Some("since")),
        ("since=-1", 26, Some("since")),
        ("limit=0", 26, Some("limit")),
        ("limit=1001", 26, Some("limit")),
        ("cursor=", 26, Some("cursor")),
        ("cursor=AAAA", 26, Some("cursor")),
        ("cursor=%2B%2F", 26, Some("cursor")),
    ] {
        for accept in ["application/json", "application/x-ndjson"] {
            let answer = app.admin.send(Method::GET, &format!("/audit?{query}"), &[("Accept", accept)], None).await;
            let status = if code == 5106 { 404 } else { 400 };
            assert_eq!(answer.error(), (status, code), "{query}: {answer:?}");
            assert_eq!(answer.body["detail"].as_str(), detail, "{query}");
        }
    }
    let alices = app.admin.get("/audit?account=alice&limit=1").await;
    let elsewhere = app.admin.get(&format!("/audit?account=bob&cursor={}", alices.text("next"))).await;
    assert_eq!(elsewhere.error(), (400, 26), "{elsewhere:?}");
    // The trail of who is gone stays.
    assert_eq!(marks(&app.admin.get("/audit?account=bob&event=account.deleted").await).len(), 1);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_but_an_operator_sees_an_event_or_a_verdict() {
    let app = lively().await;
    let alice = app.log_in("alice").await;
    let readonly = app.admin.with_token(&issue(&app.running, Scope::ReadOnly, Some("alice")).await);
    let before = stored(&app, "true").await.len();
    for (who, client, error) in [
        ("a customer", &alice, (403, 44)),
        ("a reader", &readonly, (403, 44)),
        ("a bank core", &app.core, (403, 44)),
        ("a stranger", &app.stranger(), (401, 40)),
    ] {
        for path in
            ["/audit", "/audit?account=alice", "/audit?account=nobody", "/audit/verify", "/audit/verify?account=alice"]
        {
            for accept in ["application/json", "application/x-ndjson"] {
                let answer = client.send(Method::GET, path, &[("Accept", accept)], None).await;
                assert_eq!(answer.error(), error, "{who} {path}");
                assert!(
                    !answer.raw.contains("alice") && !answer.raw.contains("challenge."),
                    "{who} {path}: {answer:?}"
                );
            }
        }
    }
    assert_eq!(stored(&app, "true").await.len(), before, "a look writes nothing");
    app.stop().await;
}

/// Each event that was there at the start comes once, in its order, while others write as fast as they can: also events
/// whose moment lies before the page that is read, as of a transition that was committed late.
#[tokio::test(flavor = "multi_thread")]
async fn pages_neither_skip_nor_repeat_while_others_write() {
    let app = Arc::new(lively().await);
    let (stop, written) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let there = stored(&app, "true").await;
    let writers: Vec<_> = ["alice", "bob"]
        .into_iter()
        .map(|name| {
            let (app, stop, written) = (Arc::clone(&app), Arc::clone(&stop), Arc::clone(&written));
            tokio::spawn(async move {
                let client = app.log_in(name).await;
                let owner = app.database.owner().await;
                while !stop.load(Ordering::SeqCst) {
                    for language in ["de", "fr"] {
                        let patched = client.patch(&format!("/accounts/{name}"), json!({"language": language})).await;
                        assert_eq!(patched.status, 204);
                        written.fetch_add(1, Ordering::SeqCst);
                    }
                    let late = "insert into events select gen_random_uuid(), 1, now() - random() * interval '2 min', \
                                'account.changed', 'late', null, '{}', 1, sha256('x')";
                    owner.batch_execute(late).await.unwrap();
                }
            })
        })
        .collect();
    let known: BTreeSet<&Mark> = there.iter().collect();
    let rounds = ["", "&event=transmission.sent", "&account=bob"].into_iter().cycle().enumerate();
    for (round, filters) in rounds.take_while(|(round, _)| *round < 3 || written.load(Ordering::SeqCst) < 40) {
        let seen: Vec<Mark> =
            pages(&app.admin, filters, 2).await.into_iter().filter(|mark| known.contains(mark)).collect();
        let wanted = |mark: &&Mark| match filters {
            "&event=transmission.sent" => mark.2 == "transmission.sent",
            "&account=bob" => mark.0 == "bob",
            _ => true,
        };
        assert_eq!(seen, there.iter().filter(wanted).cloned().collect::<Vec<_>>(), "round {round}");
        let lines = lines(&app.admin, &format!("/audit?{filters}")).await;
        let seen: Vec<Mark> = lines.iter().map(mark).filter(|mark| known.contains(mark)).collect();
        assert_eq!(seen, there.iter().filter(wanted).cloned().collect::<Vec<_>>(), "round {round}, as lines");
    }
    stop.store(true, Ordering::SeqCst);
    for writer in writers {
        writer.await.unwrap();
    }
    Arc::into_inner(app).unwrap().stop().await;
}
