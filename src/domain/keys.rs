//! The key ring: one secret a key, one derived key for each purpose (HKDF, RFC 5869).
//!
//! What a key has sealed or derived names the key's id, so that a ring with several keys opens the old while the
//! active one makes the new.

use std::fmt;

use chacha20poly1305::{
    XChaCha20Poly1305, XNonce,
    aead::{Aead, KeyInit, Payload},
};
use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::chance::Chance;

const NONCE: usize = 24;
/// A key's id, then the nonce, then what the AEAD made.
const HEAD: usize = 2 + NONCE;

/// The id of a key: small, never reused, no secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId(pub u16);

impl fmt::Display for KeyId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(out)
    }
}

/// Why a ring cannot serve.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The ring does not hold that key.
    #[error("the key ring has no key {0}")]
    Missing(KeyId),
    /// Two keys have one id, or the active id is not among them.
    #[error("the key ring names a key twice, or its active key is not in it")]
    Malformed,
    /// What was sealed was changed, belongs elsewhere, or is no sealed text at all.
    #[error("a sealed value does not open: it was changed, or belongs to another place")]
    NotGenuine,
}

type Derived = Zeroizing<[u8; 32]>;

/// One secret and what is derived from it.
struct Key {
    id: KeyId,
    tan: Derived,
    ticket: Derived,
    seal: Derived,
    look_up: Derived,
    audit: Derived,
    checkpoint: Derived,
    fingerprint: [u8; 32],
}

impl Key {
    fn derive(id: KeyId, secret: &[u8; 32]) -> Self {
        let hkdf = Hkdf::<Sha256>::new(None, secret);
        let derive = |purpose: &[u8]| {
            let mut key = Zeroizing::new([0; 32]);
            // 32 bytes are always within what HKDF-SHA-256 can expand to; were they not, the key would stay zero and
            // `fingerprint` would not match the database's.
            let _ = hkdf.expand_multi_info(&[b"tanager-v1/", purpose], &mut *key);
            key
        };
        Self {
            id,
            tan: derive(b"tan"),
            ticket: derive(b"ticket"),
            seal: derive(b"seal"),
            look_up: derive(b"look-up"),
            audit: derive(b"audit"),
            checkpoint: derive(b"checkpoint"),
            fingerprint: *derive(b"fingerprint"),
        }
    }
}

/// The keys of one service, one of them active. Holds secrets: no `Debug`, no `Clone`.
pub struct KeyRing {
    keys: Vec<Key>,
    active: KeyId,
}

/// What a value is sealed for: the table, the column, the row and the account (architecture, idea 5). A value that is
/// moved to another place does not open there.
pub struct Place<'a> {
    /// `table.column`, or the name of what a client carries.
    pub column: &'static str,
    /// The ids that name the row, and the account.
    pub row: &'a [&'a [u8]],
}

impl Place<'_> {
    fn associated_data(&self, key: KeyId) -> Vec<u8> {
        let mut data = key.0.to_be_bytes().to_vec();
        framed(&mut data, self.column.as_bytes());
        for part in self.row {
            framed(&mut data, part);
        }
        data
    }
}

/// Appends `part` behind its length as u32 big-endian, so that no two lists of parts have the same bytes.
pub(super) fn framed(out: &mut Vec<u8>, part: &[u8]) {
    out.extend_from_slice(&u32::try_from(part.len()).unwrap_or(u32::MAX).to_be_bytes());
    out.extend_from_slice(part);
}

impl KeyRing {
    /// A ring of these secrets, with the active one's id.
    pub fn new(secrets: &[(KeyId, Zeroizing<[u8; 32]>)], active: KeyId) -> Result<Self, KeyError> {
        let keys: Vec<Key> = secrets.iter().map(|(id, secret)| Key::derive(*id, secret)).collect();
        let mut ids: Vec<KeyId> = keys.iter().map(|key| key.id).collect();
        ids.sort_unstable();
        ids.dedup();
        if ids.len() != keys.len() || !ids.contains(&active) {
            return Err(KeyError::Malformed);
        }
        Ok(Self { keys, active })
    }

    /// The key that makes what is new.
    #[must_use]
    pub const fn active(&self) -> KeyId {
        self.active
    }

