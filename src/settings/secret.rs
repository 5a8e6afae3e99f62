//! What a configuration proves this service with elsewhere.

use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::{
    raw::Raw,
    section::Section,
    value::{Value, plain_text},
};

/// A secret that stands in the configuration itself, or in a variable over it: it cannot be printed, cloned or compared.
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// The secret, for the call alone.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl Value for Secret {
    const SECRET: bool = true;

    fn read(raw: &Raw) -> Result<Self, String> {
        plain_text(raw, "the secret in quotes").map(|secret| Self(Zeroizing::new(secret)))
    }

    fn show(&self) -> String {
        "(withheld)".to_owned()
    }
}

/// Where a secret is that may be written, or stand in a file.
pub enum SecretSource {
    /// In the configuration, or in a variable of the environment over it.
    Written(Secret),
    /// On the one line of this file.
    File(PathBuf),
}

impl SecretSource {
    /// The secret at `key`, or in the file that `file_key` names; `None`: there is none. Both are a trouble.
    pub(super) fn optional(section: &mut Section<'_>, key: &'static str, file_key: &'static str) -> Option<Self> {
        let (written, file) = (section.optional::<Secret>(key), section.optional_file(file_key));
        match (written, file) {
            (Some(_), Some(_)) => {
                section.trouble(key, format!("stands beside {file_key}; keep one of them"));
                None
            }
            (Some(secret), None) => Some(Self::Written(secret)),
            (None, Some(file)) => Some(Self::File(file)),
            (None, None) => None,
        }
    }

    /// The file, where there is one that is not there.
    pub(super) fn missing_file(&self) -> Option<&Path> {
        match self {
            Self::File(file) if !file.is_file() => Some(file),
            Self::File(_) | Self::Written(_) => None,
        }
    }
}
