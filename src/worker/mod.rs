//! What time drives: sendings that a crash left are taken over, lapses are told of, and coming weeks are prepared for.

use std::time::Duration;

use tokio::{task::JoinHandle, time::interval};
use tokio_util::sync::CancellationToken;

use crate::service::Service;

/// How often dead holders' sendings are looked for.
const TAKE_OVER_EVERY: Duration = Duration::from_secs(1);
/// How often the trail is told of lapses.
const TELL_EVERY: Duration = Duration::from_secs(1);
/// How often partitions are prepared.
const PREPARE_EVERY: Duration = Duration::from_hours(6);

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
    let mut tell = interval(TELL_EVERY);
    loop {
        let step = tokio::select! {
            () = stopping.cancelled() => return,
            _ = prepare.tick() => service.prepare_partitions().await,
            _ = tell.tick() => service.tell_lapses().await.map(|_| ()),
            _ = take_over.tick() => service.take_over_lapsed().await.map(|_| ()),
        };
        if let Err(failure) = step {
            tracing::warn!(error = %failure, "a step of the worker failed; it is tried again");
        }
    }
}
