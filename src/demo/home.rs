//! The demo's directory: its keys, its channel script, and the messages that would have been sent.

use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use tempfile::TempDir;

use super::DemoError;

const SCRIPT: &str = include_str!("../../scripts/tan-file.sh");
/// The channel script's name in the directory.
pub const SCRIPT_NAME: &str = "tan-file.sh";

/// Where keys and messages are.
pub struct Home {
    path: PathBuf,
    /// Goes with the demo.
    _temporary: Option<TempDir>,
}

impl Home {
    /// A temporary directory, or the one that is given, which is kept, with the channel script in it, so that the
    /// program needs nothing beside itself.
    pub fn open(given: Option<&Path>) -> Result<Self, DemoError> {
        let home = Self::make(given)?;
        home.write_script()?;
        Ok(home)
    }

    /// The directory.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where messages are written to.
    #[must_use]
    pub fn spool(&self) -> PathBuf {
        self.path.join("messages")
    }

    fn make(given: Option<&Path>) -> Result<Self, DemoError> {
        let Some(given) = given else {
            let temporary = tempfile::Builder::new().prefix("tanager-demo-").tempdir();
            let temporary = temporary.map_err(|error| DemoError::Directory(std::env::temp_dir(), error))?;
            return Ok(Self { path: temporary.path().to_owned(), _temporary: Some(temporary) });
        };
        let trouble = |error| DemoError::Directory(given.to_owned(), error);
        fs::create_dir_all(given).map_err(trouble)?;
        Ok(Self { path: given.canonicalize().map_err(trouble)?, _temporary: None })
    }

    fn write_script(&self) -> Result<(), DemoError> {
        let path = self.path.join(SCRIPT_NAME);
        let written = fs::write(&path, SCRIPT).and_then(|()| fs::set_permissions(&path, Permissions::from_mode(0o755)));
        written
            .and_then(|()| fs::create_dir_all(self.spool()))
            .map_err(|error| DemoError::Directory(self.path.clone(), error))
    }
}
