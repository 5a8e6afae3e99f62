//! Chance, handed in: the operating system's generator.

use rand::Rng;

use crate::domain::chance::Chance;

/// The thread's generator, seeded and re-seeded by the operating system (a CSPRNG as OWASP ASVS 6.5.3 asks).
pub struct SystemChance;

impl Chance for SystemChance {
    #[expect(clippy::disallowed_methods, reason = "this is the one place where chance comes from")]
    fn fill(&self, bytes: &mut [u8]) {
        rand::rng().fill_bytes(bytes);
    }
}
