//! A database that accepts and then says nothing at all: its own time-outs do not run, so the service needs one.

use rustix::process::{Pid, Signal, kill_process};
use tokio::time::{Instant, timeout};

use super::{ANSWERED_WITHIN, Scene, assert_unavailable};

/// Stopped processes, which go on when this is dropped.
struct Frozen(Vec<Pid>);

impl Frozen {
    /// Stops every process of PostgreSQL that serves the service.
    async fn backends(scene: &Scene) -> Self {
        let idle = "select pid from pg_stat_activity where datname = $1 and application_name = 'tanager'";
        let rows = scene.outside.query(idle, &[&scene.place.database.name]).await.unwrap();
        let frozen = Self(rows.iter().filter_map(|row| Pid::from_raw(row.get(0))).collect());
        assert!(!frozen.0.is_empty());
        frozen.0.iter().for_each(|pid| kill_process(*pid, Signal::STOP).unwrap());
        frozen
    }
}

impl Drop for Frozen {
    fn drop(&mut self) {
        for pid in &self.0 {
            // One that has been ended since is gone.
            let _ = kill_process(*pid, Signal::CONT);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_says_nothing_is_not_waited_for() {
    let scene = Scene::new().await;
    let frozen = Frozen::backends(&scene).await;

    let before = Instant::now();
    let answer = timeout(ANSWERED_WITHIN, scene.alice.confirm(&scene.challenge, &scene.tan)).await;

    assert_unavailable("confirm", &answer.expect("it waits for ever"), before);
    drop(frozen);
    let solved = scene.number("select count(*) from challenges where token_hash is not null").await;
    let again = scene.alice.confirm(&scene.challenge, &scene.tan).await;
    assert_eq!(again.error(), if solved == 1 { (410, 10001) } else { (200, 0) });
}
