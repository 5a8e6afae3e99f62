//! The audit trail: what is written of each transition, and how the events of an account are chained.

use super::{
    id::{AccountId, ChallengeId},
    keys::{KeyError, KeyId, KeyRing},
    time::Timestamp,
};

macro_rules! event_kinds {
    ($($(#[$doc:meta])* $kind:ident = $name:literal,)*) => {
        /// What happened. The names are those of the database and of the wire.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum EventKind {
            $($(#[$doc])* $kind,)*
        }

        impl EventKind {
            /// Every kind.
            pub const ALL: &[Self] = &[$(Self::$kind),*];

            /// The name in the database and on the wire.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$kind => $name,)*
                }
            }

            /// The kind of that name; `None` when there is none.
            #[must_use]
            pub fn named(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|kind| kind.name() == name)
            }
        }
    };
}

event_kinds! {
    /// An account was made.
    AccountCreated = "account.created",
    /// An account's contact data or language was changed.
    AccountChanged = "account.changed",
    /// An account was deleted.
    AccountDeleted = "account.deleted",
    /// A block began.
    AccountBlocked = "account.blocked",
    /// The customer is near a block that only an operator ends.
    AccountWarned = "account.warned",
    /// An operator ended all blocks and counts.
    AccountUnblocked = "account.unblocked",
    /// A new address or device is to be proven.
    ChannelPending = "channel.pending",
    /// An address or a device became active.
    ChannelActivated = "channel.activated",
    /// A channel was removed.
    ChannelRemoved = "channel.removed",
    /// Recovery codes were made; those before them are dead.
    RecoveryCodesMade = "recovery.made",
    /// A recovery code was used.
    RecoveryCodeUsed = "recovery.used",
    /// A challenge was requested and, where one is, a sending begun.
    ChallengeRequested = "challenge.requested",
    /// A further sending was begun.
    ChallengeRetransmitted = "challenge.retransmitted",
    /// A message was handed over.
    TransmissionSent = "transmission.sent",
    /// A message could not be handed over.
    TransmissionFailed = "transmission.failed",
    /// A sending whose holder died was taken over.
    TransmissionTakenOver = "transmission.taken_over",
    /// The customer is to be told of something.
    NoticePosted = "notice.posted",
    /// He was.
    NoticeSent = "notice.sent",
    /// He could not be told, and nobody tries any more.
    NoticeFailed = "notice.failed",
    /// A wrong TAN.
    ChallengeWrong = "challenge.wrong",
    /// The last wrong try that the TAN stood.
    ChallengeExhausted = "challenge.exhausted",
    /// The right TAN.
    ChallengeSolved = "challenge.solved",
    /// The customer ended a challenge.
    ChallengeAborted = "challenge.aborted",
    /// Something else ended a challenge or its token.
    ChallengeVoided = "challenge.voided",
    /// An operation holds a token.
    TokenReserved = "token.reserved",
    /// An operation succeeded.
    TokenSpent = "token.spent",
    /// An operation certainly had no effect.
    TokenReleased = "token.released",
    /// The outcome of an operation is not known.
    TokenUnsettled = "token.unsettled",
    /// The holder of a token said nothing until its lease ran out.
    TokenLapsed = "token.lapsed",
    /// A bound token came with another operation.
    TokenMismatched = "token.mismatched",
    /// A limit refused something.
    LimitRefused = "limit.refused",
    /// How often it has done so since.
    LimitRepeated = "limit.repeated",
    /// A prefix was closed: too few of its messages were solved.
    PrefixClosed = "prefix.closed",
    /// A prefix was opened again.
    PrefixOpened = "prefix.opened",
    /// An access token was made.
    SessionOpened = "session.opened",
    /// An access token was ended.
    SessionClosed = "session.closed",
    /// A session proved itself with a one-shot token.
    SessionSteppedUp = "session.stepped_up",
    /// The service was started.
    ServiceStarted = "service.started",
    /// The database's schema was brought up to date.
    SchemaMigrated = "schema.migrated",
    /// Accounts were imported from a file.
    AccountsImported = "accounts.imported",
    /// What was closed longer ago than is kept was removed.
    RetentionSwept = "retention.swept",
    /// The ends of chains were written to a file outside of the database.
    TrailCheckpointed = "trail.checkpointed",
}

/// One event that a transition will write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// What happened.
    pub kind: EventKind,
    /// Which challenge it concerns.
    pub challenge: Option<ChallengeId>,
    /// More about it, by name. Never a TAN, a token or an address in clear.
    pub details: Vec<(&'static str, String)>,
}

