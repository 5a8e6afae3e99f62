//! Ids: `UUIDv7` (RFC 9562), so that what is young stands together in an index and a partition is found by id alone.

use std::fmt;

use uuid::Uuid;

use super::{chance::Chance, time::Timestamp};

/// A `UUIDv7` of that moment.
fn uuid_at(now: Timestamp, chance: &dyn Chance) -> Uuid {
    uuid::Builder::from_unix_timestamp_millis(now.as_unix_millis(), &chance.bytes()).into_uuid()
}

/// The smallest `UUIDv7` of that moment: every id made from then on is greater.
#[must_use]
pub fn first_uuid_of(moment: Timestamp) -> Uuid {
    let millis = moment.as_unix_millis().to_be_bytes();
    let mut bytes = [0; 16];
    for (to, from) in bytes.iter_mut().zip(millis.iter().skip(2)) {
        *to = *from;
    }
    Uuid::from_bytes(bytes)
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Uuid);

        impl $name {
            /// A new id, made at `now`.
            #[must_use]
            pub fn new(now: Timestamp, chance: &dyn Chance) -> Self {
                Self(uuid_at(now, chance))
            }

            /// The id that a row or a request names.
            #[must_use]
            pub const fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// Reads the hyphenated form, as the service writes it; `None` for any other text.
            #[must_use]
            pub fn parse(raw: &str) -> Option<Self> {
                (raw.len() == 36).then(|| Uuid::try_parse(raw).ok()).flatten().map(Self)
            }

            /// The bare UUID, for rows and for keyed digests.
            #[must_use]
            pub const fn as_uuid(self) -> Uuid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(out)
            }
        }
    };
}

id!(
    /// An account, for ever; the username is its name towards the world.
    AccountId
);
id!(
    /// A challenge: the wire's `challenge_id`.
    ChallengeId
);
id!(
    /// One sending of a TAN; a repeat after a crash has the same.
    TransmissionId
);
id!(
    /// An access token: the wire's `token_id`.
    AccessTokenId
);
id!(
    /// A reservation of a one-shot token by one operation.
    ReservationId
);
id!(
    /// One set of recovery codes; the next set has another, and so has other codes.
    RecoverySetId
);

impl AccessTokenId {
    /// Whether it is of a token that this service made: those of another's credentials are no `UUIDv7`.
    #[must_use]
    pub fn is_local(self) -> bool {
        self.0.get_version_num() == 7
    }
}

impl ReservationId {
    /// The hold of an enrolment on the token that paid for it.
    #[must_use]
    pub const fn of_enrolment(challenge: ChallengeId) -> Self {
        Self(challenge.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Fixed;
    impl Chance for Fixed {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(7);
        }
    }

    #[test]
    fn ids_sort_by_the_moment_they_were_made() {
        let early = ChallengeId::new(Timestamp::from_seconds(1_000), &Fixed);
        let late = ChallengeId::new(Timestamp::from_seconds(1_001), &Fixed);
        assert!(early < late);
        assert!(first_uuid_of(Timestamp::from_seconds(1_001)) < late.as_uuid());
        assert!(first_uuid_of(Timestamp::from_seconds(1_001)) > early.as_uuid());
        assert_eq!(early.as_uuid().get_version_num(), 7);
    }

    #[test]
    fn only_the_written_form_is_an_id() {
        let id = ChallengeId::new(Timestamp::from_seconds(1), &Fixed);
        assert_eq!(ChallengeId::parse(&id.to_string()), Some(id));
        for raw in ["", "x", "{0190a6d0-0000-7000-8000-000000000000}", "0190a6d0000070008000000000000000"] {
            assert_eq!(ChallengeId::parse(raw), None, "{raw}");
        }
    }
}
