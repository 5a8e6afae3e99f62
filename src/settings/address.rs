//! Where the service listens, whom it talks to, and which web origins it knows.

use std::{fmt, net::SocketAddr, path::PathBuf};

use url::{Host, Url};

use super::{
    raw::Raw,
    value::{Value, plain_text, quoted},
};

/// What the path of a socket of the local domain may have in bytes (Linux, `unix(7)`: 108 with the NUL at its end).
const LONGEST_SOCKET_PATH: usize = 107;

/// Where a listener waits for connections.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Listen {
    /// An IP address and port, `127.0.0.1:9967`; port 0 takes a free one.
    Tcp(SocketAddr),
    /// A socket of the local domain, `unix:/run/tanager.sock`; the path is absolute.
    Unix(PathBuf),
}

impl Listen {
    /// Whether it is reached from this machine alone.
    #[must_use]
    pub fn is_of_this_machine(&self) -> bool {
        match self {
            Self::Tcp(address) => address.ip().to_canonical().is_loopback(),
            Self::Unix(_) => true,
        }
    }

    /// Whether two listeners cannot both have it.
    pub(super) fn clashes_with(&self, other: &Self) -> bool {
        let any_port = matches!(self, Self::Tcp(address) if address.port() == 0);
        self == other && !any_port
    }
}

impl fmt::Display for Listen {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => address.fmt(out),
            Self::Unix(path) => write!(out, "unix:{}", path.display()),
        }
    }
}

impl Value for Listen {
    fn read(raw: &Raw) -> Result<Self, String> {
        let right = r#"an IP address with a port, like "127.0.0.1:9967", or a socket, like "unix:/run/tanager.sock""#;
        let text = plain_text(raw, right)?;
        let Some(path) = text.strip_prefix("unix:") else {
            return text.parse().map(Self::Tcp).map_err(|_| format!("is no place to listen at; write {right}"));
        };
        let path = PathBuf::from(path);
        if !path.is_absolute() {
            return Err(format!("is not an absolute path; write {right}"));
        }
        if path.as_os_str().len() > LONGEST_SOCKET_PATH {
            return Err(format!("is too long for a socket; write at most {LONGEST_SOCKET_PATH} bytes"));
        }
        Ok(Self::Unix(path))
    }

    fn show(&self) -> String {
        quoted(&self.to_string())
    }
}

/// A web origin (RFC 6454): scheme, host and, unless it is the scheme's own, port. Written as browsers send it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Origin {
    serialized: String,
    host: String,
}

impl Origin {
    /// The origin as browsers send it, `https://bank.example`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.serialized
    }

    /// The host alone, `bank.example`: what closes the text of an SMS.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Whether the scheme is `https`.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.serialized.starts_with("https://")
    }
}

impl Value for Origin {
    fn read(raw: &Raw) -> Result<Self, String> {
        let right = r#"scheme and host (and port) alone, like "https://bank.example""#;
        let text = plain_text(raw, right)?;
        let url = Url::parse(&text).ok().filter(|url| ["http", "https"].contains(&url.scheme()));
        let url = url.ok_or_else(|| format!("is no web origin; write {right}"))?;
        let serialized = url.origin().ascii_serialization();
        if serialized != text {
            return Err(format!("is not how browsers write an origin; write {serialized:?}"));
        }
        let host = url.host_str().unwrap_or_default().to_owned();
        Ok(Self { serialized, host })
    }

    fn show(&self) -> String {
        quoted(&self.serialized)
    }
}

/// An `http` or `https` URL with a host, without credentials, query and fragment. `{username}` may stand in its path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpUrl(String);

