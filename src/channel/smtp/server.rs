//! The mail server, and the way to it.

use std::{net::IpAddr, sync::Arc};

use rustls::{ClientConfig, pki_types::ServerName};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpStream, lookup_host},
    time::{Instant, timeout_at},
};
use tokio_rustls::TlsConnector;
use zeroize::Zeroizing;

use super::trouble::{Cause, Stage, Trouble};

/// How what is said to a mail server is kept from others. There is none that tries TLS and goes on without.
pub enum MailEncryption {
    /// TLS after `STARTTLS` (RFC 3207); nothing is sent where it is not offered.
    StartTls(Arc<ClientConfig>),
    /// TLS from the first byte (RFC 8314).
    Tls(Arc<ClientConfig>),
    /// None at all; connections leave this machine in no case then.
    None,
}

/// As whom a mail server is spoken to.
pub struct MailLogin {
    /// The name there; no NUL in it.
    pub username: String,
    /// What proves it; no NUL in it.
    pub password: Zeroizing<String>,
}

/// A mail server. Not printable: it holds a credential.
pub struct MailServer {
    /// Its host: a name, which its certificate has to prove, or an address without brackets.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How what is said there is kept from others.
    pub encryption: MailEncryption,
    /// As whom; `None`: it is not told.
    pub login: Option<MailLogin>,
    /// What this machine is called there: a domain, or an address in brackets; `None`: its own name where that is a domain,
    /// its address otherwise.
    pub hello: Option<String>,
}

/// Bytes both ways.
pub(super) trait Wire: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Wire for T {}

impl MailServer {
    /// A connection without TLS, and what this machine is called on it.
    pub(super) async fn connect(&self, deadline: Instant) -> Result<(TcpStream, String), Trouble> {
        let connected = within(deadline, Stage::Connecting, self.reach(deadline)).await?;
        let private = connected.peer_addr().is_ok_and(|peer| peer.ip().to_canonical().is_loopback());
        if matches!(self.encryption, MailEncryption::None) && !private {
            let cause = Cause::Lacks("encryption = \"none\" is for a mail server on this machine, and this one is not");
            return Err(Trouble::new(Stage::Connecting, cause));
        }
        let name = self.hello.clone().or_else(own_name).unwrap_or_else(|| literal(&connected));
        Ok((connected, name))
    }

    /// Tries its addresses, each for its share of the time: one that swallows everything does not take it all.
    async fn reach(&self, deadline: Instant) -> Result<TcpStream, Cause> {
        let mut addresses: Vec<_> = lookup_host((&*self.host, self.port)).await?.collect();
        addresses.dedup();
        let mut left = u32::try_from(addresses.len()).unwrap_or(u32::MAX);
        let mut last = Cause::Lacks("its name has no address: check host");
        for address in addresses {
            let share = (deadline - Instant::now()) / left.max(1);
            left = left.saturating_sub(1);
            match timeout_at(Instant::now() + share, TcpStream::connect(address)).await {
                Ok(Ok(stream)) => {
                    stream.set_nodelay(true)?;
                    return Ok(stream);
                }
                Ok(Err(error)) => last = Cause::Broken(error),
                Err(_) => last = Cause::TimedOut,
            }
        }
        Err(last)
    }

    /// TLS over `stream`; the certificate has to be the host's.
    pub(super) async fn encrypt(
        &self,
        tls: &Arc<ClientConfig>,
        stream: impl Wire + 'static,
        deadline: Instant,
    ) -> Result<Box<dyn Wire>, Trouble> {
        let named = ServerName::try_from(self.host.clone());
        let name = named.map_err(|_| {
            Trouble::new(Stage::Encrypting, Cause::Lacks("its name is none that a certificate can prove: check host"))
        })?;
        let connector = TlsConnector::from(Arc::clone(tls));
        let handshake = async { Ok(connector.connect(name, stream).await?) };
        Ok(Box::new(within(deadline, Stage::Encrypting, handshake).await?))
    }
}

/// The name of this machine, where it is a whole one.
fn own_name() -> Option<String> {
    let name = rustix::system::uname().nodename().to_string_lossy().into_owned();
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.';
    (name.contains('.') && name.bytes().all(allowed)).then_some(name)
}

/// The address of this end in brackets (RFC 5321 section 4.1.3).
fn literal(stream: &TcpStream) -> String {
    match stream.local_addr().map(|here| here.ip().to_canonical()) {
        Ok(IpAddr::V6(address)) => format!("[IPv6:{address}]"),
        Ok(IpAddr::V4(address)) => format!("[{address}]"),
        Err(_) => "[127.0.0.1]".to_owned(),
    }
}

/// What `step` comes to, if it does before `deadline`.
pub(super) async fn within<T>(
    deadline: Instant,
    stage: Stage,
    step: impl Future<Output = Result<T, Cause>>,
) -> Result<T, Trouble> {
    let done = timeout_at(deadline, step).await.unwrap_or(Err(Cause::TimedOut));
    done.map_err(|cause| Trouble::new(stage, cause))
}
