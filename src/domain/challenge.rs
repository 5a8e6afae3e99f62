//! A challenge: one request for one proof, and the states it goes through.

use std::time::Duration;

use super::{
    address::Address,
    channel::Channel,
    factor::Target,
    id::{AccessTokenId, AccountId, ChallengeId, ReservationId, TransmissionId},
    keys::{KeyError, KeyId, KeyRing},
    language::Language,
    limits::Limits,
    operation::OperationDigest,
    secret::SecretHash,
    summary::Approval,
    tan::{Tan, TanOrigin},
    time::Timestamp,
};

mod phase;

pub use phase::Phase;

/// What solving the challenge yields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChallengeKind {
    /// A one-shot token.
    Token,
    /// The proof of a new address, which becomes active.
    Address,
    /// Taler's way (`api.md` section 6c): the challenge's own id is what an operation is shown once it is solved.
    Taler,
}

impl ChallengeKind {
    /// The name in the database, and in what a TAN follows from.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::Address => "address",
            Self::Taler => "taler",
        }
    }

    /// The kind of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        [Self::Token, Self::Address, Self::Taler].into_iter().find(|kind| kind.name() == name)
    }
}

/// A sending that was begun and whose outcome is not recorded yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claim {
    /// Which sending.
    pub transmission: TransmissionId,
    /// When it began.
    pub claimed_at: Timestamp,
    /// From then on its holder counts as dead, and another may take it over.
    pub lease_until: Timestamp,
}

/// An operation's hold on a one-shot token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reservation {
    /// Which hold: who settles names it, so that a holder that was overtaken settles nothing (fencing).
    pub id: ReservationId,
    /// From then on its holder counts as dead, or the outcome of its work is not known.
    pub until: Timestamp,
    /// What the token is used for. An unbound one is bound to it until it is released.
    pub operation: OperationDigest,
    /// The first hold of those that try the same work again: the work's `Idempotency-Key`.
    pub first: ReservationId,
    /// Whether a repeat under that key does nothing twice.
    pub idempotent: bool,
    /// Whether the trail tells that its outcome is not known.
    pub told: bool,
}

/// What solving yielded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IssuedToken {
    /// All that is kept of it.
    pub hash: SecretHash,
    /// Until when it can begin an operation.
    pub expires_at: Timestamp,
}

/// Where a one-shot token stands, for an operation that wants it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenStanding {
    /// Free to be held.
    Free,
    /// Held by another request.
    Held {
        /// Until when at the most.
        retry_after: Duration,
    },
    /// The outcome of the operation that held it is not known, and a repeat does nothing twice: the same operation may
    /// be tried again.
    Unsettled(Reservation),
    /// It proves nothing: run out, spent, void, or with an outcome that is not known.
    Dead,
}

/// How far a challenge has come. Expiry and exhaustion are not states: they follow from the time and the count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Waiting for its TAN.
    Open,
    /// The right TAN came in time; a challenge for an address yields no token.
    Solved(Option<IssuedToken>),
    /// Its token was spent by an operation that succeeded.
    Spent,
    /// The customer ended it.
    Aborted,
    /// Something else ended it: a changed factor, a second enrolment, a log-out, a message that could not be sent.
    Void,
}

impl State {
    /// The name in the database.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Solved(_) => "solved",
            Self::Spent => "spent",
            Self::Aborted => "aborted",
            Self::Void => "void",
        }
    }
}

/// What makes a request the same as an earlier one (`Idempotency-Key`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Idempotency {
    /// The key's hash.
    pub key: SecretHash,
    /// The request's digest.
    pub request: OperationDigest,
}

/// A challenge, as a row has it and the rules see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Challenge {
    /// Its id.
    pub id: ChallengeId,
    /// What solving it yields.
    pub kind: ChallengeKind,
    /// What proves it; for a challenge of kind `address`, what is to be put in force.
    pub target: Target,
    /// The operation its token will be bound to.
    pub operation: Option<OperationDigest>,
    /// What the customer is shown.
    pub summary: Option<Approval>,
    /// The language that the client which asked for it wants; `None`: it did not say, or one that is not spoken here.
    pub language: Option<Language>,
    /// The access token that asked for it; it ends with that.
    pub access_token: Option<AccessTokenId>,
    /// The solved challenge whose token paid for this enrolment; settled with the first sending.
    pub paid_by: Option<ChallengeId>,
    /// The key its TANs are derived under.
    pub tan_key: KeyId,
    /// Digits of its TANs.
    pub tan_digits: u8,
    /// Which TAN is in force: a fresh one is the next.
    pub generation: u32,
    /// When it was requested.
    pub requested_at: Timestamp,
    /// The end of `challenge_lifetime`.
    pub ends_at: Timestamp,
    /// When the TAN in force runs out.
    pub tan_expires_at: Timestamp,
    /// Wrong tries that the TAN in force still stands.
    pub attempts_left: u16,
    /// Messages handed over so far.
    pub transmissions: u16,
    /// When the latest of them began, as far as its channel cools down for it: `None` once it is solved.
    pub transmitted_at: Option<Timestamp>,
    /// The transport that carried its latest message, by the operator's name for it.
    pub carried_by: Option<String>,
    /// The sending under way.
    pub claim: Option<Claim>,
    /// The `Idempotency-Key` it was requested with.
    pub idempotency: Option<Idempotency>,
    /// The latest hold on its token; kept when the token is spent or void, so that whoever held it can still say what
    /// became of its work.
    pub reservation: Option<Reservation>,
    /// From when on what solved it counts for what is `bound`; `None`: at once, or it is not solved.
    pub counts_from: Option<Timestamp>,
    /// How far it has come.
    pub state: State,
}