impl HttpUrl {
    /// The URL without a slash at its end: what a path is put behind.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.trim_end_matches('/')
    }

    /// The URL as it was written: what is called as it stands.
    #[must_use]
    pub fn as_written(&self) -> &str {
        &self.0
    }

    /// Whether a credential can be sent there unread by others: over TLS, or within this machine.
    #[must_use]
    pub fn is_private(&self) -> bool {
        let url = Url::parse(&self.0.replace("{username}", "username")).ok();
        url.is_some_and(|url| {
            url.scheme() == "https"
                || match url.host() {
                    Some(Host::Domain(name)) => name == "localhost",
                    Some(Host::Ipv4(ip)) => ip.is_loopback(),
                    Some(Host::Ipv6(ip)) => ip.to_canonical().is_loopback(),
                    None => false,
                }
        })
    }

    /// Whether `{username}` stands in it.
    #[must_use]
    pub fn names_the_account(&self) -> bool {
        self.0.contains("{username}")
    }
}

impl Value for HttpUrl {
    fn read(raw: &Raw) -> Result<Self, String> {
        let right = r#"a URL without credentials, query and fragment, like "http://127.0.0.1:8081""#;
        let text = plain_text(raw, right)?;
        let url = Url::parse(&text.replace("{username}", "username")).ok();
        let well_formed = url.is_some_and(|url| {
            ["http", "https"].contains(&url.scheme())
                && url.username().is_empty()
                && url.password().is_none()
                && url.query().is_none()
                && url.fragment().is_none()
        });
        let account_in_host = text.split('/').nth(2).is_some_and(|authority| authority.contains('{'));
        if !well_formed || account_in_host {
            return Err(format!("cannot be called; write {right}"));
        }
        Ok(Self(text))
    }

    fn show(&self) -> String {
        quoted(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read<T: Value>(text: &str) -> Result<T, String> {
        T::read(&Raw::Variable(text.to_owned()))
    }

    #[test]
    fn a_listener_is_an_ip_address_or_an_absolute_socket() {
        assert_eq!(read("[::1]:80"), Ok(Listen::Tcp("[::1]:80".parse().unwrap())));
        assert_eq!(read("unix:/run/t.sock"), Ok(Listen::Unix(PathBuf::from("/run/t.sock"))));
        for text in ["", "localhost:80", "127.0.0.1", "unix:t.sock", "unix:", &format!("unix:/{}", "x".repeat(107))] {
            assert!(read::<Listen>(text).is_err(), "{text}");
        }
    }

    #[test]
    fn an_origin_is_scheme_host_and_port_alone() {
        for (text, host) in [
            ("https://bank.example", "bank.example"),
            ("https://bank.example:8443", "bank.example"),
            ("http://127.0.0.1:8080", "127.0.0.1"),
        ] {
            assert_eq!(read::<Origin>(text).unwrap().host(), host);
        }
        for text in ["*", "null", "bank.example", "ftp://bank.example", "https://", "https:"] {
            assert!(read::<Origin>(text).is_err(), "{text}");
        }
        for text in
            ["https://bank.example/", "https://bank.example:443", "https://Bank.Example", "https://u@bank.example"]
        {
            let trouble = read::<Origin>(text).unwrap_err();
            assert!(trouble.contains(r#"write "https://bank.example""#), "{text}: {trouble}");
        }
    }

    #[test]
    fn a_url_that_is_called_has_a_host_and_no_credentials() {
        let url = read::<HttpUrl>("http://core:8081/ask/").unwrap();
        assert_eq!((url.as_str(), url.as_written()), ("http://core:8081/ask", "http://core:8081/ask/"));
        assert!(read::<HttpUrl>("https://core/accounts/{username}").unwrap().names_the_account());
        for text in
            ["core:8081", "http://", "http://u:p@core", "http://core?x=1", "http://core/#a", "http://{username}"]
        {
            assert!(read::<HttpUrl>(text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_goes_over_tls_or_stays_on_this_machine_is_private() {
        for (text, private) in [
            ("https://core/{username}", true),
            ("http://127.9.9.9:80/", true),
            ("http://[::1]/", true),
            ("http://localhost:8081", true),
            ("http://core", false),
            ("http://127.0.0.1.core.example", false),
            ("http://localhost.core.example", false),
            ("http://10.0.0.1", false),
        ] {
            assert_eq!(read::<HttpUrl>(text).unwrap().is_private(), private, "{text}");
        }
    }
}
