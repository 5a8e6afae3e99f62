//! `[database]`: how PostgreSQL is reached.

use std::{path::PathBuf, str::FromStr, time::Duration};

use zeroize::Zeroizing;

use super::{
    raw::Raw,
    section::Section,
    value::{Value, plain_text, quoted},
};

const TENTH: Duration = Duration::from_millis(100);
const MINUTE: Duration = Duration::from_mins(1);
/// More connections than a PostgreSQL serves well.
const MOST_CONNECTIONS: usize = 1000;
/// The longest name of a role, in bytes (`NAMEDATALEN` less the NUL).
const LONGEST_ROLE: usize = 63;

/// A connection string of PostgreSQL, which may hold a password: it cannot be printed, cloned or compared.
pub struct DatabaseUrl(Zeroizing<String>);

impl DatabaseUrl {
    /// The connection string, for the connection alone. It has been understood once, so that it will be again.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl Value for DatabaseUrl {
    const SECRET: bool = true;

    fn read(raw: &Raw) -> Result<Self, String> {
        let right = r#"like "postgres://user@host:5432/database", or "host=… user=… dbname=…""#;
        let text = Zeroizing::new(plain_text(raw, right)?);
        // What the parser has to say is dropped: it names what it stumbled over, which can be a part of a password.
        let config = tokio_postgres::Config::from_str(&text).map_err(|_| {
            format!(
                "is no connection string of PostgreSQL; write it {right}; sslmode is disable, prefer or require, \
                 target_session_attrs is any, read-write or read-only; in a URL, what is special in a password is \
                 written %40 for @, %2F for /, %3A for : and %25 for %"
            )
        })?;
        if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
            return Err(format!("names no host; write it {right}"));
        }
        Ok(Self(text))
    }

    fn show(&self) -> String {
        "(withheld)".to_owned()
    }
}

/// The name of a role, as PostgreSQL keeps it.
struct Role(String);

impl Value for Role {
    fn read(raw: &Raw) -> Result<Self, String> {
        let role = plain_text(raw, "the name of a role")?;
        if role.len() > LONGEST_ROLE {
            return Err(format!("is too long for a role; write at most {LONGEST_ROLE} bytes"));
        }
        Ok(Self(role))
    }

    fn show(&self) -> String {
        quoted(&self.0)
    }
}

/// `[database]`.
pub struct Database {
    /// What the service connects with. Several hosts may be named.
    pub url: DatabaseUrl,
    /// The roots, in PEM, that the server's certificate is checked against; `None`: those of the machine.
    pub ca_file: Option<PathBuf>,
    /// What `migrate` connects with; `None`: `url`.
    pub owner_url: Option<DatabaseUrl>,
    /// The role that `migrate` grants what the service needs; `None`: nothing is granted.
    pub service_role: Option<String>,
    /// Connections kept by one instance; 1 to 1000.
    pub pool_size: usize,
    /// How long a request waits for a connection; 100 ms to 1 min.
    pub pool_wait: Duration,
    /// How long connecting may take; 100 ms to 1 min.
    pub connect_timeout: Duration,
    /// How long one statement may take; 100 ms to 1 min.
    pub statement_timeout: Duration,
}

impl Database {
    pub(super) fn read(section: &mut Section<'_>) -> Option<Self> {
        let url = section.required("url", r#"one like "postgres://tanager@127.0.0.1:5432/tanager""#);
        let ca_file = section.optional_file("ca_file");
        let owner_url = section.optional("owner_url");
        let service_role = section.optional("service_role").map(|Role(role)| role);
        let pool_size = section.within("pool_size", 16, 1..=MOST_CONNECTIONS);
        let pool_wait = section.within("pool_wait", Duration::from_secs(2), TENTH..=MINUTE);
        let connect_timeout = section.within("connect_timeout", Duration::from_secs(3), TENTH..=MINUTE);
        let statement_timeout = section.within("statement_timeout", Duration::from_secs(5), TENTH..=MINUTE);
        let url = url?;
        Some(Self { url, ca_file, owner_url, service_role, pool_size, pool_wait, connect_timeout, statement_timeout })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<DatabaseUrl, String> {
        DatabaseUrl::read(&Raw::Variable(text.to_owned()))
    }

    #[test]
    fn connection_strings_of_both_forms_are_taken() {
        for text in [
            "postgres://tanager@127.0.0.1:5432/tanager",
            "postgresql://t@a:5432,b:5433/t?target_session_attrs=read-write&sslmode=require",
            "host=/run/postgresql user=tanager dbname=tanager sslmode=disable",
            "postgres://t:p%40ss@%2Frun%2Fpostgresql/t?sslmode=prefer",
        ] {
            assert_eq!(read(text).map(|url| url.reveal().to_owned()).as_deref(), Ok(text));
        }
    }

    #[test]
    fn no_trouble_repeats_any_of_a_connection_string() {
        for text in [
            "postgres://t:hunter2@h:port/t",
            "postgres://t:x@h/t?hunter2=1",
            "host=h password=a hunter2=b",
            "host=h password='hunter2",
            "host=h sslmode=hunter2",
            "user=t password=hunter2",
            "hunter2",
        ] {
            let trouble = read(text).err().unwrap();
            assert!(!trouble.contains("hunter2"), "{trouble}");
        }
    }
}
