//! When somebody who gives no answers is left in peace, so that nobody waits for what does not come: a circuit breaker.
//!
//! Pure: time is a duration since a start that the owner has chosen, on a clock that never goes back. What becomes of those
//! who are not let through is not decided here.

use std::time::Duration;

/// How patient a breaker is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// Failures in a row that open it; 0 counts as 1.
    pub failures: u32,
    /// How long it stays open the first time.
    pub first: Duration,
    /// How long at most; each probe that fails doubles the time.
    pub longest: Duration,
}

/// What became of what was let through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// There was an answer, whatever it said.
    Answered,
    /// There was none.
    Failed,
    /// Nobody waited for it to the end: it says nothing.
    GivenUp,
}

/// Leave to ask once. What became of it is told with [`Breaker::settle`], exactly once: a probe that is never settled lets nobody
/// else through.
#[derive(Debug, PartialEq, Eq)]
#[must_use = "a probe that is never settled lets nobody else through"]
pub struct Leave {
    /// How often the breaker had opened or closed when it was given.
    turn: u64,
    probe: bool,
}

impl Leave {
    /// Whether this is the one that tries whether there are answers again.
    #[must_use]
    pub const fn is_probe(&self) -> bool {
        self.probe
    }
}

/// It is not the time to ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resting {
    /// When it can be tried again at the earliest; while a probe is under way, the least time that makes sense.
    pub retry_after: Duration,
}

/// What that changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// Nothing.
    None,
    /// Nobody is let through for so long.
    Opened(Duration),
    /// Everybody is let through again.
    Closed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Closed { failures: u32 },
    Open { since: Duration, rest: Duration },
    Probing { rest: Duration },
}

/// While a probe is under way nobody knows how long it takes.
const PROBE: Duration = Duration::from_secs(1);

/// A circuit breaker. Closed, it lets everybody through; open, nobody; then one, the probe, on which it depends.
#[derive(Clone, Debug)]
pub struct Breaker {
    patience: Patience,
    state: State,
    /// Counts openings and closings: what is told from before the last of them says nothing of now.
    turn: u64,
}

impl Breaker {
    /// A closed one.
    #[must_use]
    pub const fn new(patience: Patience) -> Self {
        Self { patience, state: State::Closed { failures: 0 }, turn: 0 }
    }

    /// Whether everybody is let through.
    #[must_use]
    pub const fn is_closed(&self) -> bool {
        matches!(self.state, State::Closed { .. })
    }

    /// Whether somebody may ask at `now`.
    pub fn admit(&mut self, now: Duration) -> Result<Leave, Resting> {
        match self.state {
            State::Closed { .. } => Ok(Leave { turn: self.turn, probe: false }),
            State::Open { since, rest } => {
                let passed = now.saturating_sub(since);
                if passed < rest {
                    return Err(Resting { retry_after: rest.saturating_sub(passed) });
                }
                self.state = State::Probing { rest };
                Ok(Leave { turn: self.turn, probe: true })
            }
            State::Probing { .. } => Err(Resting { retry_after: PROBE }),
        }
    }

    /// Notes at `now` what became of what was let through. Only what was let through since the breaker last opened or
    /// closed changes anything.
    #[expect(clippy::needless_pass_by_value, reason = "a leave is settled once: it is used up")]
    pub fn settle(&mut self, leave: Leave, ending: Ending, now: Duration) -> Change {
        if leave.turn != self.turn {
            return Change::None;
        }
        match (self.state, ending) {
            (State::Closed { .. }, Ending::Answered) => {
                self.state = State::Closed { failures: 0 };
                Change::None
            }
            (State::Closed { failures }, Ending::Failed) => self.count(failures.saturating_add(1), now),
            (State::Probing { .. }, Ending::Answered) => self.close(),
            (State::Probing { rest }, Ending::Failed) => self.open(self.longer(rest), now),
            (State::Probing { rest }, Ending::GivenUp) => {
                // The next one tries at once.
                self.state = State::Open { since: now.saturating_sub(rest), rest };
                Change::None
            }
            (State::Closed { .. }, Ending::GivenUp) | (State::Open { .. }, _) => Change::None,
        }
    }

    fn count(&mut self, failures: u32, now: Duration) -> Change {
        if failures >= self.patience.failures {
            return self.open(self.patience.first.min(self.patience.longest), now);
        }
        self.state = State::Closed { failures };
        Change::None
    }

    fn open(&mut self, rest: Duration, now: Duration) -> Change {
        self.state = State::Open { since: now, rest };
        self.turn = self.turn.wrapping_add(1);
        Change::Opened(rest)
    }

    fn close(&mut self) -> Change {
        self.state = State::Closed { failures: 0 };
        self.turn = self.turn.wrapping_add(1);
        Change::Closed
    }

    fn longer(&self, rest: Duration) -> Duration {
        rest.saturating_mul(2).min(self.patience.longest)
    }
}

#[cfg(test)]
mod tests;
