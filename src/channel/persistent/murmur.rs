//! What a persistent script says on its standard error: for the log, blotted, and not too much of it.

use tokio::{
    io::AsyncReadExt,
    net::unix::pipe,
    time::{Duration, Instant},
};
use zeroize::Zeroizing;

use super::super::blot::Heard;

/// How many lines reach the log in a [`WHILE`].
const LINES: u32 = 32;
const WHILE: Duration = Duration::from_mins(1);
/// How much is read at a time, in bytes.
const CHUNK: usize = 16 * 1024;
/// The shortest TAN that any configuration allows. What is said here need not speak of one message, so that digit runs from
/// this length on are blotted, which telephone numbers are too.
const FEWEST_DIGITS: u8 = 6;

/// What a line of no particular message may show.
pub(super) fn blotted(line: &[u8]) -> String {
    let mut heard = Heard::nothing();
    heard.hear(line);
    heard.blotted("", FEWEST_DIGITS)
}

/// Lines on their way to the log.
struct Murmur {
    /// What was heard of a line that has no end yet; `None`: nothing, or it will not be shown.
    line: Option<Heard>,
    since: Instant,
    shown: u32,
    dropped: u64,
}

/// Reads until nobody can say anything any more.
pub(super) async fn overhear(mut errors: pipe::Receiver) {
    let mut chunk = Zeroizing::new(vec![0; CHUNK]);
    let mut murmur = Murmur { line: None, since: Instant::now(), shown: 0, dropped: 0 };
    // Its pipe breaks only with the process: there is nothing to be heard then either.
    while let Ok(length @ 1..) = errors.read(&mut chunk).await {
        for part in chunk.get(..length).unwrap_or_default().split_inclusive(|byte| *byte == b'\n') {
            murmur.hear(part);
        }
    }
    murmur.show();
    murmur.tell_dropped();
}

impl Murmur {
    fn hear(&mut self, part: &[u8]) {
        if self.since.elapsed() >= WHILE {
            self.tell_dropped();
            (self.since, self.shown) = (Instant::now(), 0);
        }
        let has_room = self.shown < LINES;
        if has_room {
            self.line.get_or_insert_with(Heard::nothing).hear(part);
        }
        match (part.ends_with(b"\n"), has_room) {
            (true, true) => self.show(),
            (true, false) => self.dropped += 1,
            (false, _) => {}
        }
    }

    fn show(&mut self) {
        let Some(line) = self.line.take() else { return };
        let said = line.blotted("", FEWEST_DIGITS);
        if !said.is_empty() {
            self.shown += 1;
            tracing::info!(said, "a persistent script said");
        }
    }

    fn tell_dropped(&mut self) {
        let lines = std::mem::take(&mut self.dropped);
        if lines > 0 {
            tracing::warn!(lines, "a persistent script said more than is logged");
        }
    }
}
