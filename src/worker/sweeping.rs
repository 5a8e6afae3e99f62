//! Removal of what is old, in small steps with pauses between them, so that the service has the database.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::told;
use crate::service::{Failure, Service, Sweep, SweepMode};

/// How long after a sweep the next begins.
const EVERY: Duration = Duration::from_mins(10);
/// The pause between two steps of a sweep.
const PAUSE: Duration = Duration::from_millis(100);

/// Sweeps now and again. The end comes after the step that is under way.
pub(super) async fn sweep(service: Service, stopping: CancellationToken) {
    while stopping.run_until_cancelled(tokio::time::sleep(EVERY)).await.is_some() {
        let mut sweep = Sweep::new(SweepMode::Remove, "service");
        let ended = sweep_to_the_end(&service, &mut sweep, &stopping).await;
        if !matches!(ended, Ok(true)) {
            // What was removed before is in the trail as well.
            told(service.end_sweep(&sweep).await);
        }
        told(ended.map(drop));
    }
}

/// `false` when the worker is to end before.
async fn sweep_to_the_end(service: &Service, sweep: &mut Sweep, stopping: &CancellationToken) -> Result<bool, Failure> {
    while !stopping.is_cancelled() {
        if !service.sweep_on(sweep).await? {
            return Ok(true);
        }
        stopping.run_until_cancelled(tokio::time::sleep(PAUSE)).await;
    }
    Ok(false)
}
