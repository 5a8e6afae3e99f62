//! What the contract promises, kept in another way than the rules keep it: what happened to each challenge, and the
//! TANs that its messages carried.

use std::{
    collections::{BTreeMap, HashSet},
    time::Duration,
};

use super::{
    codes::Sheet,
    devices::Owned,
    sessions::Raised,
    taler::Offer,
    tokens::{Stand, Token},
};
use crate::domain::{
    address::Address,
    challenge::{ChallengeKind, Phase},
    channel::{Channel, Strength, Strengths},
    id::{ChallengeId, ReservationId, TransmissionId},
    limits::Limits,
    policy::Policy,
    rules::settle::Outcome,
    time::Timestamp,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Life {
    Open,
    Solved,
    Aborted,
    Void,
}

/// A message under way.
#[derive(Clone, Copy, Debug)]
pub(super) struct UnderWay {
    pub(super) transmission: TransmissionId,
    pub(super) from: Timestamp,
    pub(super) until: Timestamp,
}

/// What answers a challenge.
#[derive(Clone, Debug)]
pub(super) enum By {
    Message(Address),
    Devices,
    NewDevice { name: u8, number: u8 },
    Codes,
}

impl By {
    fn channel(&self) -> Channel {
        match self {
            Self::Message(address) => address.channel(),
            Self::Devices | Self::NewDevice { .. } => Channel::Totp,
            Self::Codes => Channel::Recovery,
        }
    }
}

#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) id: ChallengeId,
    pub(super) kind: ChallengeKind,
    pub(super) by: By,
    pub(super) bound: Option<u8>,
    pub(super) session: u8,
    pub(super) key: Option<(u8, u8)>,
    pub(super) payer: Option<ChallengeId>,
    pub(super) asked: Timestamp,
    pub(super) ends: Timestamp,
    /// What its messages said; the last is the one in force.
    pub(super) tans: Vec<String>,
    pub(super) tan_ends: Timestamp,
    /// Wrong tries at the TAN in force.
    pub(super) wrong: u16,
    pub(super) under_way: Option<UnderWay>,
    pub(super) sent: u16,
    pub(super) busy_since: Option<Timestamp>,
    pub(super) was_solved: bool,
    pub(super) life: Life,
    pub(super) token: Option<Token>,
    /// From when on what solved it counts for bound operations; `None`: at once.
    pub(super) counts: Option<Timestamp>,
}

impl Entry {
    pub(super) fn channel(&self) -> Channel {
        self.by.channel()
    }

    pub(super) fn is_open(&self, now: Timestamp) -> bool {
        self.life == Life::Open && now < self.ends
    }

    /// What is to be put in force of this channel waits for its proof.
    pub(super) fn is_pending(&self, channel: Channel, now: Timestamp) -> bool {
        self.kind == ChallengeKind::Address && self.channel() == channel && self.is_open(now)
    }

    /// Its id is all there is of it: its first message could not be handed over.
    pub(super) fn is_unsent(&self) -> bool {
        let never = self.sent == 0 && self.under_way.is_none();
        self.kind == ChallengeKind::Taler && self.life == Life::Open && never && self.channel().transmits()
    }

    fn has_unspent_token(&self) -> bool {
        self.life == Life::Solved && self.token.as_ref().is_some_and(|token| !token.spent)
    }

    /// Whether anything can ever come of it again, for its customer or for a holder that may still come back.
    pub(super) fn matters(&self, now: Timestamp, limits: &Limits) -> bool {
        let Some(token) = self.token.as_ref().filter(|token| !token.spent) else { return self.is_open(now) };
        let returns = token.last().is_some_and(|held| now < held.until.plus(limits.challenge_lifetime));
        returns || self.life == Life::Solved && now < token.expires
    }
}

#[derive(Debug)]
pub(super) struct Ledger {
    pub(super) limits: Limits,
    pub(super) strengths: Strengths,
    pub(super) lease: Duration,
    pub(super) now: Timestamp,
    pub(super) entries: Vec<Entry>,
    pub(super) offers: Vec<Offer>,
    pub(super) policy: Policy,
    pub(super) channels: BTreeMap<Channel, Address>,
    /// From when on each address counts for bound operations, where it does not at once.
    pub(super) young: BTreeMap<Channel, Timestamp>,
    /// In which order the addresses came.
    pub(super) order: Vec<Channel>,
    pub(super) devices: Vec<Owned>,
    pub(super) sheet: Option<Sheet>,
    pub(super) dead_codes: Vec<String>,
    pub(super) raised: Vec<Raised>,
    /// What the rules were handed.
    pub(super) loaded: HashSet<ChallengeId>,
    pub(super) run: u16,
    pub(super) total: u16,
    pub(super) strongest: Option<Strength>,
    pub(super) blocks: u32,
    pub(super) blocked_until: Option<Timestamp>,
}

