//! Where unpredictable bytes come from: handed in, never taken.

/// A generator of unpredictable bytes. The service hands in the operating system's; tests may hand in a seeded one.
pub trait Chance: Send + Sync {
    /// Fills `bytes` with output of an approved generator (NIST SP 800-63B-4; OWASP ASVS 6.5.3).
    fn fill(&self, bytes: &mut [u8]);
}

impl dyn Chance + '_ {
    /// `N` unpredictable bytes.
    #[must_use]
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.fill(&mut bytes);
        bytes
    }
}
