//! A scene for tests of the rules: one account, a moment that passes when a test says so, limits, and the TANs that
//! were sent. It decides nothing itself; every verb asks the rules.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use super::{
    account::{Account, Terms},
    address::Address,
    challenge::{Challenge, Idempotency, Phase},
    chance::Chance,
    channel::{BroughtBy, Channel, Strengths},
    event::EventKind,
    factor::ActiveChannel,
    id::{AccessTokenId, AccountId, ChallengeId, TransmissionId},
    keys::{KeyId, KeyRing, tests::ring},
    limits::Limits,
    notice::Notice,
    operation::OperationDigest,
    policy::Policy,
    refusal::Refusal,
    rules::{
        attempt::AttemptOutcome,
        protect::Clearance,
        request::{NewChallenge, Requested, Sending, Wish},
        transmission::{HandOver, TakenOver},
    },
    secret::SecretHash,
    tan::Candidate,
    time::Timestamp,
    username::Username,
    view::ChallengeView,
};

pub(crate) mod proofs;
pub(crate) mod sealed;
mod taler;
mod tokens;

/// How long the holder of a sending is waited for.
pub(crate) const LEASE: Duration = Duration::from_secs(15);

/// Bytes that never come twice.
pub(crate) struct Counted(AtomicU64);

impl Counted {
    pub(crate) const fn new() -> Self {
        Self(AtomicU64::new(1))
    }
}

impl Chance for Counted {
    fn fill(&self, bytes: &mut [u8]) {
        let count = self.0.fetch_add(1, Ordering::Relaxed).to_be_bytes();
        for (to, from) in bytes.iter_mut().rev().zip(count.iter().rev()) {
            *to = *from;
        }
    }
}

/// One account, under limits, at a moment.
pub(crate) struct Scene {
    pub(crate) account: Account,
    pub(crate) limits: Limits,
    pub(crate) strengths: Strengths,
    pub(crate) policy: Policy,
    pub(crate) now: Timestamp,
    pub(crate) lease: Duration,
    ring: KeyRing,
    chance: Counted,
}

pub(crate) fn phone(number: u32) -> Address {
    Address::parse(Channel::Sms, &format!("+4179123{number:04}")).unwrap()
}

pub(crate) fn mailbox(number: u32) -> Address {
    Address::parse(Channel::Email, &format!("alice{number}@example.com")).unwrap()
}

pub(crate) fn operation(number: u8) -> OperationDigest {
    OperationDigest::from_bytes([number; 32])
}

pub(crate) fn idempotency(key: u8, request: u8) -> Idempotency {
    Idempotency { key: SecretHash::from_bytes([key; 32]), request: operation(request) }
}

/// The hash of the token that this challenge yields in a scene.
pub(crate) fn token_of(id: ChallengeId) -> SecretHash {
    SecretHash::of(&id.to_string())
}

pub(crate) fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// The least that time can pass.
pub(crate) const TICK: Duration = Duration::from_micros(1);

/// A duration less another, which must not be longer.
pub(crate) fn less(duration: Duration, other: Duration) -> Duration {
    duration.checked_sub(other).unwrap()
}

impl Scene {
    /// An account without channels.
    pub(crate) fn bare() -> Self {
        let (now, chance) = (Timestamp::from_seconds(1_700_000_000), Counted::new());
        let account = Account::new(AccountId::new(now, &chance), Username::parse("alice").unwrap());
        let (limits, strengths) = (Limits::unmetered(), Strengths::default());
        let policy = Policy::default();
        Self { account, limits, strengths, policy, now, lease: LEASE, ring: ring(), chance }
    }

    /// An account with `sms` and `email`.
    pub(crate) fn enrolled() -> Self {
        let mut scene = Self::bare();
        for address in [phone(1), mailbox(1)] {
            scene.account.contact.put(&address);
            scene.account.channels.push(ActiveChannel { address, since: scene.now, brought_by: BroughtBy::Operator });
        }
        scene
    }

