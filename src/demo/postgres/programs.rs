//! Where PostgreSQL's programs are on this machine. Debian keeps the server's programs out of `PATH`, one folder for
//! each version, so that a search is needed.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use super::PostgresError;

/// What has to be in one folder.
const NEEDED: [&str; 2] = ["initdb", "postgres"];
/// Where Debian and Ubuntu put a folder for each version.
const DEBIAN: &str = "/usr/lib/postgresql";

/// The folder with `initdb` and `postgres`: `PG_BINDIR` alone if it is set, else what `pg_config` says, else the
/// newest of Debian's folders, else a folder of `PATH`.
pub(super) fn find() -> Result<PathBuf, PostgresError> {
    let candidates = match env::var_os("PG_BINDIR") {
        Some(chosen) => vec![PathBuf::from(chosen)],
        None => {
            told_by_pg_config().into_iter().chain(newest_first(Path::new(DEBIAN))).chain(folders_of_path()).collect()
        }
    };
    let found = candidates.iter().find(|folder| NEEDED.iter().all(|program| folder.join(program).is_file())).cloned();
    found.ok_or_else(|| PostgresError::ProgramsMissing(listed(&candidates)))
}

/// `None` too when there is no `pg_config`, which is common: only then the other places count.
fn told_by_pg_config() -> Option<PathBuf> {
    let told = Command::new("pg_config").arg("--bindir").stdin(Stdio::null()).output().ok()?;
    let folder = String::from_utf8(told.stdout).ok()?;
    (told.status.success() && !folder.trim().is_empty()).then(|| PathBuf::from(folder.trim()))
}

/// The `bin` folders below `root`, `17` before `16` before `9.6`.
fn newest_first(root: &Path) -> Vec<PathBuf> {
    let mut versions: Vec<(Vec<u32>, PathBuf)> = fs::read_dir(root)
        .into_iter()
        .flatten()
        .filter_map(Result::ok)
        .filter_map(|entry| Some((version(entry.file_name().to_str()?)?, entry.path().join("bin"))))
        .collect();
    versions.sort_by(|one, other| other.0.cmp(&one.0));
    versions.into_iter().map(|(_, folder)| folder).collect()
}

/// `9.6` as `[9, 6]`; `None` for a name that is no version.
fn version(name: &str) -> Option<Vec<u32>> {
    name.split('.').map(|part| part.parse().ok()).collect()
}

fn folders_of_path() -> Vec<PathBuf> {
    env::var_os("PATH").map(|path| env::split_paths(&path).collect()).unwrap_or_default()
}

fn listed(folders: &[PathBuf]) -> String {
    folders.iter().map(|folder| folder.display().to_string()).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_version_comes_first_by_number_and_not_by_letter() {
        let root = tempfile::tempdir().unwrap();
        for name in ["9.6", "15", "17", "common", "100"] {
            fs::create_dir_all(root.path().join(name)).unwrap();
        }
        let expected: Vec<PathBuf> =
            ["100", "17", "15", "9.6"].iter().map(|name| root.path().join(name).join("bin")).collect();
        assert_eq!(newest_first(root.path()), expected);
    }

    #[test]
    fn a_folder_that_does_not_exist_has_no_versions() {
        assert_eq!(newest_first(Path::new("/nonexistent/postgresql")), Vec::<PathBuf>::new());
    }
}
