//! The file that holds the keys: made once, readable by its owner alone.

use std::{
    fs::{self, Permissions},
    io::{self, Write},
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::{Path, PathBuf},
};

use data_encoding::BASE64;
use serde::Deserialize;
use zeroize::Zeroizing;

use crate::domain::{
    chance::Chance,
    keys::{KeyError, KeyId, KeyRing},
};

/// Why the key file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// There is none.
    #[error("there is no key file {0}: run 'tanager migrate' once, or restore the file that belongs to this database")]
    Missing(PathBuf),
    /// It cannot be read or written.
    #[error("the key file {0} cannot be used")]
    Io(PathBuf, #[source] io::Error),
    /// Others than its owner may read it.
    #[error("the key file {0} is open to others: run 'chmod 600 {0}'")]
    Open(PathBuf),
    /// It is no key file.
    #[error(
        "the key file {0} is damaged: it needs 'active = N' and [[key]] tables with 'id' and a 'secret' of 32 bytes in base64"
    )]
    Damaged(PathBuf),
    /// Its keys make no ring.
    #[error("the keys make no ring")]
    Ring(#[from] KeyError),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    active: u16,
    key: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    id: u16,
    secret: Zeroizing<String>,
}

/// Reads the ring. A file that others may read is refused.
pub fn read(path: &Path) -> Result<KeyRing, KeyFileError> {
    let metadata = fs::metadata(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => KeyFileError::Missing(path.to_owned()),
        _ => KeyFileError::Io(path.to_owned(), error),
    })?;
    if metadata.mode() & 0o077 != 0 {
        return Err(KeyFileError::Open(path.to_owned()));
    }
    let text =
        fs::read_to_string(path).map(Zeroizing::new).map_err(|error| KeyFileError::Io(path.to_owned(), error))?;
    parse(&text).ok_or_else(|| KeyFileError::Damaged(path.to_owned()))?.map_err(KeyFileError::Ring)
}

/// `None` when the text is no key file; the parser's own words could repeat a secret.
fn parse(text: &str) -> Option<Result<KeyRing, KeyError>> {
    let file: File = toml::from_str(text).ok()?;
    let mut secrets = Vec::new();
    for entry in file.key {
        let bytes = BASE64.decode(entry.secret.as_bytes()).map(Zeroizing::new).ok()?;
        secrets.push((KeyId(entry.id), Zeroizing::new(<[u8; 32]>::try_from(bytes.as_slice()).ok()?)));
    }
    Some(KeyRing::new(&secrets, KeyId(file.active)))
}

/// Makes a file with one new key, mode 0600, in one step: it is there whole or not at all. One that is there already
/// is left as it is.
pub fn create(path: &Path, chance: &dyn Chance) -> Result<(), KeyFileError> {
    let trouble = |error| KeyFileError::Io(path.to_owned(), error);
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file =
        tempfile::Builder::new().permissions(Permissions::from_mode(0o600)).tempfile_in(directory).map_err(trouble)?;
    let secret = Zeroizing::new(BASE64.encode(&*Zeroizing::new(chance.bytes::<32>())));
    let text = Zeroizing::new(format!(
        "# The keys of a Tanager database. Whoever has them can make its TANs; without them it cannot be served.\n\
         # Keep a copy apart from the database's backups.\n\
         active = 1\n\n[[key]]\nid = 1\nsecret = \"{}\"\n",
        *secret
    ));
    file.write_all(text.as_bytes()).map_err(trouble)?;
    file.as_file().sync_all().map_err(trouble)?;
    match file.persist_noclobber(path) {
        Ok(_) => Ok(()),
        Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(trouble(error.error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chance::SystemChance;

    #[test]
    fn a_new_file_is_its_owners_alone_and_never_overwritten() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("keys.toml");
        create(&path, &SystemChance).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        let first: Vec<_> = read(&path).unwrap().fingerprints().collect();
        create(&path, &SystemChance).unwrap();
        assert_eq!(read(&path).unwrap().fingerprints().collect::<Vec<_>>(), first);
    }

    #[test]
    fn a_file_that_is_none_or_open_to_others_is_refused_without_its_secrets() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("keys.toml");
        assert!(matches!(read(&path), Err(KeyFileError::Missing(_))));
        create(&path, &SystemChance).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o640)).unwrap();
        assert!(matches!(read(&path), Err(KeyFileError::Open(_))));
        for text in [
            "",
            "active = 1",
            "active = 1\n[[key]]\nid = 1\nsecret = \"c2hvcnQ=\"",
            "active = 1\n[[key]]\nid = 1\nsecret = \"hush",
        ] {
            fs::write(&path, text).unwrap();
            fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
            let error = read(&path).err().unwrap();
            assert!(matches!(error, KeyFileError::Damaged(_)), "{text}");
            assert!(!error.to_string().contains("hush"));
        }
    }
}
