//! `kill -9` between any two steps of sending and confirming: nothing is lost, and nothing is doubled but at most one
//! message with the same TAN under the same transmission.

mod confirming;
mod ending;
mod enrolling;
mod failover;
mod recording;
mod request;
mod rounds;
mod sending;
mod spread;
mod taking_over;
mod telling;
mod waiting;
mod witness;
mod world;

use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt,
    path::PathBuf,
    time::Duration,
};

use tokio::{task::spawn_blocking, time::Instant};

use self::request::Request;
use crate::app::{Customer, Installation, Process, connect, eventually, tan_in};

/// A channel script that keeps a line of every TAN it was given, and strikes where a file of the spool tells it to:
/// `kill-first`, `orphan` and `kill-last` once, `fail` always; at a pipe called `gate` it waits once until someone writes to it.
const SCRIPT: &str = r#"#!/bin/sh
[ "$TANAGER_KIND" = tan ] || exit 0
cd "$SPOOL_DIR" || exit 78
if rm kill-first 2>/dev/null; then kill -9 $PPID; exit 1; fi
if rm orphan 2>/dev/null; then kill -9 $PPID; fi
if [ -e fail ]; then exit 1; fi
if [ -p gate ]; then : >waiting; read -r _ <gate; rm gate; fi
message=$(tr '\n' ' ')
[ -n "$message" ] || exit 75
printf '%s %s %s\n' "$TANAGER_TRANSMISSION" "$1" "$message" >>sent
if rm kill-last 2>/dev/null; then kill -9 $PPID; fi
exit 0
"#;

/// The channels' timeout in these tests; a claim's lease is that and five seconds, the worker looks every second.
const TIMEOUT: &str = "1 s";
const TAKEN_OVER_WITHIN: Duration = Duration::from_secs(15);

/// Where the service dies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Point {
    /// While the claim's write waits for the row; it is written all the same.
    ClaimWritten,
    /// The same; the write is lost.
    ClaimLost,
    /// By the script, before it has done anything.
    ScriptBegins,
    /// By the script, which then goes on alone.
    ScriptOrphaned,
    /// By the script, after it has sent the message.
    ScriptEnds,
    /// After the script's end, while the record's write waits for the row; it is written all the same.
    RecordWritten,
    /// The same; the write is lost.
    RecordLost,
}

/// What the script kept of one message.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Sent {
    transmission: String,
    address: String,
    text: String,
}

/// An installation whose channels have the script above, with a connection past the service.
struct Scene {
    place: Installation,
    owner: tokio_postgres::Client,
}

/// A transaction that holds an account's row.
struct Lock(tokio_postgres::Client);

impl Lock {
    async fn release(self) {
        self.0.batch_execute("rollback").await.unwrap();
    }
}

impl Scene {
    async fn new() -> Self {
        Self::with_timeout(TIMEOUT).await
    }

    async fn with_timeout(timeout: &str) -> Self {
        let mut place = Installation::new().await;
        let script = place.path("script");
        fs::write(&script, SCRIPT).unwrap();
        fs::set_permissions(&script, Permissions::from_mode(0o755)).unwrap();
        fs::create_dir(place.path("spool")).unwrap();
        for channel in ["SMS", "EMAIL"] {
            place = place.with(&format!("TANAGER_CHANNEL__{channel}__SCRIPT"), script.to_str().unwrap());
            place = place.with(&format!("TANAGER_CHANNEL__{channel}__TIMEOUT"), timeout);
        }
        let owner = place.database.owner().await;
        Self { place, owner }
    }

    async fn serve(&self) -> Process {
        self.place.serve().await
    }

    /// An account with `sms`.
    async fn customer(&self, process: &Process, username: &str) -> Customer {
        self.place.customer(process, username, &["sms"]).await
    }

    fn spool(&self, name: &str) -> PathBuf {
        self.place.path("spool").join(name)
    }

    fn arm(&self, what: &str) {
        fs::write(self.spool(what), "").unwrap();
    }

    /// Every message so far, in order.
    fn sent(&self) -> Vec<Sent> {
        let lines = fs::read_to_string(self.spool("sent")).unwrap_or_default();
        let read = |line: &str| {
            let mut words = line.splitn(3, ' ').map(str::to_owned);
            let mut word = || words.next().expect("a whole line");
            Sent { transmission: word(), address: word(), text: word() }
        };
        lines.lines().map(read).collect()
    }

    /// The TAN of the last message to an address.
    fn tan(&self, address: &str) -> String {
        let sent = self.sent();
        tan_in(&sent.iter().rfind(|sent| sent.address == address).expect("nothing was sent there").text)
    }

    async fn number(&self, query: &str) -> i64 {
        self.owner.query_one(query, &[]).await.unwrap().get(0)
    }

