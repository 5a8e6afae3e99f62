//! A program of the operator's that carries messages: what it is given, and how it is started. Trusted to deliver, and with
//! nothing else: it gets a cleared environment and no descriptor.

mod group;

use std::{
    collections::BTreeMap,
    env,
    ffi::OsString,
    io,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use rustix::{
    fs::{Access, access},
    io::Errno,
};
use tokio::time::sleep;

pub(super) use self::group::Group;
use super::{Reason, SendError};

/// Where programs are looked for when this process was started without a `PATH`.
const PATH: &str = "/usr/local/bin:/usr/bin:/bin";
/// The language of programs when this process was started without a `LANG`; messages are UTF-8.
const LANG: &str = "C.UTF-8";
/// The kernel does not execute a file that anyone has open for writing ("text file busy"), be it the operator who
/// replaces the script, or, for the moment between `fork` and `exec`, another child of this process that inherited
/// such a descriptor. Both pass; this is how often, and how soon again, it is tried.
const BUSY_TRIES: u8 = 25;
const BUSY_PAUSE: Duration = Duration::from_millis(20);

/// A program and its environment.
pub(super) struct Program {
    path: PathBuf,
    /// `PATH`, `LANG` and the channel's own. The latter may hold a gateway's key: not to be printed.
    environment: BTreeMap<OsString, OsString>,
}

impl Program {
    /// The program at `path` (a relative one counts from the present working directory, never from `PATH`) with `own` added to
    /// its environment.
    pub(super) fn new(path: &Path, own: BTreeMap<String, String>) -> Self {
        let inherited = [("PATH", PATH), ("LANG", LANG)]
            .map(|(name, otherwise)| (name.into(), env::var_os(name).unwrap_or_else(|| otherwise.into())));
        let own = own.into_iter().map(|(name, value)| (name.into(), value.into()));
        Self {
            // It fails for an empty path, and without a working directory: then `readiness` refuses what is left.
            path: std::path::absolute(path).unwrap_or_else(|_| path.to_owned()),
            environment: inherited.into_iter().chain(own).collect(),
        }
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// How it is called: without arguments, with its environment and nothing else.
    pub(super) fn command(&self) -> Command {
        let mut command = Command::new(&self.path);
        command.env_clear().envs(&self.environment);
        command
    }

    /// Tries `start` until the file is not being written any more, for half a second at most.
    pub(super) async fn start<T, F>(&self, start: impl Fn() -> F) -> Result<T, SendError>
    where
        F: Future<Output = io::Result<T>>,
    {
        for _ in 0..BUSY_TRIES {
            match start().await {
                Err(error) if error.kind() == io::ErrorKind::ExecutableFileBusy => sleep(BUSY_PAUSE).await,
                started => return started.map_err(|error| self.not_started(&error)),
            }
        }
        Err(SendError::TryLater(Reason::new(format!("{} is being written", self.path.display()))))
    }

    /// A lack that passes (processes, memory, descriptors) is no fault of the configuration; all else is.
    fn not_started(&self, error: &io::Error) -> SendError {
        let reason = Reason::new(format!("{} cannot be started: {error}", self.path.display()));
        match Errno::from_io_error(error) {
            Some(Errno::AGAIN | Errno::NOMEM | Errno::MFILE | Errno::NFILE | Errno::INTR) => {
                SendError::TryLater(reason)
            }
            _ => SendError::Misconfigured(reason),
        }
    }

    /// Whether it is there and may be run; else a sentence that says why not.
    pub(super) fn readiness(&self) -> Result<(), String> {
        let path = self.path.display();
        match self.path.metadata() {
            Err(error) => Err(format!("The script {path} cannot be found: {error}.")),
            Ok(file) if !file.is_file() => Err(format!("The script {path} is no file.")),
            Ok(_) => access(&self.path, Access::EXEC_OK)
                .map_err(|error| format!("The script {path} is not executable: {error}.")),
        }
    }
}