    /// Every key's id and fingerprint, for the database to know them by. A fingerprint tells nothing about its key.
    pub fn fingerprints(&self) -> impl Iterator<Item = (KeyId, [u8; 32])> + '_ {
        self.keys.iter().map(|key| (key.id, key.fingerprint))
    }

    fn key(&self, id: KeyId) -> Result<&Key, KeyError> {
        self.keys.iter().find(|key| key.id == id).ok_or(KeyError::Missing(id))
    }

    /// Seals `clear` for `place` under the active key (XChaCha20-Poly1305, random nonce).
    pub fn seal(&self, place: &Place<'_>, clear: &[u8], chance: &dyn Chance) -> Result<Vec<u8>, KeyError> {
        self.encrypt(&self.key(self.active)?.seal, place, clear, chance)
    }

    /// Opens what [`Self::seal`] made for the same place.
    pub fn open(&self, place: &Place<'_>, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        self.decrypt(|key| &key.seal, place, sealed)
    }

    /// Seals what a client carries and cannot read: a ticket, an id. What is sealed as one thing opens as no other.
    pub(super) fn seal_carried(
        &self,
        carried: Carried,
        clear: &[u8],
        chance: &dyn Chance,
    ) -> Result<Vec<u8>, KeyError> {
        self.encrypt(&self.key(self.active)?.ticket, &carried.place(), clear, chance)
    }

    /// Opens what [`Self::seal_carried`] made of the same thing.
    pub(super) fn open_carried(&self, carried: Carried, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        self.decrypt(|key| &key.ticket, &carried.place(), sealed)
    }

    fn encrypt(
        &self,
        key: &Derived,
        place: &Place<'_>,
        clear: &[u8],
        chance: &dyn Chance,
    ) -> Result<Vec<u8>, KeyError> {
        let nonce = chance.bytes::<NONCE>();
        let associated = place.associated_data(self.active);
        let made = XChaCha20Poly1305::new((&**key).into())
            .encrypt(&XNonce::from(nonce), Payload { msg: clear, aad: &associated })
            .map_err(|_| KeyError::NotGenuine)?;
        let mut sealed = self.active.0.to_be_bytes().to_vec();
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(&made);
        Ok(sealed)
    }

    fn decrypt(
        &self,
        purpose: impl Fn(&Key) -> &Derived,
        place: &Place<'_>,
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        let (head, made) = sealed.split_at_checked(HEAD).ok_or(KeyError::NotGenuine)?;
        let (id, nonce) = head.split_at_checked(2).ok_or(KeyError::NotGenuine)?;
        let id = KeyId(u16::from_be_bytes(id.try_into().map_err(|_| KeyError::NotGenuine)?));
        let nonce: [u8; NONCE] = nonce.try_into().map_err(|_| KeyError::NotGenuine)?;
        let associated = place.associated_data(id);
        XChaCha20Poly1305::new((&**purpose(self.key(id)?)).into())
            .decrypt(&XNonce::from(nonce), Payload { msg: made, aad: &associated })
            .map(Zeroizing::new)
            .map_err(|_| KeyError::NotGenuine)
    }

    /// HMAC-SHA-256 under a key's TAN key, over `parts`, each behind its length.
    pub(super) fn tan_mac(&self, id: KeyId, parts: &[&[u8]]) -> Result<[u8; 32], KeyError> {
        mac(&self.key(id)?.tan, parts)
    }

    /// HMAC-SHA-256 under a key's audit key, over `parts`, each behind its length.
    pub(super) fn audit_mac(&self, id: KeyId, parts: &[&[u8]]) -> Result<[u8; 32], KeyError> {
        mac(&self.key(id)?.audit, parts)
    }

    /// HMAC-SHA-256 under a key's checkpoint key, over `parts`, each behind its length.
    pub(super) fn checkpoint_mac(&self, id: KeyId, parts: &[&[u8]]) -> Result<[u8; 32], KeyError> {
        mac(&self.key(id)?.checkpoint, parts)
    }

    /// A keyed hash, by which something is found again without being kept in clear. Under the oldest key of the ring, so
    /// that what was counted or closed is still found when another key becomes active.
    pub fn look_up(&self, what: &'static str, value: &[u8]) -> Result<[u8; 32], KeyError> {
        let oldest = self.keys.iter().min_by_key(|key| key.id).ok_or(KeyError::Malformed)?;
        mac(&oldest.look_up, &[what.as_bytes(), value])
    }
}

/// What a client carries sealed.
#[derive(Clone, Copy, Debug)]
pub(super) enum Carried {
    /// An operation ticket.
    Ticket,
    /// The id of one of Taler's challenges.
    TalerId,
    /// The id of a hold on a token.
    Reservation,
}

impl Carried {
    const fn place(self) -> Place<'static> {
        let column = match self {
            Self::Ticket => "ticket",
            Self::TalerId => "taler-id",
            Self::Reservation => "reservation",
        };
        Place { column, row: &[] }
    }
}

fn mac(key: &Derived, parts: &[&[u8]]) -> Result<[u8; 32], KeyError> {
    let mut message = Zeroizing::new(Vec::new());
    for part in parts {
        framed(&mut message, part);
    }
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(&**key).map_err(|_| KeyError::Malformed)?;
    mac.update(&message);
    Ok(mac.finalize().into_bytes().into())
}

#[cfg(test)]
pub(crate) mod tests;
