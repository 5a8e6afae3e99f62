//! Secrets that stand in files of their own.

use std::{
    fs,
    path::{Path, PathBuf},
};

use zeroize::Zeroizing;

use crate::settings::SecretSource;

/// What stands in the file of a secret is none.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// The file.
    #[error("{key}: {file} cannot be read", file = file.display())]
    Unreadable {
        /// The key that names it.
        key: String,
        /// Which.
        file: PathBuf,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// Its content.
    #[error("{key}: {file} does not hold one line with the secret", file = file.display())]
    Malformed {
        /// The key that names it.
        key: String,
        /// Which.
        file: PathBuf,
    },
}

/// The secret, wherever it is; `file_key` is the key that names a file.
pub(super) fn found(source: &SecretSource, file_key: &str) -> Result<Zeroizing<String>, SecretError> {
    match source {
        SecretSource::Written(secret) => Ok(Zeroizing::new(secret.reveal().to_owned())),
        SecretSource::File(file) => in_file(file, file_key),
    }
}

/// The secret alone: what an editor puts around it is no part of it.
pub(super) fn in_file(file: &Path, key: &str) -> Result<Zeroizing<String>, SecretError> {
    let unreadable = |source| SecretError::Unreadable { key: key.to_owned(), file: file.to_owned(), source };
    let text = fs::read_to_string(file).map(Zeroizing::new).map_err(unreadable)?;
    let secret = Some(text.trim()).filter(|secret| !secret.is_empty() && !secret.chars().any(char::is_control));
    let malformed = || SecretError::Malformed { key: key.to_owned(), file: file.to_owned() };
    secret.map(|secret| Zeroizing::new(secret.to_owned())).ok_or_else(malformed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_one_line_whatever_stands_around_it() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("secret");
        for (text, secret) in
            [("a b:c\n", Some("a b:c")), ("\r\n a \t\n", Some("a")), ("", None), (" \n", None), ("a\nb", None)]
        {
            fs::write(&file, text).unwrap();
            assert_eq!(in_file(&file, "key").ok().as_deref().map(String::as_str), secret, "{text:?}");
        }
        let absent = in_file(&directory.path().join("absent"), "key").err().unwrap();
        assert!(
            absent.to_string().starts_with("key: ") && absent.to_string().contains("absent cannot be read"),
            "{absent}"
        );
    }
}
