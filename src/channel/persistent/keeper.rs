//! Keeps a persistent script running: what ends is started again, at once the first time, then after growing pauses.

use std::sync::Arc;

use tokio::time::{Duration, sleep};
use tokio_util::sync::CancellationToken;

use super::{
    super::{Reason, SendError, program::Program},
    life::{Cause, End, Life},
    table::State,
    track::Track,
};

/// The first pause; each further one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// `EX_CONFIG` of `sysexits.h`.
const MISCONFIGURED: i32 = 78;

/// Keeps the process of one track running.
pub(super) struct Keeper {
    program: Arc<Program>,
    track: Arc<Track>,
    closing: CancellationToken,
}

/// What the end of a process means for messages.
struct Loss {
    /// For those that were written.
    why: Reason,
    /// For those that were not, and those that come while there is no process.
    unwritten: SendError,
}

impl Keeper {
    /// One for `track`, until `closing`.
    pub(super) fn of(program: Arc<Program>, track: Arc<Track>, closing: CancellationToken) -> Self {
        Self { program, track, closing }
    }

    /// Returns when no process is left and no message is taken any more.
    pub(super) async fn keep(self) {
        let mut setbacks = 0;
        loop {
            let loss = self.one_life().await;
            if self.closing.is_cancelled() {
                self.bury(&loss, State::Ended);
                return;
            }
            if self.track.table().has_answered() {
                setbacks = 0;
            }
            let pause = pause(setbacks);
            setbacks += 1;
            let resting = State::Resting { error: loss.unwritten.clone(), pause };
            self.bury(&loss, if pause.is_zero() { State::Up } else { resting });
            self.tell(&loss, pause);
            if self.closing.run_until_cancelled(sleep(pause)).await.is_none() {
                self.bury(&loss, State::Ended);
                return;
            }
            self.track.table().state = State::Up;
        }
    }

    async fn one_life(&self) -> Loss {
        let start = self.program.start(|| Life::start(self.program.command()));
        let life = match self.closing.run_until_cancelled(start).await {
            None => return Loss::of(&End { cause: Cause::Closing, status: None }),
            Some(Err(error)) => return Loss { why: Reason::new("it was not started"), unwritten: error },
            Some(Ok(life)) => life,
        };
        self.track.table().started();
        Loss::of(&life.live(&self.track, &self.closing).await)
    }

    fn bury(&self, loss: &Loss, state: State) {
        self.track.table().ended(&loss.why, &loss.unwritten, state);
        self.track.tell_left();
    }

    fn tell(&self, loss: &Loss, pause: Duration) {
        let script = self.program.path().display();
        let (why, pause) = (&loss.unwritten, humantime::format_duration(pause));
        tracing::error!(%script, %why, %pause, "a persistent script has no process; it is started again after the pause");
    }
}

impl Loss {
    fn of(end: &End) -> Self {
        let status = end.status.map_or_else(String::new, |status| format!(" ({status})"));
        let why = Reason::new(format!("{}{status}", end.cause));
        let is_misconfigured = end.status.and_then(|status| status.code()) == Some(MISCONFIGURED);
        let unwritten =
            if is_misconfigured { SendError::Misconfigured(why.clone()) } else { SendError::TryLater(why.clone()) };
        Self { why, unwritten }
    }
}

/// How long nothing is started after so many ends without an answer between, this one not counted.
fn pause(setbacks: u32) -> Duration {
    let Some(doublings) = setbacks.checked_sub(1) else { return Duration::ZERO };
    FIRST_PAUSE.saturating_mul(2u32.saturating_pow(doublings)).min(LONGEST_PAUSE)
}