    pub(crate) fn terms(&self) -> Terms<'_> {
        Terms { now: self.now, limits: &self.limits, strengths: self.strengths, policy: self.policy }
    }

    pub(crate) fn pass(&mut self, duration: Duration) {
        self.now = self.now.plus(duration);
    }

    /// Asks a rule about the account, under the scene's terms.
    pub(crate) fn ask<T>(&mut self, rule: impl FnOnce(&mut Account, &Terms<'_>) -> T) -> T {
        let terms = Terms { now: self.now, limits: &self.limits, strengths: self.strengths, policy: self.policy };
        rule(&mut self.account, &terms)
    }

    pub(crate) fn session(number: u8) -> AccessTokenId {
        AccessTokenId::from_uuid(uuid::Uuid::from_bytes([number; 16]))
    }

    pub(crate) fn sending(&self) -> Sending {
        Sending { transmission: TransmissionId::new(self.now, &self.chance), lease: self.lease }
    }

    pub(crate) fn new_challenge(&self, session: u8) -> NewChallenge {
        NewChallenge {
            id: ChallengeId::new(self.now, &self.chance),
            tan_key: KeyId(1),
            access_token: Some(Self::session(session)),
            sending: Some(self.sending()),
            language: None,
        }
    }

    pub(crate) fn try_request(&mut self, channel: Channel, wish: Wish) -> Result<Requested, Refusal> {
        let new = self.new_challenge(1);
        self.ask(|account, terms| account.request(terms, &new, channel, wish))
    }

    /// A challenge whose message is under way.
    pub(crate) fn begin(&mut self, channel: Channel) -> ChallengeId {
        self.begin_with(channel, Wish::default())
    }

    pub(crate) fn begin_with(&mut self, channel: Channel, wish: Wish) -> ChallengeId {
        match self.try_request(channel, wish).unwrap() {
            Requested::New(id) => id,
            Requested::Repeated(id) => panic!("{id} was there before"),
        }
    }

    /// A challenge whose message was handed over.
    pub(crate) fn request(&mut self, channel: Channel) -> ChallengeId {
        let id = self.begin(channel);
        self.record(id, HandOver::Sent);
        id
    }

    /// A challenge for a token bound to that operation, its message handed over.
    pub(crate) fn request_bound(&mut self, channel: Channel, number: u8) -> ChallengeId {
        let id = self.begin_with(channel, Wish { operation: Some(operation(number)), ..Wish::default() });
        self.record(id, HandOver::Sent);
        id
    }

    pub(crate) fn challenge(&self, id: ChallengeId) -> &Challenge {
        self.account.challenge(id).unwrap()
    }

    pub(crate) fn phase(&self, id: ChallengeId) -> Phase {
        self.challenge(id).phase(self.now)
    }

    pub(crate) fn view(&self, id: ChallengeId) -> ChallengeView {
        self.account.view(self.challenge(id), &self.terms())
    }

    /// Records the outcome of the sending under way.
    pub(crate) fn record(&mut self, id: ChallengeId, outcome: HandOver) {
        let transmission = self.challenge(id).claim.unwrap().transmission;
        self.ask(|account, terms| account.record(terms, id, transmission, outcome));
    }

    pub(crate) fn retransmit(&mut self, id: ChallengeId) -> Result<(), Refusal> {
        let sending = self.sending();
        self.ask(|account, terms| account.retransmit(terms, id, sending))
    }

    pub(crate) fn take_over(&mut self, id: ChallengeId) -> Option<TakenOver> {
        let lease = self.lease;
        self.ask(|account, terms| account.take_over(terms, id, lease))
    }

    pub(crate) fn abort(&mut self, id: ChallengeId) -> Result<(), Refusal> {
        self.ask(|account, terms| account.abort(terms, id))
    }

    /// The digits that a message sent now would carry.
    pub(crate) fn tan(&self, id: ChallengeId) -> String {
        self.challenge(id).tan(self.account.id, &self.ring).unwrap().reveal().to_owned()
    }

    pub(crate) fn attempt(&mut self, id: ChallengeId, raw: &str) -> AttemptOutcome {
        let candidate = Candidate::parse(raw, self.limits.tan_digits).unwrap();
        let terms = Terms { now: self.now, limits: &self.limits, strengths: self.strengths, policy: self.policy };
        self.account.attempt(&terms, &self.ring, id, &candidate, token_of(id)).unwrap()
    }

    /// Tries the right TAN.
    pub(crate) fn confirm(&mut self, id: ChallengeId) -> AttemptOutcome {
        let tan = self.tan(id);
        self.attempt(id, &tan)
    }

    /// Tries a TAN that is wrong in its last digit.
    pub(crate) fn fail(&mut self, id: ChallengeId) -> AttemptOutcome {
        let tan = self.tan(id);
        self.attempt(id, &wrong(&tan))
    }

    /// A solved challenge, its token unbound and unspent.
    pub(crate) fn solved(&mut self, channel: Channel) -> ChallengeId {
        let id = self.request(channel);
        assert!(matches!(self.confirm(id), AttemptOutcome::Solved { bound: false, .. }));
        id
    }

    /// The same, some time later.
    pub(crate) fn solved_after(&mut self, wait: Duration, channel: Channel) -> ChallengeId {
        self.pass(wait);
        self.solved(channel)
    }

    pub(crate) fn try_enrol(&mut self, address: Address, cleared: Clearance) -> Result<ChallengeId, Refusal> {
        let new = self.new_challenge(1);
        self.ask(|account, terms| account.enrol(terms, &new, address, cleared, operation(1)))?;
        Ok(new.id)
    }

    /// An enrolment that asked for no proof, its message handed over.
    pub(crate) fn enrol(&mut self, address: Address) -> ChallengeId {
        let id = self.try_enrol(address, Clearance::NotNeeded).unwrap();
        self.record(id, HandOver::Sent);
        id
    }

    pub(crate) fn activate(&mut self, id: ChallengeId) -> Vec<Notice> {
        match self.confirm(id) {
            AttemptOutcome::Activated { notices, .. } => notices,
            other => panic!("{other:?}"),
        }
    }

    /// The account without what is counted of its refusals.
    pub(crate) fn but_for_refusals(&self) -> Account {
        let mut account = Account { refused: Vec::new(), ..self.account.clone() };
        account.events.retain(|event| event.kind != EventKind::LimitRefused);
        account
    }

    pub(crate) fn kinds(&self) -> Vec<EventKind> {
        self.account.events.iter().map(|event| event.kind).collect()
    }
}

/// The same digits but for the last.
pub(crate) fn wrong(tan: &str) -> String {
    let (head, last) = tan.split_at(tan.len() - 1);
    format!("{head}{}", if last == "0" { "1" } else { "0" })
}
