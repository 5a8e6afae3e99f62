//! A PostgreSQL of one's own: for `tanager demo`, and for the tests.
//!
//! It is made in a directory of its own, listens on a unix socket in that directory and nowhere else, and ends with the
//! process that started it, whatever that process dies of (`postgres/guard.sh` sees to it). It must never connect to, or
//! touch, another cluster of this machine. Everything here blocks: call it through `spawn_blocking` from async code.

mod command;
mod error;
mod home;
mod programs;

use std::{
    fs,
    io::Read,
    os::unix::ffi::OsStrExt,
    path::{Path, PathBuf},
    process::Child,
    thread,
    time::{Duration, Instant},
};

use home::{Account, Home};

pub use error::PostgresError;

/// The port is part of the socket's name and of nothing else, so it can be the same for every cluster.
const PORT: u16 = 5432;
/// Making a cluster takes about a second; a machine that needs a minute is out of order.
const START_BOUND: Duration = Duration::from_mins(1);
/// The guard needs at most 21 s (`guard.sh`); then the postmaster is killed.
const STOP_BOUND: Duration = Duration::from_secs(25);
/// Between two looks at the state of a process that tells nobody when it changes.
const LOOK_AGAIN: Duration = Duration::from_millis(5);
/// As much of the log as an error carries, in bytes.
const LOG_TAIL: usize = 2000;

/// What a private PostgreSQL shall be like. The default is a temporary, durable one.
#[derive(Clone, Debug)]
pub struct Options {
    /// A directory that is for this cluster alone: made if absent, kept, and used again by the next start, data and all.
    /// `None`: a temporary directory, removed at the end.
    pub directory: Option<PathBuf>,
    /// Whether what is committed survives a crash of the machine. Tests need not wait for a disk.
    pub durable: bool,
    /// Further settings of PostgreSQL, name and value. They cannot open it to the network or move its socket.
    pub settings: Vec<(String, String)>,
}

impl Default for Options {
    fn default() -> Self {
        Self { directory: None, durable: true, settings: Vec::new() }
    }
}

/// A running PostgreSQL that belongs to this value: it ends when the value is dropped, or when the process dies.
pub struct PrivatePostgres {
    home: Home,
    /// `None` once it was stopped.
    postmaster: Option<Child>,
}

impl PrivatePostgres {
    /// Makes a cluster, or takes up the one that is in the given directory, and waits until it answers: about a second.
    /// Its one user is the superuser `tanager`, its databases are those of a new cluster (`postgres`).
    pub fn start(mut options: Options) -> Result<Self, PostgresError> {
        let programs = programs::find()?;
        let account = Account::needed()?;
        let home = Home::prepare(options.directory.take(), account)?;
        let postmaster = command::new(&programs, &home, account, &options)
            .spawn()
            .map_err(|cause| PostgresError::Spawn { directory: home.path().to_owned(), cause })?;
        let mut started = Self { home, postmaster: Some(postmaster) };
        started.wait_until_ready()?;
        Ok(started)
    }

