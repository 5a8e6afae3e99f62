//! Recovery codes: ten, each good once, for whoever has lost every other way. Like a TAN each is derived when it is
//! needed and never kept (architecture, idea 4); only which are used is.
//!
//! Says which code a candidate is, and changes nothing: that a used one is written down is the account's rule.

use data_encoding::BASE32_NOPAD;
use subtle::{Choice, ConditionallySelectable};
use zeroize::Zeroizing;

use super::{
    channel::BroughtBy,
    id::{AccountId, RecoverySetId},
    keys::{KeyError, KeyId, KeyRing},
    tan::{Candidate, RECOVERY_CHARACTERS},
    time::Timestamp,
};

/// How many codes a set has.
pub const CODES: usize = 10;
/// Stands where a TAN has its challenge's kind: no kind has this name, so no TAN and no code follow from the same.
const KIND: &[u8] = b"recovery";
/// What begins the 60 bits that 12 characters carry.
const BYTES: usize = 8;
/// Characters between two dashes, as a code is shown.
const GROUP: usize = 4;

/// The set of codes that an account has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecoveryCodes {
    /// Which set it is; a code follows from it.
    pub set: RecoverySetId,
    /// The key the codes are derived under.
    pub key: KeyId,
    /// The indices, out of 0 to 9, of those that were used; ascending.
    pub used: Vec<i64>,
    /// Since when they are in force.
    pub since: Timestamp,
    /// Who put them in force.
    pub brought_by: BroughtBy,
}

impl RecoveryCodes {
    /// All ten as they are shown, `xxxx-xxxx-xxxx`, used or not. For the one reply that hands them out.
    pub fn codes(&self, account: AccountId, ring: &KeyRing) -> Result<Vec<Zeroizing<String>>, KeyError> {
        indices().map(|index| Ok(as_shown(&self.code(account, ring, index)?))).collect()
    }

    /// One code without its dashes, 12 characters of `a-z2-7`: the first 60 bits of HMAC-SHA-256. `index` is 0 to 9.
    pub fn code(&self, account: AccountId, ring: &KeyRing, index: i64) -> Result<Zeroizing<String>, KeyError> {
        let mac = Zeroizing::new(ring.tan_mac(
            self.key,
            &[account.as_uuid().as_bytes(), self.set.as_uuid().as_bytes(), &index.to_be_bytes(), KIND],
        )?);
        let first = Zeroizing::new(mac.first_chunk::<BYTES>().copied().unwrap_or_default());
        let mut code = Zeroizing::new(BASE32_NOPAD.encode(&*first));
        code.truncate(RECOVERY_CHARACTERS);
        code.make_ascii_lowercase();
        Ok(code)
    }

    /// The unused code that the candidate is, by its index. All ten are computed and compared in constant time, whichever
    /// are used and whichever it is.
    pub fn matching(&self, account: AccountId, ring: &KeyRing, candidate: &Candidate) -> Result<Option<i64>, KeyError> {
        let mut found = -1;
        for index in indices() {
            let unused = Choice::from(u8::from(!self.used.contains(&index)));
            let is = candidate.answers(&self.code(account, ring, index)?);
            found.conditional_assign(&index, is & unused);
        }
        Ok((found >= 0).then_some(found))
    }

    /// How many are unused: the wire's `recovery_codes_left`.
    #[must_use]
    pub fn left(&self) -> usize {
        indices().filter(|index| !self.used.contains(index)).count()
    }
}

fn indices() -> impl Iterator<Item = i64> {
    (0..).take(CODES)
}

fn as_shown(code: &str) -> Zeroizing<String> {
    // As large as it becomes, so that no copy is left behind by growing.
    let mut shown = Zeroizing::new(String::with_capacity(code.len() + code.len() / GROUP));
    for (at, character) in code.chars().enumerate() {
        if at > 0 && at % GROUP == 0 {
            shown.push('-');
        }
        shown.push(character);
    }
    shown
}

#[cfg(test)]
mod tests;
