//! A token that is reserved for one request, from the moment Tanager said so until its outcome is told.

use std::{sync::Arc, time::Duration};

use actix_web::http::StatusCode;
use tokio::{runtime::Handle, sync::oneshot, time::sleep};

use super::{
    approved::Approval,
    back_channel::{BackChannel, Settled, Settlement},
};

/// How long is waited between attempts to settle: about four minutes in all. A commit is accepted after the lease too,
/// while nobody else has reserved.
const PAUSES: [Duration; 9] = [
    Duration::from_millis(250),
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(5),
    Duration::from_secs(15),
    Duration::from_secs(30),
    Duration::from_mins(1),
    Duration::from_mins(2),
];

/// A reservation whose handler has not begun. Dropped so, it releases itself: nothing was done.
pub struct Reservation(Option<Parts>);

struct Parts {
    channel: Arc<BackChannel>,
    approval: Approval,
}

/// A reservation whose handler runs. Dropped so, by a panic or a client that hung up, it is left alone: nobody knows what
/// was done, and the lease runs out.
pub struct Begun(Option<Parts>);

impl Reservation {
    /// What Tanager has granted.
    pub const fn new(channel: Arc<BackChannel>, approval: Approval) -> Self {
        Self(Some(Parts { channel, approval }))
    }

    /// The proof, for the handler.
    pub fn approval(&self) -> Option<Approval> {
        self.0.as_ref().map(|parts| parts.approval.clone())
    }

    /// The handler is called now.
    pub fn begin(mut self) -> Begun {
        Begun(self.0.take())
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        if let (Some(parts), Ok(runtime)) = (self.0.take(), Handle::try_current()) {
            runtime.spawn(parts.settle(Settlement::Release, None));
        }
    }
}

impl Begun {
    /// Tells the outcome that the handler's status says, once, before the reply leaves. When that fails, the reply leaves
    /// all the same, and the telling is repeated in the background. A client that hangs up does not stop it.
    pub async fn settle(mut self, status: StatusCode) {
        let (Some(parts), Some(settlement)) = (self.0.take(), settlement(status)) else { return };
        let (tried, first) = oneshot::channel();
        tokio::spawn(parts.settle(settlement, Some(tried)));
        // Either the attempt was made, or the runtime is shutting down.
        first.await.unwrap_or_default();
    }
}

/// What a status says about the effect: 2xx and 3xx that it was done, most 4xx that it was not, the rest nothing.
fn settlement(status: StatusCode) -> Option<Settlement> {
    match status.as_u16() {
        200..400 => Some(Settlement::Commit),
        408 | 425 | 429 => None,
        400..500 => Some(Settlement::Release),
        _ => None,
    }
}

impl Parts {
    /// Tries until it is settled or never will be. `tried` is told after the first attempt.
    async fn settle(self, settlement: Settlement, mut tried: Option<oneshot::Sender<()>>) {
        let (id, settling) = (&self.approval.reservation_id, settlement.as_str());
        for pause in PAUSES {
            let settled = self.channel.settle(id, settlement).await;
            if let Some(tried) = tried.take() {
                // Nobody waits when the client hung up; it is settled all the same.
                tried.send(()).unwrap_or_default();
            }
            match settled {
                Settled::Done => return,
                Settled::Lost(status) => return tracing::error!(reservation = %id, status, settling, "not settled"),
                Settled::Again => tracing::warn!(reservation = %id, settling, "to be settled again"),
            }
            sleep(pause).await;
        }
        tracing::error!(reservation = %id, settling, "given up: the token's outcome stays unknown to Tanager");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_says_whether_it_was_done_or_certainly_not_or_nothing() {
        for (status, expected) in [
            (101, None),
            (200, Some(Settlement::Commit)),
            (204, Some(Settlement::Commit)),
            (303, Some(Settlement::Commit)),
            (400, Some(Settlement::Release)),
            (409, Some(Settlement::Release)),
            (408, None),
            (425, None),
            (429, None),
            (500, None),
            (503, None),
        ] {
            assert_eq!(settlement(StatusCode::from_u16(status).unwrap()), expected, "{status}");
        }
    }
}