    /// The connection string of `database` for its user `tanager`, who owns the cluster: a libpq URL with the socket's
    /// directory as its host.
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        let host = percent_encoded(self.home.path().as_os_str().as_bytes());
        format!("postgresql://tanager@{host}:{PORT}/{}", percent_encoded(database.as_bytes()))
    }

    /// The directory with the socket, what libpq calls the host. Only PostgreSQL's user (and root) can enter it.
    #[must_use]
    pub fn socket_directory(&self) -> &Path {
        self.home.path()
    }

    /// The number in the socket's name. Nothing listens on a TCP port.
    #[must_use]
    pub const fn port(&self) -> u16 {
        PORT
    }

    /// Ends PostgreSQL, also under open connections, and removes a temporary directory. When this returns, PostgreSQL's
    /// processes and its socket are gone.
    pub fn stop(mut self) -> Result<(), PostgresError> {
        self.end()
    }

    /// PostgreSQL tells nobody when it is ready, but writes it into `postmaster.pid`, which `pg_ctl` too looks at again
    /// and again. The process id in it tells our state from that of a cluster that runs in the same directory.
    fn wait_until_ready(&mut self) -> Result<(), PostgresError> {
        let state = self.home.path().join("data/postmaster.pid");
        let deadline = Instant::now() + START_BOUND;
        let Some(postmaster) = self.postmaster.as_mut() else { return Ok(()) };
        loop {
            if let Some(status) = postmaster.try_wait().map_err(PostgresError::Process)? {
                return Err(PostgresError::Start { status, log: self.log_tail() });
            }
            if fs::read_to_string(&state).is_ok_and(|state| says_ready(&state, postmaster.id())) {
                return Ok(());
            }
            if Instant::now() >= deadline {
                return Err(PostgresError::Slow { log: self.log_tail() });
            }
            thread::sleep(LOOK_AGAIN);
        }
    }

    fn log_tail(&self) -> String {
        let path = self.home.path().join("postgres.log");
        match fs::read(&path) {
            Ok(log) => String::from_utf8_lossy(log.get(log.len().saturating_sub(LOG_TAIL)..).unwrap_or(&log)).into(),
            Err(cause) => format!("(the log {} cannot be read: {cause})", path.display()),
        }
    }

    fn end(&mut self) -> Result<(), PostgresError> {
        let Some(mut postmaster) = self.postmaster.take() else { return Ok(()) };
        // The guard takes the closed pipe for our end, which is what it waits for.
        drop(postmaster.stdin.take());
        let ended = reaped(&mut postmaster)?;
        if let Some(mut guard) = postmaster.stdout.take() {
            guard.read_to_end(&mut Vec::new()).map_err(PostgresError::Process)?;
        }
        let path = self.home.path().to_owned();
        self.home.end().map_err(|cause| PostgresError::Directory { path, cause })?;
        if ended { Ok(()) } else { Err(PostgresError::Stop) }
    }
}

impl Drop for PrivatePostgres {
    fn drop(&mut self) {
        if let Err(error) = self.end() {
            tracing::warn!(error = %error, "a private PostgreSQL did not end well");
        }
    }
}

/// The file's first line is the postmaster's process id, its eighth the state.
fn says_ready(state: &str, postmaster: u32) -> bool {
    let mut lines = state.lines().map(str::trim);
    lines.next() == Some(&postmaster.to_string()) && lines.nth(6) == Some("ready")
}

/// Waits for the postmaster, whom the guard ends; `false` if that took too long and it was killed.
fn reaped(postmaster: &mut Child) -> Result<bool, PostgresError> {
    let deadline = Instant::now() + STOP_BOUND;
    while postmaster.try_wait().map_err(PostgresError::Process)?.is_none() {
        if Instant::now() >= deadline {
            postmaster.kill().and_then(|()| postmaster.wait()).map_err(PostgresError::Process)?;
            return Ok(false);
        }
        thread::sleep(LOOK_AGAIN);
    }
    Ok(true)
}

/// RFC 3986: all but the unreserved characters.
fn percent_encoded(bytes: &[u8]) -> String {
    bytes
        .iter()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(*byte).to_string(),
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_state_of_the_own_postmaster_counts() {
        let state = "4711\n/d\n1700000000\n5432\n/d\n\n   1 2\nready   \n";
        assert!(says_ready(state, 4711));
        assert!(!says_ready(state, 4712));
        assert!(!says_ready(&state.replace("ready   ", "starting"), 4711));
        assert!(!says_ready("4711\n", 4711));
    }

    #[test]
    fn a_directory_survives_its_way_through_a_url() {
        assert_eq!(percent_encoded(b"/tmp/a b,c?\xff"), "%2Ftmp%2Fa%20b%2Cc%3F%FF");
    }
}
