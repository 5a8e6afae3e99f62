//! Removal of what is old, in small steps with pauses between them, so that the service has the database.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::told;
use crate::service::{Service, Sweep, SweepMode};

/// How long after a sweep the next begins.
const EVERY: Duration = Duration::from_mins(10);
/// The pause between two steps of a sweep.
const PAUSE: Duration = Duration::from_millis(100);

/// Sweeps now and again. The end comes after the step that is under way.
pub(super) async fn sweep(service: Service, stopping: CancellationToken) {
    let wait = async |pause| stopping.run_until_cancelled(tokio::time::sleep(pause)).await.is_some();
    while wait(EVERY).await {
        let mut sweep = Sweep::new(SweepMode::Remove, "service");
        while !stopping.is_cancelled() {
            match service.sweep_on(&mut sweep).await {
                Ok(true) => _ = wait(PAUSE).await,
                Ok(false) => break,
                Err(failure) => {
                    told(Err(failure));
                    break;
                }
            }
        }
    }
}
