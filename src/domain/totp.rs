//! Codes of an authenticator app (RFC 6238): SHA-1, six digits, thirty seconds, the one profile that every app reads.
//!
//! Says which steps a code belongs to, and never whether it is accepted: that a step counts once is the account's rule.

use std::{fmt, time::Duration};

use data_encoding::BASE32_NOPAD;
use subtle::ConstantTimeEq;
use totp_rs::{Algorithm, Builder, Secret};
use zeroize::Zeroizing;

use super::{
    chance::Chance,
    summary::cleaned,
    tan::{Candidate, TOTP_DIGITS},
    time::Timestamp,
};

/// How long a code is shown.
pub const STEP: Duration = Duration::from_secs(30);

/// The step that `now` is in: whole 30 seconds since 1970, rounded down.
#[must_use]
pub const fn step_of(now: Timestamp) -> i64 {
    now.as_seconds().div_euclid(STEP.as_secs().cast_signed())
}

/// What an app and this service share: 160 random bits, as RFC 4226 section 4 asks for. Compares in constant time; is
/// never printed.
#[derive(Clone)]
pub struct TotpSecret(Zeroizing<[u8; 20]>);

impl TotpSecret {
    /// A new one.
    #[must_use]
    pub fn generate(chance: &dyn Chance) -> Self {
        Self(Zeroizing::new(chance.bytes()))
    }

    /// One that was unsealed.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 20]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The bytes. For sealing only.
    #[must_use]
    pub fn reveal(&self) -> &[u8; 20] {
        &self.0
    }

    /// What a customer types who cannot scan: 32 characters of `A-Z2-7`.
    #[must_use]
    pub fn base32(&self) -> Zeroizing<String> {
        Zeroizing::new(BASE32_NOPAD.encode(&*self.0))
    }

    /// The steps, out of the present one, the one before and the one after, whose code the candidate is; ascending.
    /// Two steps can have one code. All three are computed and compared, in constant time, whichever it is.
    #[must_use]
    pub fn matching_steps(&self, candidate: &Candidate, now: Timestamp) -> Vec<i64> {
        let present = step_of(now);
        let compared = [present - 1, present, present + 1].map(|step| (step, self.has_code(step, candidate)));
        compared.into_iter().filter_map(|(step, is)| is.then_some(step)).collect()
    }

    /// Whether the candidate is the code of any of these steps. All are computed and compared, in constant time.
    #[must_use]
    pub fn is_code_of(&self, steps: &[i64], candidate: &Candidate) -> bool {
        steps.iter().filter(|step| self.has_code(**step, candidate)).count() > 0
    }

    fn has_code(&self, step: i64, candidate: &Candidate) -> bool {
        self.code(step).is_some_and(|code| candidate.answers(&code).into())
    }

    /// The code of a step; none before 1970.
    fn code(&self, step: i64) -> Option<Zeroizing<String>> {
        let seconds = u64::try_from(step).ok()?.checked_mul(STEP.as_secs())?;
        let profile = Builder::new()
            .with_algorithm(Algorithm::SHA1)
            .with_digits(u8::try_from(TOTP_DIGITS).ok()?)
            .with_step_duration(STEP.as_secs())
            .with_secret(Secret::new_stack(*self.0));
        // What `build` would check is fixed by the types and constants above.
        Some(Zeroizing::new(profile.build_noncompliant().generate(seconds).to_string()))
    }

    /// What an app reads from a QR code. The names are those under which it lists the account; neither can end its part
    /// of the label or begin a parameter.
    #[must_use]
    pub fn otpauth_uri(&self, issuer: &str, account: &str) -> Zeroizing<String> {
        let (issuer, account, secret) = (percent_encoded(issuer), percent_encoded(account), self.base32());
        let head = format!("otpauth://totp/{issuer}:{account}?secret=");
        let tail = format!("&issuer={issuer}&algorithm=SHA1&digits={TOTP_DIGITS}&period={}", STEP.as_secs());
        // As large as it becomes, so that no copy is left behind by growing.
        let mut uri = Zeroizing::new(String::with_capacity(head.len() + secret.len() + tail.len()));
        uri.push_str(&head);
        uri.push_str(&secret);
        uri.push_str(&tail);
        uri
    }
}

impl PartialEq for TotpSecret {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&*other.0).into()
    }
}

impl Eq for TotpSecret {}

impl fmt::Debug for TotpSecret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("TotpSecret(..)")
    }
}

/// Forms write a blank as `+`, which apps show as it stands; a `+` of the text is escaped already.
fn percent_encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20")
}

/// What a customer calls a device: one line of 1 to 64 characters that can all be seen. No secret.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DeviceName(String);

impl DeviceName {
    /// The longest name, in characters.
    pub const LONGEST: usize = 64;

    /// Reads a name exactly as written; `None` for one that would not be shown as it is ([`cleaned`]).
    #[must_use]
    pub fn parse(raw: &str) -> Option<Self> {
        let bounded = (1..=Self::LONGEST).contains(&raw.chars().count());
        (bounded && cleaned(raw) == raw).then(|| Self(raw.to_owned()))
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What a device is called that was given no name.
impl Default for DeviceName {
    fn default() -> Self {
        Self("default".to_owned())
    }
}

impl fmt::Display for DeviceName {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

#[cfg(test)]
pub(crate) mod tests;
