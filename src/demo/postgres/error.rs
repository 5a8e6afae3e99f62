//! What can go wrong with a private PostgreSQL, in sentences that say what to do.

use std::{io, path::PathBuf, process::ExitStatus};

/// Why there is no private PostgreSQL. The texts are for whoever runs the program; they contain paths and PostgreSQL's own
/// log, no data.
#[derive(Debug, thiserror::Error)]
pub enum PostgresError {
    /// No folder has `initdb` and `postgres`; the text lists where they were looked for.
    #[error(
        "PostgreSQL's programs initdb and postgres are in none of: {0}. Install them (Debian, Ubuntu: apt-get install \
         postgresql; Fedora: dnf install postgresql-server), or say in PG_BINDIR where they are."
    )]
    ProgramsMissing(String),
    /// PostgreSQL refuses to run as root, and there is nobody else.
    #[error(
        "PostgreSQL does not run as root, and this machine has no user `postgres` to run it as. Start as another user, or \
         install PostgreSQL's package, which makes that user."
    )]
    UserMissing,
    /// A directory could not be made, read or given to PostgreSQL's user.
    #[error("The directory {path} cannot be used for PostgreSQL.")]
    Directory {
        /// The directory.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        cause: io::Error,
    },
    /// The given directory has files that no private PostgreSQL made; nothing was changed.
    #[error("The directory {0} has other files in it. Name a new or empty one: PostgreSQL needs it for itself.")]
    DirectoryInUse(PathBuf),
    /// Operating systems limit the length of a unix socket's path.
    #[error("The socket {socket} has a path of {bytes} bytes; {longest} are possible. Choose a shorter directory.")]
    SocketPathTooLong {
        /// The socket's path.
        socket: PathBuf,
        /// Its length.
        bytes: usize,
        /// The longest possible one.
        longest: usize,
    },
    /// The shell could not be started, or PostgreSQL's user cannot enter the directory.
    #[error("PostgreSQL cannot be started in {directory}; can its user enter that directory?")]
    Spawn {
        /// The directory.
        directory: PathBuf,
        /// What the operating system said.
        #[source]
        cause: io::Error,
    },
    /// It ended before it was ready.
    #[error("PostgreSQL ended while it started ({status}). The end of its log:\n{log}")]
    Start {
        /// How it ended.
        status: ExitStatus,
        /// The end of its log.
        log: String,
    },
    /// It was not ready in time.
    #[error("PostgreSQL was not ready after {} seconds. The end of its log:\n{log}", super::START_BOUND.as_secs())]
    Slow {
        /// The end of its log.
        log: String,
    },
    /// The process could not be looked at or ended.
    #[error("PostgreSQL's process is out of reach.")]
    Process(#[source] io::Error),
    /// It did not end when it was told to, and was killed.
    #[error("PostgreSQL did not end within {} seconds and was killed.", super::STOP_BOUND.as_secs())]
    Stop,
}
