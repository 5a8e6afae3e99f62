//! A program of the operator's, with the environment that it is given.

use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use super::super::section::Section;

/// A program and its environment. Not printable: what `env` holds may be a credential.
pub struct Program {
    /// The program, as an absolute path; it need not be there.
    pub path: PathBuf,
    /// What it gets in its environment beside what every program gets; handed on as written.
    pub env: BTreeMap<String, String>,
}

/// Why a program cannot be run at this moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProgramTrouble {
    /// There is no such file.
    #[error("the script does not exist")]
    Missing,
    /// It is a file that nobody may run.
    #[error("the script is not executable (chmod +x)")]
    NotExecutable,
}

impl Program {
    /// The program named at `script`, and `env` beside it; `None` when it is missing or wrong.
    pub(super) fn read(section: &mut Section<'_>) -> Option<Self> {
        let name = section.required("script", "the script's path");
        Self::named(section, name)
    }

    /// The same where no program need be named.
    pub(super) fn optional(section: &mut Section<'_>) -> Option<Self> {
        let name = section.optional("script");
        Self::named(section, name)
    }

    fn named(section: &mut Section<'_>, name: Option<String>) -> Option<Self> {
        let directory = section.directory();
        let env = section.texts("env");
        for name in env.keys().filter(|name| !can_be_handed_on(name)) {
            let text = "cannot be handed to a script; write a name without '=' that does not begin with TANAGER_";
            section.trouble(&format!("env.{name}"), text);
        }
        for (name, _) in env.iter().filter(|(_, value)| value.contains('\0')) {
            section.trouble(&format!("env.{name}"), "has a NUL, which no environment can hold; leave it out");
        }
        Some(Self { path: found(&directory, &name?), env })
    }

    /// Whether it is there and executable at this moment.
    pub fn executable(&self) -> Result<(), ProgramTrouble> {
        let found = fs::metadata(&self.path).map_err(|_| ProgramTrouble::Missing)?;
        let executable = found.is_file() && found.permissions().mode() & 0o111 != 0;
        executable.then_some(()).ok_or(ProgramTrouble::NotExecutable)
    }
}

fn can_be_handed_on(name: &str) -> bool {
    !name.is_empty() && !name.contains(['=', '\0']) && !name.starts_with("TANAGER_")
}

/// The program of that name beside the configuration or, if it is not there, below the working directory; beside the
/// configuration when it is nowhere.
fn found(directory: &Path, name: &str) -> PathBuf {
    let beside = directory.join(name);
    match std::path::absolute(name) {
        Ok(below) if !beside.exists() && below.exists() => below,
        _ => beside,
    }
}
