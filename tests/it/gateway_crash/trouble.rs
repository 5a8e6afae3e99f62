//! What can happen to the database while it is needed.

use rustix::process::{Pid, Signal, kill_process};

use super::Scene;
use crate::app::{Process, connect, eventually};

/// A transaction that holds accounts' rows.
pub(super) struct Lock(tokio_postgres::Client);

impl Lock {
    pub(super) async fn release(self) {
        self.0.batch_execute("rollback").await.unwrap();
    }
}

/// Stopped processes of PostgreSQL, which go on when this is dropped.
pub(super) struct Frozen(Vec<Pid>);

impl Drop for Frozen {
    fn drop(&mut self) {
        for pid in &self.0 {
            // One that has been ended since is gone.
            let _ = kill_process(*pid, Signal::CONT);
        }
    }
}

const OF_THE_SERVICE: &str = "datname = current_database() and application_name = 'tanager'";

impl Scene {
    /// Holds the rows of accounts whose names are like this.
    pub(super) async fn lock(&self, usernames: &str) -> Lock {
        let holder = connect(&self.place.database.url().await).await;
        let lock = format!("begin; select from accounts where username like '{usernames}' for update");
        holder.batch_execute(&lock).await.unwrap();
        Lock(holder)
    }

    /// How many statements of the service wait for a lock.
    pub(super) async fn waiting(&self) -> i64 {
        let waiting =
            format!("select count(*) from pg_stat_activity where {OF_THE_SERVICE} and wait_event_type = 'Lock'");
        self.number(&waiting).await
    }

    pub(super) async fn until_blocked(&self) {
        eventually("a write waits for the row", async || self.waiting().await > 0).await;
    }

    /// Ends every connection of the service, and waits until they are gone.
    pub(super) async fn terminate(&self) {
        self.terminate_those("true").await;
    }

    /// Ends the connections of the service whose statement waits for a lock.
    pub(super) async fn terminate_blocked(&self) {
        self.terminate_those("wait_event_type = 'Lock'").await;
    }

    /// Waits until they are gone: a lock given up a moment earlier would let the statement through. Some may end by
    /// themselves meanwhile.
    async fn terminate_those(&self, condition: &str) {
        let those = format!("select pid from pg_stat_activity where {OF_THE_SERVICE} and {condition}");
        let rows = self.owner.query(&those, &[]).await.unwrap();
        let pids: Vec<i32> = rows.iter().map(|row| row.get(0)).collect();
        self.owner.execute("select pg_terminate_backend(pid) from unnest($1::int4[]) pid", &[&pids]).await.unwrap();
        let left = "select count(*) from pg_stat_activity where pid = any($1)";
        let gone = async || self.owner.query_one(left, &[&pids]).await.unwrap().get::<_, i64>(0) == 0;
        eventually("the connections end", gone).await;
    }

    /// What a dead service left to the database is done, or given up.
    pub(super) async fn until_deserted(&self) {
        let left = format!("select count(*) from pg_stat_activity where {OF_THE_SERVICE}");
        eventually("no connection of the service is left", async || self.number(&left).await == 0).await;
    }

    /// Kills the service while its write waits; the write is lost with its connection, or done after its death.
    pub(super) async fn die_before(&self, lock: Lock, lost: bool, process: &mut Process) {
        process.kill().await;
        if lost {
            self.terminate().await;
        }
        lock.release().await;
        self.until_deserted().await;
    }

    /// Nobody can connect to the database any more, and nobody stays connected.
    pub(super) async fn take_away(&self) {
        self.allow_connections(false).await;
        self.terminate().await;
    }

    pub(super) async fn give_back(&self) {
        self.allow_connections(true).await;
    }

    async fn allow_connections(&self, allowed: bool) {
        let (outside, name) = (self.place.database.outside().await, &self.place.database.name);
        outside.batch_execute(&format!("alter database {name} allow_connections {allowed}")).await.unwrap();
    }

    /// Stops every process of PostgreSQL that serves the service.
    pub(super) async fn freeze_database(&self) -> Frozen {
        let serving = format!("select pid from pg_stat_activity where {OF_THE_SERVICE}");
        let rows = self.owner.query(&serving, &[]).await.unwrap();
        let frozen = Frozen(rows.iter().filter_map(|row| Pid::from_raw(row.get(0))).collect());
        assert!(!frozen.0.is_empty());
        frozen.0.iter().for_each(|pid| kill_process(*pid, Signal::STOP).unwrap());
        frozen
    }
}
