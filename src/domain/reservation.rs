//! The id of a reservation as a bank core carries it (`api.md` section 6b): sealed, so that it finds its account without
//! an index of its own, and serves its holder alone.

use data_encoding::BASE64URL_NOPAD;
use uuid::Uuid;

use super::{
    chance::Chance,
    id::{AccessTokenId, ChallengeId, ReservationId},
    keys::{Carried, KeyError, KeyRing},
    username::Username,
};

/// What such an id says; only the service can read it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldToken {
    /// The access token of the bank core that holds.
    pub holder: AccessTokenId,
    /// Whose token is held.
    pub username: Username,
    /// The challenge that yielded it.
    pub challenge: ChallengeId,
    /// Which hold.
    pub reservation: ReservationId,
}

impl HeldToken {
    /// The sealed text: url-safe.
    pub fn seal(&self, ring: &KeyRing, chance: &dyn Chance) -> Result<String, KeyError> {
        let mut clear = Vec::new();
        for id in [self.holder.as_uuid(), self.challenge.as_uuid(), self.reservation.as_uuid()] {
            clear.extend_from_slice(id.as_bytes());
        }
        clear.extend_from_slice(self.username.as_str().as_bytes());
        Ok(BASE64URL_NOPAD.encode(&ring.seal_carried(Carried::Reservation, &clear, chance)?))
    }

    /// Opens an id; `None` when it was changed, made elsewhere, or is none.
    #[must_use]
    pub fn open(raw: &str, ring: &KeyRing) -> Option<Self> {
        let clear = ring.open_carried(Carried::Reservation, &BASE64URL_NOPAD.decode(raw.as_bytes()).ok()?).ok()?;
        let (holder, rest) = clear.split_first_chunk::<16>()?;
        let (challenge, rest) = rest.split_first_chunk::<16>()?;
        let (reservation, username) = rest.split_first_chunk::<16>()?;
        Some(Self {
            holder: AccessTokenId::from_uuid(Uuid::from_bytes(*holder)),
            challenge: ChallengeId::from_uuid(Uuid::from_bytes(*challenge)),
            reservation: ReservationId::from_uuid(Uuid::from_bytes(*reservation)),
            username: Username::parse(std::str::from_utf8(username).ok()?).ok()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::{
        keys::tests::{Fixed, ring},
        testing::sealed::{no_bytes_open, only_itself_opens},
        time::Timestamp,
    };

    #[test]
    fn an_id_opens_to_what_was_sealed_and_a_changed_one_to_nothing() {
        let now = Timestamp::from_seconds(1);
        let held = HeldToken {
            holder: AccessTokenId::new(now, &Fixed(1)),
            username: Username::parse("alice").unwrap(),
            challenge: ChallengeId::new(now, &Fixed(2)),
            reservation: ReservationId::new(now, &Fixed(3)),
        };
        let sealed = held.seal(&ring(), &Fixed(8)).unwrap();
        assert_eq!(HeldToken::open(&sealed, &ring()), Some(held));
        for at in 0..sealed.len() {
            let mut changed = sealed.clone().into_bytes();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            assert_eq!(HeldToken::open(&String::from_utf8(changed).unwrap(), &ring()), None, "character {at}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4))]

        #[test]
        fn an_id_is_sealed_whole_and_no_bit_of_it_can_be_turned(
            ids in any::<[[u8; 16]; 3]>(), name in "[a-z~]{1,126}", nonce in any::<u8>(),
        ) {
            let [holder, challenge, reservation] = ids.map(Uuid::from_bytes);
            let held = HeldToken {
                holder: AccessTokenId::from_uuid(holder),
                username: Username::parse(&name).unwrap(),
                challenge: ChallengeId::from_uuid(challenge),
                reservation: ReservationId::from_uuid(reservation),
            };
            let sealed = held.seal(&ring(), &Fixed(nonce)).unwrap();
            prop_assert_eq!(HeldToken::open(&sealed, &ring()), Some(held));
            only_itself_opens(&sealed, |changed| HeldToken::open(changed, &ring()).is_some())?;
        }
    }

    proptest! {
        #[test]
        fn no_bytes_that_were_not_sealed_here_are_an_id(bytes in no_bytes_open()) {
            prop_assert_eq!(HeldToken::open(&bytes, &ring()), None);
        }
    }
}