    /// How many challenges of an account a condition holds for.
    async fn challenges(&self, username: &str, condition: &str) -> i64 {
        let of = "select count(*) from challenges c join accounts a using (account_id)";
        self.number(&format!("{of} where a.username = '{username}' and {condition}")).await
    }

    /// The id of an account's only challenge of a kind.
    async fn challenge_id(&self, username: &str, kind: &str) -> String {
        let query = "select c.challenge_id::text from challenges c join accounts a using (account_id) \
                     where a.username = $1 and c.kind = $2";
        self.owner.query_one(query, &[&username, &kind]).await.unwrap().get(0)
    }

    /// Every cool-down is over.
    async fn cool_down(&self) {
        let earlier = "update challenges set transmitted_at = transmitted_at - interval '5 min'";
        self.owner.batch_execute(earlier).await.unwrap();
    }

    async fn lock(&self, username: &str) -> Lock {
        let holder = connect(&self.place.database.url().await).await;
        let lock = format!("begin; select from accounts where username = '{username}' for update");
        holder.batch_execute(&lock).await.unwrap();
        Lock(holder)
    }

    async fn until_blocked(&self) {
        let blocked = "select count(*) from pg_stat_activity where datname = current_database() \
                       and application_name = 'tanager' and wait_event_type = 'Lock'";
        eventually("a write waits for the row", async || self.number(blocked).await > 0).await;
    }

    async fn terminate(&self) {
        let terminate = "select count(pg_terminate_backend(pid)) from pg_stat_activity \
                         where datname = current_database() and application_name = 'tanager'";
        self.number(terminate).await;
    }

    /// What a dead service left to the database is done, or given up.
    async fn until_deserted(&self) {
        let left = "select count(*) from pg_stat_activity where datname = current_database() \
                    and application_name = 'tanager'";
        eventually("no connection of the service is left", async || self.number(left).await == 0).await;
    }

    /// Every sending is settled: what [`until_settled_in_time`](Self::until_settled_in_time)
    /// waits for, in less time.
    async fn until_settled(&self) {
        self.lapse().await;
        self.until_settled_in_time().await;
    }

    /// Every lease runs out at once.
    async fn lapse(&self) {
        let lapsed = "update challenges set claim_until = clock_timestamp() where claim_until is not null;
                      update challenges set reserved_until = clock_timestamp() where reserved_until is not null";
        self.owner.batch_execute(lapsed).await.unwrap();
    }

    /// No sending is under way; fails when that takes longer than the contract says (`api.md` section 10).
    async fn until_settled_in_time(&self) {
        let before = Instant::now();
        let claimed = "select count(*) from challenges where claim_until is not null";
        eventually("every sending is settled", async || self.number(claimed).await == 0).await;
        assert!(before.elapsed() < TAKEN_OVER_WITHIN, "taken over after {:?}", before.elapsed());
    }

    /// Sends a request, and kills the service at that point of it.
    async fn die(&self, point: Point, process: &mut Process, alice: &Customer, request: Request) {
        match point {
            Point::ClaimWritten | Point::ClaimLost => {
                let lock = self.lock(&alice.username).await;
                let request = request.begin(alice);
                self.until_blocked().await;
                self.die_before(lock, point == Point::ClaimLost, process).await;
                assert!(request.await.unwrap().is_none(), "it was killed before it could answer");
            }
            Point::ScriptBegins | Point::ScriptOrphaned | Point::ScriptEnds => {
                self.arm(match point {
                    Point::ScriptBegins => "kill-first",
                    Point::ScriptOrphaned => "orphan",
                    _ => "kill-last",
                });
                assert!(request.begin(alice).await.unwrap().is_none(), "it was killed before it could answer");
                process.killed().await;
            }
            Point::RecordWritten | Point::RecordLost => {
                let gate = self.spool("gate");
                assert!(std::process::Command::new("mkfifo").arg(&gate).status().unwrap().success());
                let request = request.begin(alice);
                eventually("the script runs", async || self.spool("waiting").exists()).await;
                let lock = self.lock(&alice.username).await;
                spawn_blocking(|| fs::write(gate, "go\n")).await.unwrap().unwrap();
                self.until_blocked().await;
                self.die_before(lock, point == Point::RecordLost, process).await;
                assert!(request.await.unwrap().is_none(), "it was killed before it could answer");
            }
        }
        self.until_deserted().await;
    }

    /// Kills the service while its write waits; the write is lost with its connection, or done after its death.
    async fn die_before(&self, lock: Lock, lost: bool, process: &mut Process) {
        process.kill().await;
        if lost {
            self.terminate().await;
            self.until_deserted().await;
        }
        lock.release().await;
    }
}