impl Ledger {
    pub(super) fn entry(&self, id: ChallengeId) -> &Entry {
        self.entries.iter().find(|entry| entry.id == id).unwrap()
    }

    pub(super) fn entry_mut(&mut self, id: ChallengeId) -> &mut Entry {
        self.entries.iter_mut().find(|entry| entry.id == id).unwrap()
    }

    pub(super) fn phase(&self, entry: &Entry) -> Phase {
        match (entry.life, &entry.token) {
            (Life::Aborted, _) => Phase::Aborted,
            (Life::Void, _) => Phase::Void,
            (Life::Open, _) if entry.wrong >= self.limits.attempts_per_tan => Phase::Exhausted,
            (Life::Open, _) if self.now >= entry.tan_ends => Phase::Expired,
            (Life::Open, _) => Phase::Open,
            (Life::Solved, Some(token)) if token.spent => Phase::Spent,
            (Life::Solved, Some(token)) if matches!(entry.stand(self.now), Stand::Dead) => {
                if token.last().is_some_and(|held| !held.idempotent) { Phase::Void } else { Phase::Expired }
            }
            (Life::Solved, _) => Phase::Solved,
        }
    }

    /// Ends what is open and what is unspent. What can matter must have been handed to the rules.
    pub(super) fn void_where(&mut self, chosen: impl Fn(&Entry) -> bool) {
        for entry in self.entries.iter_mut().filter(|entry| chosen(entry)) {
            let loaded = self.loaded.contains(&entry.id);
            assert!(loaded || !entry.matters(self.now, &self.limits), "a challenge that matters was not loaded");
            if loaded && (entry.life == Life::Open || entry.has_unspent_token()) {
                entry.life = Life::Void;
                entry.busy_since = entry.under_way.take().map(|under_way| under_way.from).or(entry.busy_since);
            }
        }
    }

    /// A factor changed: ids that were not sent yet end with the rest.
    pub(super) fn void_all(&mut self, payer: Option<ChallengeId>) {
        self.void_where(|entry| Some(entry.id) != payer);
        self.raised.clear();
        for offer in &mut self.offers {
            offer.void = true;
        }
    }

    pub(super) fn void(&mut self, id: ChallengeId) {
        self.void_where(|entry| entry.id == id);
    }

    pub(super) fn record(&mut self, id: ChallengeId, transmission: TransmissionId, sent: bool) {
        let entry = self.entry_mut(id);
        let Some(under_way) = entry.under_way.filter(|under_way| under_way.transmission == transmission) else {
            return;
        };
        entry.under_way = None;
        let payer = entry.payer;
        if sent {
            entry.sent += 1;
            entry.busy_since = Some(under_way.from);
            if let Some(payer) = payer {
                self.settle(payer, ReservationId::of_enrolment(id), Outcome::Succeeded);
            }
        } else if entry.sent == 0 && entry.kind != ChallengeKind::Taler {
            entry.key = None;
            self.void(id);
            if let Some(payer) = payer {
                self.settle(payer, ReservationId::of_enrolment(id), Outcome::NoEffect);
            }
        }
    }

    /// A wrong answer on a channel. Returns the block that began, and whether it is the first.
    pub(super) fn count_wrong(&mut self, channel: Channel) -> Option<(Timestamp, bool)> {
        self.run += 1;
        self.total += 1;
        self.strongest = self.strongest.max(Some(self.strengths.of(channel)));
        let for_ever = self.total >= self.limits.total_failures;
        if !for_ever && self.run < self.limits.consecutive_failures {
            return None;
        }
        let quiet_since = self.now.minus(Duration::from_hours(24));
        if !for_ever && self.blocked_until.is_some_and(|until| until <= quiet_since) {
            self.blocks = 0;
        }
        let doubled = (0..self.blocks).fold(self.limits.block, |length, _| (length * 2).min(self.limits.block_max));
        let until = if for_ever { Timestamp::NEVER } else { self.now.plus(doubled) };
        let first = self.blocks == 0;
        self.blocks += 1;
        self.run = 0;
        self.blocked_until = Some(until);
        Some((until, first))
    }

    pub(super) fn count_right(&mut self, channel: Channel) {
        if self.strongest.is_some_and(|strongest| self.strengths.of(channel) >= strongest) {
            (self.run, self.total, self.strongest) = (0, 0, None);
        }
    }

    pub(super) fn unblock(&mut self) {
        (self.run, self.total, self.strongest, self.blocks, self.blocked_until) = (0, 0, None, 0, None);
    }
}
