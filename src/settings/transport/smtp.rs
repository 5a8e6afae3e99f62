//! The keys of a transport that hands messages to a mail server.

mod mailbox;

use std::{net::IpAddr, path::PathBuf, time::Duration};

use url::Host;

pub use self::mailbox::NamedMailbox;
use super::super::{
    raw::Raw,
    secret::SecretSource,
    section::Section,
    value::{Named, Value, plain_text, quoted},
};

const MINUTE: Duration = Duration::from_mins(1);
/// More connections than any mail server admits from one client.
const MOST_CONNECTIONS: u16 = 1000;
/// The longest name that a host can have (RFC 1035 section 2.3.4).
const LONGEST_HOST: usize = 253;

/// How what is said to a mail server is kept from others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encryption {
    /// TLS after `STARTTLS` (RFC 3207); nothing is sent where it is not offered.
    StartTls,
    /// TLS from the first byte (RFC 8314).
    Tls,
    /// None at all; within this machine alone.
    None,
}

impl Encryption {
    /// The port that is usual for it.
    const fn port(self) -> u16 {
        match self {
            Self::StartTls => 587,
            Self::Tls => 465,
            Self::None => 25,
        }
    }
}

impl Named for Encryption {
    const NAMES: &'static [(&'static str, Self)] =
        &[("starttls", Self::StartTls), ("tls", Self::Tls), ("none", Self::None)];
}

/// The name or the address of a host.
#[derive(PartialEq)]
struct HostName(String);

impl Value for HostName {
    fn read(raw: &Raw) -> Result<Self, String> {
        let right = r#"a name or an address, like "mail.bank.example""#;
        let text = plain_text(raw, right)?;
        let bare = text.trim_start_matches('[').trim_end_matches(']');
        let host = match bare.parse::<IpAddr>() {
            Ok(address) => Some(address.to_string()),
            Err(_) => Host::parse(&text).ok().map(|host| host.to_string()),
        };
        let host = host.filter(|host| host.len() <= LONGEST_HOST);
        host.map(Self).ok_or_else(|| format!("is no host; write {right}"))
    }

    fn show(&self) -> String {
        quoted(&self.0)
    }
}

impl HostName {
    fn is_of_this_machine(&self) -> bool {
        self.0 == "localhost" || self.0.parse().is_ok_and(|ip: IpAddr| ip.to_canonical().is_loopback())
    }
}

/// As whom a mail server is spoken to.
pub struct MailLogin {
    /// The name there.
    pub username: String,
    /// What proves it.
    pub password: SecretSource,
}

/// A mail server, and what mails through it are like.
pub struct Smtp {
    /// Its host: a name, or a bare address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How what is said there is kept from others.
    pub encryption: Encryption,
    /// The certificates of the authorities that may vouch for it; `None`: the machine's own.
    pub ca_file: Option<PathBuf>,
    /// As whom; `None`: nobody asks.
    pub login: Option<MailLogin>,
    /// Whom mails are from.
    pub from: NamedMailbox,
    /// Who gets the replies; `None`: whom they are from.
    pub reply_to: Option<NamedMailbox>,
    /// What this machine is called there; `None`: by its own name.
    pub hello: Option<String>,
    /// Connections at once; 1 to 1000.
    pub connections: u16,
    /// How long a connection is kept that nobody needs; up to 10 min, nothing: none is kept.
    pub idle: Duration,
}

impl Smtp {
    /// `None` when what is required is missing or wrong; the trouble is noted then.
    pub(super) fn read(section: &mut Section<'_>) -> Option<Self> {
        let host: Option<HostName> = section.required("host", r#"the mail server, like "mail.bank.example""#);
        let encryption = section.or("encryption", Encryption::StartTls);
        if encryption == Encryption::None && host.as_ref().is_some_and(|host| !host.is_of_this_machine()) {
            let text =
                r#"sends TANs in clear, which is for a mail server on this machine alone; write "starttls" or "tls""#;
            section.trouble("encryption", text);
        }
        let port = section.within("port", encryption.port(), 1..=u16::MAX);
        let ca_file = section.optional_file("ca_file");
        let login = login(section);
        let from = section.required("from", r#"whom mails are from, like "Example Bank <tan@bank.example>""#);
        let reply_to = section.optional("reply_to");
        let hello = hello(section);
        let connections = section.within("connections", 8, 1..=MOST_CONNECTIONS);
        let idle = section.within("idle", Duration::from_secs(30), Duration::ZERO..=10 * MINUTE);
        let (HostName(host), from) = (host?, from?);
        Some(Self { host, port, encryption, ca_file, login, from, reply_to, hello, connections, idle })
    }

    /// What is allowed but doubtful.
    pub(super) fn warnings(&self) -> Vec<String> {
        let absent = self.ca_file.as_ref().filter(|file| !file.is_file());
        let absent = absent.map(|file| format!("ca_file: {} is no file.", file.display()));
        let unread = self.login.as_ref().and_then(|login| login.password.missing_file());
        let unread = unread.map(|file| format!("password_file: {} is no file.", file.display()));
        let vain = self.ca_file.is_some() && self.encryption == Encryption::None;
        let vain = vain.then(|| "ca_file has no effect without encryption.".to_owned());
        absent.into_iter().chain(unread).chain(vain).chain(self.other_port()).collect()
    }

    /// The usual port of the other way to TLS: there, each waits for the other to begin.
    fn other_port(&self) -> Option<String> {
        let other = match self.encryption {
            Encryption::StartTls => Encryption::Tls,
            Encryption::Tls => Encryption::StartTls,
            Encryption::None => return None,
        };
        let (port, other_name) = (self.port, other.show());
        (port == other.port()).then(|| format!("port {port} is usually that of encryption = {other_name}."))
    }
}

/// Both of them, or neither.
fn login(section: &mut Section<'_>) -> Option<MailLogin> {
    let username: Option<String> = section.optional("username");
    let password = SecretSource::optional(section, "password", "password_file");
    match (username, password) {
        (Some(username), Some(password)) => Some(MailLogin { username, password }),
        (Some(_), None) if !section.is_written("password") => {
            section.trouble("username", "has no password; write it, or password_file");
            None
        }
        (None, Some(_)) => {
            section.trouble("username", "is missing beside the password; write it");
            None
        }
        (Some(_) | None, None) => None,
    }
}

/// The name of a host, or an address in brackets (RFC 5321 section 4.1.1.1).
fn hello(section: &mut Section<'_>) -> Option<String> {
    let hello: String = section.optional("hello")?;
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-.:[]".contains(&byte);
    if hello.len() > LONGEST_HOST || !hello.bytes().all(allowed) {
        section.trouble("hello", r#"is no name of a host; write one like "tanager.bank.example""#);
    }
    Some(hello)
}