impl Event {
    /// An event without more to say.
    #[must_use]
    pub const fn of(kind: EventKind) -> Self {
        Self { kind, challenge: None, details: Vec::new() }
    }

    /// The same, about a challenge.
    #[must_use]
    pub const fn about(mut self, challenge: ChallengeId) -> Self {
        self.challenge = Some(challenge);
        self
    }

    /// The same, with a detail.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.details.push((name, value.into()));
        self
    }
}

/// Whose chain that is of what belongs to no account: the service's own.
pub const SYSTEM: AccountId = AccountId::from_uuid(uuid::Uuid::nil());

/// Where an account's chain ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TrailHead {
    /// The number of its last event; zero before the first.
    pub sequence: i64,
    /// The last event's MAC; zeros before the first.
    pub mac: [u8; 32],
    /// When it was written.
    pub at: Timestamp,
}

impl TrailHead {
    /// Before the first event.
    pub const EMPTY: Self = Self { sequence: 0, mac: [0; 32], at: Timestamp::from_micros(0) };
}

/// One event as it stands in the trail, for chaining and for verifying.
pub struct Link<'a> {
    /// The key of the MAC.
    pub key: KeyId,
    /// Whose chain; the nil id is the chain of what belongs to no account.
    pub account: AccountId,
    /// Its number in the chain, from 1.
    pub sequence: i64,
    /// When it was written.
    pub at: Timestamp,
    /// Its kind's name.
    pub kind: &'a str,
    /// Who caused it.
    pub actor: &'a str,
    /// Which challenge it concerns.
    pub challenge: Option<ChallengeId>,
    /// Its details, sorted by name.
    pub details: &'a [(&'a str, &'a str)],
}

impl Link<'_> {
    /// The MAC that chains this event to the one before (architecture, idea 9).
    pub fn mac(&self, ring: &KeyRing, previous: &[u8; 32]) -> Result<[u8; 32], KeyError> {
        let sequence = self.sequence.to_be_bytes();
        let at = self.at.as_micros().to_be_bytes();
        let account = self.account.as_uuid();
        let challenge = self.challenge.map(ChallengeId::as_uuid);
        let challenge: &[u8] = challenge.as_ref().map_or(&[], |uuid| uuid.as_bytes());
        let fixed: [&[u8]; 7] =
            [previous, account.as_bytes(), &sequence, &at, self.kind.as_bytes(), self.actor.as_bytes(), challenge];
        let details = self.details.iter().flat_map(|(name, value)| [name.as_bytes(), value.as_bytes()]);
        let parts: Vec<&[u8]> = fixed.into_iter().chain(details).collect();
        ring.audit_mac(self.key, &parts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::keys::tests::{Fixed, ring};

    #[test]
    fn every_kind_has_a_name_of_its_own() {
        for kind in EventKind::ALL {
            assert_eq!(EventKind::named(kind.name()), Some(*kind), "{}", kind.name());
        }
        assert_eq!(EventKind::named("challenge.eaten"), None);
    }

    #[test]
    fn whatever_an_event_says_changes_its_mac() {
        let account = AccountId::new(Timestamp::from_seconds(1), &Fixed(1));
        let challenge = ChallengeId::new(Timestamp::from_seconds(1), &Fixed(1));
        let base = || Link {
            key: KeyId(1),
            account,
            sequence: 1,
            at: Timestamp::from_seconds(5),
            kind: "challenge.wrong",
            actor: "customer",
            challenge: Some(challenge),
            details: &[("left", "2")],
        };
        let ring = ring();
        let mac = |link: Link<'_>, previous: u8| link.mac(&ring, &[previous; 32]).unwrap();
        let original = mac(base(), 0);
        let changed = [
            mac(base(), 1),
            mac(Link { key: KeyId(2), ..base() }, 0),
            mac(Link { sequence: 2, ..base() }, 0),
            mac(Link { at: Timestamp::from_seconds(6), ..base() }, 0),
            mac(Link { kind: "challenge.solved", ..base() }, 0),
            mac(Link { actor: "worker", ..base() }, 0),
            mac(Link { challenge: None, ..base() }, 0),
            mac(Link { details: &[("left", "1")], ..base() }, 0),
            mac(Link { details: &[], ..base() }, 0),
            mac(Link { account: AccountId::new(Timestamp::from_seconds(2), &Fixed(1)), ..base() }, 0),
        ];
        assert!(changed.iter().all(|other| *other != original));
        assert_eq!(original, mac(base(), 0));
    }
}
