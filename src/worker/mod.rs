//! What time drives: sendings that a crash left are taken over, lapses are told of, coming weeks are prepared for, what was
//! counted is written, and prefixes are judged by it.

use std::time::Duration;

use tokio::{
    task::JoinHandle,
    time::{Instant, Interval, interval, interval_at},
};
use tokio_util::sync::CancellationToken;

use crate::service::{Failure, Service, Sweep, SweepMode};

/// How often dead holders' sendings are looked for.
const TAKE_OVER_EVERY: Duration = Duration::from_secs(1);
/// How often the trail is told of lapses.
const TELL_EVERY: Duration = Duration::from_secs(1);
/// How often partitions are prepared.
const PREPARE_EVERY: Duration = Duration::from_hours(6);
/// How long after a sweep the next begins.
const SWEEP_EVERY: Duration = Duration::from_mins(10);
/// The pause between two steps of a sweep, so that the service has the database.
const SWEEP_PAUSE: Duration = Duration::from_millis(100);

/// How often what was counted is written.
const WRITE_TRAFFIC_EVERY: Duration = Duration::from_secs(1);
/// How often prefixes are judged.
const JUDGE_EVERY: Duration = Duration::from_secs(5);
/// How often counts that nobody is shown any more are removed.
const SWEEP_TRAFFIC_EVERY: Duration = Duration::from_mins(5);

/// The worker of one instance. All instances have one; what one does, the others find done.
pub struct Worker {
    stopping: CancellationToken,
    running: JoinHandle<()>,
}

impl Worker {
    /// Begins to work.
    #[must_use]
    pub fn start(service: Service) -> Self {
        let stopping = CancellationToken::new();
        let running = tokio::spawn(work(service, stopping.clone()));
        Self { stopping, running }
    }

    /// Ends after the step that is under way.
    pub async fn stop(self) {
        self.stopping.cancel();
        if let Err(error) = self.running.await {
            tracing::error!(error = %error, "the worker did not end well");
        }
    }
}

async fn work(service: Service, stopping: CancellationToken) {
    let (mut take_over, mut prepare) = (interval(TAKE_OVER_EVERY), interval(PREPARE_EVERY));
    let (mut write_traffic, mut judge) = (interval(WRITE_TRAFFIC_EVERY), interval(JUDGE_EVERY));
    let mut sweep_traffic = interval(SWEEP_TRAFFIC_EVERY);
    let mut tell = interval(TELL_EVERY);
    let (mut sweep, mut tidy) = (worker_sweep(), interval_at(Instant::now() + SWEEP_EVERY, SWEEP_EVERY));
    loop {
        let step = tokio::select! {
            () = stopping.cancelled() => return,
            _ = prepare.tick() => service.prepare_partitions().await,
            _ = write_traffic.tick() => service.write_traffic().await,
            _ = judge.tick() => service.judge_prefixes().await,
            _ = sweep_traffic.tick() => service.sweep_traffic().await,
            _ = tell.tick() => service.tell_lapses().await.map(|_| ()),
            _ = tidy.tick() => sweep_on(&service, &mut sweep, &mut tidy).await,
            _ = take_over.tick() => service.take_over_lapsed().await.map(|_| ()),
        };
        if let Err(failure) = step {
            tracing::warn!(error = %failure, "a step of the worker failed; it is tried again");
        }
    }
}

fn worker_sweep() -> Sweep {
    Sweep::new(SweepMode::Remove, "service")
}

/// One step of a sweep; the next comes after a pause, or begins another sweep later.
async fn sweep_on(service: &Service, sweep: &mut Sweep, tidy: &mut Interval) -> Result<(), Failure> {
    if service.sweep_on(sweep).await? {
        tidy.reset_after(SWEEP_PAUSE);
    } else {
        *sweep = worker_sweep();
    }
    Ok(())
}
