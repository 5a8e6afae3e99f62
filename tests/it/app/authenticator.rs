//! An authenticator app, as a customer has it on a telephone: it knows what the reply of its enrolment said, and the time.

use totp_rs::{Algorithm, Builder};

/// An app that was set up with a secret.
pub struct Authenticator([u8; 20]);

impl Authenticator {
    /// Set up with the secret that the customer types: `secret` of the reply.
    pub fn from_secret(base32: &str) -> Self {
        let bytes = data_encoding::BASE32_NOPAD.decode(base32.as_bytes()).expect("a secret in base32");
        Self(bytes.try_into().expect("a secret of 160 bits"))
    }

    /// The code that it shows then, in seconds since 1970.
    pub fn code_at(&self, seconds: i64) -> String {
        let profile =
            Builder::new().with_algorithm(Algorithm::SHA1).with_digits(6).with_step_duration(30).with_secret(self.0);
        profile.build().expect("the usual profile").generate(seconds.try_into().expect("after 1970")).to_string()
    }
}
