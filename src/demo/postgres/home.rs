//! The directory of a private PostgreSQL, and the user who owns it: nobody else can enter, which is why the cluster can
//! trust whoever reaches its socket.

use std::{
    ffi::OsStr,
    fs, io,
    os::unix::{
        ffi::OsStrExt,
        fs::{DirBuilderExt, PermissionsExt, chown},
    },
    path::{Path, PathBuf, absolute},
    process::{Command, Stdio},
};

use super::{PORT, PostgresError};

/// Bytes of a unix socket's path, less the closing NUL: `sun_path` of the systems that have the least (Linux: 4 more).
const LONGEST_SOCKET_PATH: usize = 103;
/// What this module's clusters leave in their directory.
const OURS: [&str; 3] = ["data", "data.new", "postgres.log"];
/// Enter, list and change: the owner alone.
const OWNER_ONLY: u32 = 0o700;

/// The user that PostgreSQL runs as, if it cannot be the present one: it refuses to run as root.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Account {
    pub(super) user: u32,
    pub(super) group: u32,
}

impl Account {
    /// `None`: the present user will do.
    pub(super) fn needed() -> Result<Option<Self>, PostgresError> {
        if !rustix::process::geteuid().is_root() {
            return Ok(None);
        }
        Ok(Some(Self { user: number_of("-u")?, group: number_of("-g")? }))
    }
}

/// Asks `id`, which knows every source of users that this machine has.
fn number_of(kind: &str) -> Result<u32, PostgresError> {
    let told = Command::new("id").args([kind, "postgres"]).stdin(Stdio::null()).output();
    let told = told.map_err(|_| PostgresError::UserMissing)?;
    String::from_utf8_lossy(&told.stdout).trim().parse().map_err(|_| PostgresError::UserMissing)
}

/// A directory for one cluster, entered by its owner alone.
pub(super) struct Home {
    path: PathBuf,
    temporary: Option<tempfile::TempDir>,
}

impl Home {
    /// The given directory, made if it is not there; without one a temporary directory, which goes with this value.
    pub(super) fn prepare(given: Option<PathBuf>, account: Option<Account>) -> Result<Self, PostgresError> {
        let home = match given {
            Some(directory) => Self { path: claimed(directory)?, temporary: None },
            None => Self::temporary()?,
        };
        home.checked_length()?;
        home.closed_to_others(account).map_err(|cause| unusable(&home.path, cause))?;
        Ok(home)
    }

    fn temporary() -> Result<Self, PostgresError> {
        let made = tempfile::Builder::new().prefix("tanager-").tempdir();
        let temporary = made.map_err(|cause| unusable(&std::env::temp_dir(), cause))?;
        let path = absolute(temporary.path()).map_err(|cause| unusable(temporary.path(), cause))?;
        Ok(Self { path, temporary: Some(temporary) })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) const fn is_temporary(&self) -> bool {
        self.temporary.is_some()
    }

    /// Removes a temporary directory, if it is still there; a kept one stays.
    pub(super) fn end(&mut self) -> io::Result<()> {
        match self.temporary.take().map(tempfile::TempDir::close) {
            Some(Err(cause)) if cause.kind() != io::ErrorKind::NotFound => Err(cause),
            _ => Ok(()),
        }
    }

    fn checked_length(&self) -> Result<(), PostgresError> {
        let socket = self.path.join(format!(".s.PGSQL.{PORT}"));
        let bytes = socket.as_os_str().len();
        if bytes > LONGEST_SOCKET_PATH {
            return Err(PostgresError::SocketPathTooLong { socket, bytes, longest: LONGEST_SOCKET_PATH });
        }
        Ok(())
    }

    fn closed_to_others(&self, account: Option<Account>) -> io::Result<()> {
        fs::set_permissions(&self.path, fs::Permissions::from_mode(OWNER_ONLY))?;
        account.map_or(Ok(()), |Account { user, group }| chown(&self.path, Some(user), Some(group)))
    }
}

/// A given directory: a new one, an empty one, or one that a cluster of ours lives in. Any other belongs to someone, and
/// neither its owner nor its mode may change.
fn claimed(directory: PathBuf) -> Result<PathBuf, PostgresError> {
    let made = fs::DirBuilder::new().recursive(true).mode(OWNER_ONLY).create(&directory);
    let names = made.and_then(|()| names_in(&directory)).map_err(|cause| unusable(&directory, cause))?;
    let is_ours = names.iter().all(|name| OURS.iter().any(|ours| name == ours) || is_socket(name));
    if !is_ours {
        return Err(PostgresError::DirectoryInUse(directory));
    }
    absolute(&directory).map_err(|cause| unusable(&directory, cause))
}

fn names_in(directory: &Path) -> io::Result<Vec<std::ffi::OsString>> {
    fs::read_dir(directory)?.map(|entry| entry.map(|entry| entry.file_name())).collect()
}

fn is_socket(name: &OsStr) -> bool {
    name.as_bytes().starts_with(b".s.PGSQL.")
}

fn unusable(path: &Path, cause: io::Error) -> PostgresError {
    PostgresError::Directory { path: path.to_owned(), cause }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_with_strange_files_is_left_alone() {
        let given = tempfile::tempdir().unwrap();
        fs::write(given.path().join("letter.txt"), "Dear").unwrap();
        fs::set_permissions(given.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let refused = Home::prepare(Some(given.path().to_owned()), None);
        assert!(matches!(refused, Err(PostgresError::DirectoryInUse(_))));
        assert_eq!(fs::metadata(given.path()).unwrap().permissions().mode() & 0o777, 0o755);
    }

    #[test]
    fn a_given_directory_is_closed_to_others_and_stays() {
        let given = tempfile::tempdir().unwrap();
        let path = given.path().join("a/cluster");
        Home::prepare(Some(path.clone()), None).unwrap().end().unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o700);
    }

    #[test]
    fn a_path_that_no_socket_can_have_is_refused() {
        let given = tempfile::tempdir().unwrap();
        let refused = Home::prepare(Some(given.path().join("long".repeat(30))), None);
        assert!(matches!(refused, Err(PostgresError::SocketPathTooLong { .. })));
    }
}
