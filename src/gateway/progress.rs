//! Whom a request waits for: a bank core has its time, and a client that sends a long body slowly does not use it up.

use std::{cell::Cell, rc::Rc, time::Duration};

use tokio::time::Instant;

/// How far the body of a request is. Shared between who carries it and who waits for the answer, on one thread.
#[derive(Clone, Debug)]
pub struct Progress(Rc<Cell<Waiting>>);

#[derive(Clone, Copy, Debug)]
enum Waiting {
    Client,
    Core { since: Instant },
    BrokenOff,
}

impl Progress {
    /// A request whose body is about to come.
    #[must_use]
    pub fn begin() -> Self {
        Self(Rc::new(Cell::new(Waiting::Client)))
    }

    /// The next piece is the client's to send.
    pub fn waits_for_client(&self) {
        self.0.set(Waiting::Client);
    }

    /// The next step is the bank core's.
    pub fn waits_for_core(&self) {
        self.0.set(Waiting::Core { since: Instant::now() });
    }

    /// The client's body broke off.
    pub fn broke_off(&self) {
        self.0.set(Waiting::BrokenOff);
    }

    /// Whether the client's body broke off.
    #[must_use]
    pub fn is_broken_off(&self) -> bool {
        matches!(self.0.get(), Waiting::BrokenOff)
    }

    /// Ends when the bank core has let `patience` pass without a step.
    pub async fn stalled(&self, patience: Duration) {
        loop {
            let due = match self.0.get() {
                Waiting::Core { since } => since + patience,
                Waiting::Client | Waiting::BrokenOff => Instant::now() + patience,
            };
            tokio::time::sleep_until(due).await;
            if matches!(self.0.get(), Waiting::Core { since } if since + patience <= Instant::now()) {
                return;
            }
        }
    }
}
