//! Ctrl-C and SIGTERM, for commands that end well in the middle: after the step under way.

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};

/// Waits for somebody who wants the command to end.
pub(super) struct Stopping {
    terminate: Signal,
    interrupt: Signal,
}

impl Stopping {
    /// From now on the signals do not end the program by themselves.
    pub(super) fn listen() -> io::Result<Self> {
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    /// Until it is wanted; at once when it was wanted before.
    pub(super) async fn wanted(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
