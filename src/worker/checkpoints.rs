//! Checkpoints of the trail, beside the worker's other steps: the first one names every account, and holds up no sending.

use std::time::Duration;

use tokio::time::interval;
use tokio_util::sync::CancellationToken;

use crate::service::{Beginning, CheckpointError, Checkpointed, Service};

/// Writes one now, and one after each `every`. The end does not wait for one that is under way: what it leaves undone, the
/// next one does.
pub(super) async fn write(service: Service, every: Duration, stopping: CancellationToken) {
    let mut tick = interval(every);
    while stopping.run_until_cancelled(tick.tick()).await.is_some() {
        match stopping.run_until_cancelled(Box::pin(service.checkpoint_trail(Beginning::Continue))).await {
            Some(outcome) => tell(&outcome),
            None => return,
        }
    }
}

fn tell(outcome: &Result<Checkpointed, CheckpointError>) {
    match outcome {
        Ok(Checkpointed { heads, lines }) => tracing::debug!(heads, lines, "a checkpoint of the trail was written"),
        Err(error) if error.is_anothers_turn() => {
            tracing::debug!("another process is writing a checkpoint of the trail");
        }
        Err(error) => {
            let cause = std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
            tracing::error!(error = %error, cause, "no checkpoint of the trail was written; it is tried again");
        }
    }
}
