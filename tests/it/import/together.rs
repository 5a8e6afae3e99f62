//! Imports that are cut off, stopped, or not alone.

use std::process::Stdio;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;
use tokio::io::AsyncWriteExt;

use super::{HEADER, Said, count, crowd, import, is_whole};
use crate::app::{Installation, eventually};

/// Rows of one transaction in these tests.
const BATCH: i64 = 250;

/// No account without its channels and its trail.
async fn is_consistent(place: &Installation) {
    let accounts = count(place, "accounts").await;
    assert_eq!(count(place, "channels").await, accounts * 2);
    assert_eq!(count(place, "events").await, accounts * 3);
    is_whole(place).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_import_has_made_whole_batches_and_the_next_one_goes_on() {
    let place = Installation::new().await;
    let file = place.path("customers.csv");
    std::fs::write(&file, HEADER.to_owned() + &crowd(0..4_000)).unwrap();
    let mut import = place.command(&["account", "import", "--batch", "250", file.to_str().unwrap()]).spawn().unwrap();
    eventually("a batch is there", async || count(&place, "accounts").await > 0).await;
    import.kill().await.unwrap();

    let owner = place.database.owner().await;
    let busy = "select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'";
    eventually("its connection is gone", async || owner.query_one(busy, &[]).await.unwrap().get::<_, i64>(0) == 0)
        .await;
    let made = count(&place, "accounts").await;
    assert!(made == 4_000 || made % BATCH == 0, "{made} accounts are no whole batches");
    assert!(made < 4_000, "it was killed before its end");
    is_consistent(&place).await;

    let said = Said::of(&place.run(&["account", "import", file.to_str().unwrap()]).await);
    let made = u64::try_from(made).unwrap();
    assert_eq!((said.code, said.counts()), (0, [4_000 - made, made, 0]), "{}", said.errors);
    is_consistent(&place).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_import_ends_after_its_batch_and_says_how_far_it_came() {
    let place = Installation::new().await;
    let mut command = place.command(&["account", "import", "--batch", "250", "-"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut import = command.spawn().unwrap();
    let mut input = import.stdin.take().unwrap();
    let batch = usize::try_from(BATCH).unwrap();
    input.write_all((HEADER.to_owned() + &crowd(0..batch)).as_bytes()).await.unwrap();
    eventually("a batch is there", async || count(&place, "accounts").await == BATCH).await;

    let pid = Pid::from_raw(i32::try_from(import.id().unwrap()).unwrap()).unwrap();
    kill_process(pid, Signal::TERM).unwrap();
    let said = Said::of(&import.wait_with_output().await.unwrap());
    drop(input);

    assert_eq!((said.code, said.counts()), (1, [250, 0, 0]), "{}", said.errors);
    assert!(said.errors.contains("stopped behind line 251"), "{}", said.errors);
    let owner = place.database.owner().await;
    let noted = "select details->>'file', details->>'created' from events where kind = 'accounts.imported'";
    let noted = owner.query_one(noted, &[]).await.unwrap();
    assert_eq!((noted.get::<_, String>(0), noted.get::<_, String>(1)), ("-".to_owned(), "250".to_owned()));
    let rest = super::import(&place, &crowd(0..batch + 10)).await;
    assert_eq!((rest.code, rest.counts()), (0, [10, 250, 0]), "{}", rest.errors);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_imports_at_once_and_an_operator_in_the_middle_make_each_account_once() {
    let place = Installation::new().await;
    let process = place.serve().await;
    let (one, other) = (place.path("one.csv"), place.path("other.csv"));
    std::fs::write(&one, HEADER.to_owned() + &crowd(0..1_000)).unwrap();
    // The same customers, the other way round.
    let mut lines: Vec<String> = crowd(0..1_000).lines().map(ToOwned::to_owned).collect();
    lines.reverse();
    std::fs::write(&other, HEADER.to_owned() + &lines.join("\n")).unwrap();
    let post = async |n: usize| {
        let contact = json!({"phone": format!("+4179{n:07}"), "email": format!("customer-{n}@example.com")});
        let account = json!({"username": format!("customer-{n}"), "contact_data": contact, "tan_channels": ["sms", "email"], "language": "de"});
        process.admin.post("/accounts", account).await.status.as_u16()
    };
    let operator = async {
        let mut made = 0;
        for n in (0..1_000).step_by(20) {
            made += u64::from(post(n).await == 201);
        }
        made
    };
    let arguments = |file: &std::path::Path| file.to_str().unwrap().to_owned();
    let (one, other) = (arguments(&one), arguments(&other));

    let (first, second) =
        (["account", "import", "--batch", "400", &one], ["account", "import", "--batch", "400", &other]);
    let (first, second, made) = tokio::join!(place.run(&first), place.run(&second), operator);

    let (first, second) = (Said::of(&first), Said::of(&second));
    assert_eq!((first.code, second.code), (0, 0), "{}{}", first.errors, second.errors);
    assert_eq!(first.counts()[0] + second.counts()[0] + made, 1_000, "each was made once");
    assert_eq!(first.counts()[0] + first.counts()[1], 1_000);
    assert_eq!(second.counts()[0] + second.counts()[1], 1_000);
    assert_eq!(count(&place, "accounts").await, 1_000);
    is_consistent(&place).await;
    assert_eq!(import(&place, &crowd(0..1_000)).await.counts(), [0, 1_000, 0]);
}
