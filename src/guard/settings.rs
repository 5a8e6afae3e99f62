//! What a guard has to be told.

use std::time::Duration;

use zeroize::Zeroizing;

/// How an access token begins (RFC 8959).
const SECRET_TOKEN: &str = "secret-token:";
/// How long Tanager may take to answer when nothing else is said.
const USUAL_TIMEOUT: Duration = Duration::from_secs(5);

/// What a [`Guard`](super::Guard) has to be told.
pub struct GuardSettings {
    /// Where Tanager's API is: an `http` or `https` URL without a query, like `http://127.0.0.1:9967`. It is called with
    /// the service token, so use `https` unless both are on one machine. Redirects are not followed, no proxy is used,
    /// and certificates are checked against the machine's roots.
    pub tanager: String,
    /// An access token of scope `service`.
    pub token: ServiceToken,
    /// How long Tanager may take to answer one call; more than zero. When it is over, the request is refused with 503 and
    /// the handler does not run.
    pub timeout: Duration,
}

impl GuardSettings {
    /// The settings with a timeout of 5 s.
    pub fn new(tanager: impl Into<String>, token: ServiceToken) -> Self {
        Self { tanager: tanager.into(), token, timeout: USUAL_TIMEOUT }
    }
}

/// An access token of scope `service`. It cannot be printed, cloned or compared, and is wiped when dropped.
pub struct ServiceToken(Zeroizing<String>);

impl ServiceToken {
    /// Reads a token as `tanager token create --scope service` prints it: `secret-token:` and visible characters. Blanks
    /// around it, as a file may have them, are cut.
    pub fn parse(text: &str) -> Result<Self, GuardError> {
        let text = text.trim();
        let secret = text.strip_prefix(SECRET_TOKEN).unwrap_or_default();
        let well_formed = !secret.is_empty() && secret.bytes().all(|byte| byte.is_ascii_graphic());
        if well_formed { Ok(Self(Zeroizing::new(text.to_owned()))) } else { Err(GuardError::Token) }
    }

    /// The token in clear, for the `Authorization` header alone.
    pub(super) fn reveal(&self) -> &str {
        &self.0
    }
}

/// Why a guard cannot be made. Names no secret.
#[derive(Debug, thiserror::Error)]
pub enum GuardError {
    /// The address is none that can be called.
    #[error("the address of Tanager must be an http or https URL without a query, like \"http://127.0.0.1:9967\"")]
    Address,
    /// The token is none.
    #[error("a service token must be \"secret-token:\" and visible characters")]
    Token,
    /// The timeout is zero.
    #[error("the timeout of a guard must be more than zero")]
    Timeout,
    /// TLS cannot be set up.
    #[error("TLS to Tanager cannot be set up")]
    Tls(#[source] rustls::Error),
    /// The machine has no root certificates, and the address is an `https` one.
    #[error("the machine has no root certificates to check Tanager's against")]
    NoRoots,
    /// The client cannot be made.
    #[error("the client for Tanager cannot be made")]
    Client(#[source] reqwest::Error),
}
