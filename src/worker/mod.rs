//! What time drives. Each chore has its own rhythm and waits for no other: a long one holds up no sending.

mod checkpoints;
mod sweeping;

use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    domain::channel::Channel,
    service::{Failure, Service},
};

/// Something that is done again and again.
struct Chore {
    every: Duration,
    step: for<'a> fn(&'a Service) -> BoxFuture<'a, Result<(), Failure>>,
}

const CHORES: [Chore; 10] = [
    // Sendings whose holder died.
    Chore { every: Duration::from_secs(1), step: |service| Box::pin(take_over(service)) },
    // Notices that a crash left, that failed, or that found no place: each channel's, so that one that hangs holds up no other.
    Chore { every: Duration::from_secs(1), step: |service| Box::pin(send_notices(service, Channel::Sms)) },
    Chore { every: Duration::from_secs(1), step: |service| Box::pin(send_notices(service, Channel::Email)) },
    // How many notices wait.
    Chore { every: Duration::from_secs(10), step: |service| Box::pin(service.measure_notices()) },
    // Holds that lapsed, and refusals that repeated.
    Chore { every: Duration::from_secs(1), step: |service| Box::pin(tell_lapses(service)) },
    // What was counted of messages.
    Chore { every: Duration::from_secs(1), step: |service| Box::pin(service.write_traffic()) },
    // Prefixes, by what was counted.
    Chore { every: Duration::from_secs(5), step: |service| Box::pin(service.judge_prefixes()) },
    // When access tokens were last used.
    Chore { every: Duration::from_mins(1), step: |service| Box::pin(service.write_uses()) },
    // Counts that nobody is shown any more.
    Chore { every: Duration::from_mins(5), step: |service| Box::pin(service.sweep_traffic()) },
    // Partitions of coming weeks.
    Chore { every: Duration::from_hours(6), step: |service| Box::pin(service.prepare_partitions()) },
];

async fn take_over(service: &Service) -> Result<(), Failure> {
    service.take_over_lapsed().await.map(drop)
}

async fn send_notices(service: &Service, channel: Channel) -> Result<(), Failure> {
    service.send_due_on(channel).await.map(drop)
}

async fn tell_lapses(service: &Service) -> Result<(), Failure> {
    service.tell_lapses().await.map(drop)
}

/// The worker of one instance. All instances have one; what one does, the others find done.
pub struct Worker {
    stopping: CancellationToken,
    chores: TaskTracker,
}

impl Worker {
    /// Begins to work.
    #[must_use]
    pub fn start(service: &Service) -> Self {
        let worker = Self { stopping: CancellationToken::new(), chores: TaskTracker::new() };
        for chore in &CHORES {
            worker.chores.spawn(repeat(chore, service.clone(), worker.stopping.clone()));
        }
        worker.chores.spawn(sweeping::sweep(service.clone(), worker.stopping.clone()));
        if let Some(every) = service.checkpoint_every() {
            worker.chores.spawn(checkpoints::write(service.clone(), every, worker.stopping.clone()));
        }
        worker
    }

    /// Ends after the steps that are under way.
    pub async fn stop(self) {
        self.stopping.cancel();
        self.chores.close();
        self.chores.wait().await;
    }
}

async fn repeat(chore: &Chore, service: Service, stopping: CancellationToken) {
    let mut tick = interval(chore.every);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while stopping.run_until_cancelled(tick.tick()).await.is_some() {
        told((chore.step)(&service).await);
    }
}

fn told(step: Result<(), Failure>) {
    if let Err(failure) = step {
        tracing::warn!(error = %failure, "a step of the worker failed; it is tried again");
    }
}