impl Challenge {
    /// The channel that proves it.
    #[must_use]
    pub const fn channel(&self) -> Channel {
        self.target.channel()
    }

    /// Where its TAN goes; `None` where none is sent.
    #[must_use]
    pub const fn address(&self) -> Option<&Address> {
        self.target.address()
    }

    /// The TAN in force. Of a challenge whose TAN is not sent it means nothing: nobody knows it, and nothing compares it.
    pub fn tan(&self, account: AccountId, ring: &KeyRing) -> Result<Tan, KeyError> {
        Tan::derive(
            ring,
            &TanOrigin {
                key: self.tan_key,
                account,
                challenge: self.id,
                generation: self.generation,
                kind: self.kind.name(),
                address: self.address().map_or("", Address::reveal),
                operation: self.operation.as_ref(),
                digits: self.tan_digits,
            },
        )
    }

    /// Unsolved and not ended, whether or not its TAN can still be used.
    #[must_use]
    pub fn is_alive(&self, now: Timestamp) -> bool {
        self.state == State::Open && now < self.ends_at
    }

    /// Where its one-shot token stands.
    #[must_use]
    pub fn token_standing(&self, now: Timestamp) -> TokenStanding {
        let State::Solved(Some(token)) = self.state else { return TokenStanding::Dead };
        match self.reservation {
            Some(held) if now < held.until => TokenStanding::Held { retry_after: held.until.since(now) },
            Some(lapsed) if lapsed.idempotent && now < token.expires_at => TokenStanding::Unsettled(lapsed),
            None if now < token.expires_at => TokenStanding::Free,
            _ => TokenStanding::Dead,
        }
    }

    /// When its channel may carry the next message: the cool-down counts from the sending under way, else from the
    /// latest that was handed over. `None` when it never kept the channel busy, or was solved.
    #[must_use]
    pub fn cools_until(&self, limits: &Limits) -> Option<Timestamp> {
        let since = self.claim.map(|claim| claim.claimed_at).or(self.transmitted_at)?;
        Some(since.plus(limits.retransmission_period))
    }

    /// Messages that count against `transmissions_per_challenge`: those handed over and the one under way.
    #[must_use]
    pub fn transmissions_begun(&self) -> u16 {
        self.transmissions.saturating_add(u16::from(self.claim.is_some()))
    }

    /// Whether a later decision about the account can depend on it: it then stays among the account's live ones.
    #[must_use]
    pub fn is_live(&self, now: Timestamp, limits: &Limits) -> bool {
        let unspent = match (self.state, self.reservation) {
            // Its holder may come back: to give it back while it can prove something, or to say late that it is spent.
            (State::Solved(Some(token)), Some(held)) => {
                now < token.expires_at.max(held.until.plus(limits.challenge_lifetime))
            }
            (State::Solved(Some(token)), None) => now < token.expires_at,
            // An enrolment that it paid for may still be sent: the trail then says that it is spent.
            (State::Void | State::Aborted, Some(held)) => now < held.until.plus(limits.challenge_lifetime),
            _ => false,
        };
        let cooling = self.cools_until(limits).is_some_and(|until| now < until);
        self.is_alive(now) || unspent || cooling
    }

    /// Whether it has no message yet, neither handed over nor under way: one of Taler's whose first hand-over failed.
    /// It is then no more than its id.
    #[must_use]
    pub fn is_unsent(&self) -> bool {
        self.kind == ChallengeKind::Taler
            && self.state == State::Open
            && self.channel().transmits()
            && self.transmissions_begun() == 0
    }

    /// Begins a sending.
    pub fn claim(&mut self, transmission: TransmissionId, now: Timestamp, lease: Duration) {
        self.claim = Some(Claim { transmission, claimed_at: now, lease_until: now.plus(lease) });
    }

    /// Puts the next TAN in force; the one before is dead.
    pub fn renew_tan(&mut self, now: Timestamp, limits: &Limits) {
        self.generation = self.generation.saturating_add(1);
        self.attempts_left = limits.attempts_per_tan;
        self.tan_expires_at = now.plus(limits.tan_lifetime).min(self.ends_at);
    }
}
