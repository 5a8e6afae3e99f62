//! The answers that the contract promises, in its order, to the microsecond.

use std::time::Duration;

use super::{
    ledger::{By, Entry, Ledger, Life, UnderWay},
    tokens::{Held, Token},
};
use crate::domain::{
    address::Address,
    challenge::{ChallengeKind, Phase},
    channel::Channel,
    id::{ChallengeId, ReservationId, TransmissionId},
    notice::Notice,
    refusal::Refusal,
    rules::{attempt::AttemptOutcome, settle::Outcome, transmission::TakenOver},
    standing::{Block, Consequence},
    time::Timestamp,
};

/// Whether a text is an answer of that form at all.
fn fits(by: &By, text: &str, tan_digits: u8) -> bool {
    let digits = |count: usize| text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit());
    match by {
        By::Message(_) => digits(tan_digits.into()),
        By::Devices | By::NewDevice { .. } => digits(6),
        By::Codes => text.len() == 14 && text.matches('-').count() == 2,
    }
}

fn limited(limit: &'static str, retry_after: Duration) -> Refusal {
    Refusal::RateLimited { limit, retry_after }
}

impl Ledger {
    fn blocked(&self) -> Option<Duration> {
        let until = self.blocked_until.filter(|until| self.now < *until)?;
        Some(if until.is_never() { self.limits.block_max } else { until.since(self.now) })
    }

    pub(super) fn refuse_blocked(&self) -> Result<(), Refusal> {
        self.blocked().map_or(Ok(()), |retry_after| Err(Refusal::AccountBlocked { retry_after }))
    }

    fn cooling(&self, channel: Channel) -> Duration {
        let busy = self.entries.iter().filter(|entry| entry.channel() == channel && !entry.was_solved);
        let since = busy.filter_map(|entry| entry.under_way.map(|under_way| under_way.from).or(entry.busy_since)).max();
        since.map_or(Duration::ZERO, |since| since.plus(self.limits.retransmission_period).since(self.now))
    }

    pub(super) fn refuse_hot(&self, channel: Channel, replaced: impl Fn(&Entry) -> bool) -> Result<(), Refusal> {
        self.refuse_cooling(channel)?;
        let open =
            self.entries.iter().filter(|entry| entry.is_open(self.now) && !entry.is_unsent() && !replaced(entry));
        let mut ends: Vec<_> = open.map(|entry| entry.ends).collect();
        let mut room_at = self.now;
        ends.sort_unstable();
        while ends.len() >= usize::from(self.limits.open_challenges) {
            room_at = ends.remove(0);
        }
        let room = if room_at == self.now { Ok(()) } else { Err(room_at.since(self.now)) };
        room.map_err(|retry_after| limited("open_challenges", retry_after))
    }

    /// Its channel cools down, or its own message is under way.
    pub(super) fn busy(&self, entry: &Entry) -> Duration {
        if entry.kind == ChallengeKind::Taler && self.phase(entry) == Phase::Exhausted {
            return Duration::ZERO;
        }
        let own = entry.under_way.map_or(Duration::ZERO, |under_way| under_way.until.since(self.now));
        self.cooling(entry.channel()).max(own)
    }

    fn refuse_cooling(&self, channel: Channel) -> Result<(), Refusal> {
        let cooling = self.cooling(channel);
        if cooling.is_zero() { Ok(()) } else { Err(limited("retransmission_period", cooling)) }
    }

    /// `Some` when the same request came before.
    pub(super) fn request(&self, channel: Channel, key: Option<(u8, u8)>) -> Result<Option<ChallengeId>, Refusal> {
        let young = |entry: &&Entry| self.now < entry.asked.plus(Duration::from_hours(24));
        let same = |entry: &&Entry| key.is_some_and(|(key, _)| entry.key.is_some_and(|(known, _)| known == key));
        if let Some(entry) = self.entries.iter().filter(young).find(same) {
            return match entry.under_way {
                _ if entry.key != key => Err(Refusal::IdempotencyMismatch),
                Some(first) if entry.sent == 0 => {
                    Err(Refusal::IdempotencyRunning { retry_after: first.until.since(self.now) })
                }
                _ => Ok(Some(entry.id)),
            };
        }
        self.refuse_blocked()?;
        if !self.serves(channel) {
            return Err(Refusal::ChannelNotSupported);
        }
        self.refuse_hot(channel, |_| false).map(|()| None)
    }

    pub(super) fn enrol(&mut self, address: &Address, payer: Option<(ChallengeId, Held)>) -> Result<(), Refusal> {
        let (channel, now) = (address.channel(), self.now);
        self.refuse_enrolment(channel)?;
        if let Some((payer, held)) = payer {
            self.hold(payer, held);
        }
        self.void_where(|entry| entry.is_pending(channel, now));
        Ok(())
    }

    /// Whether the message carries a fresh TAN.
    pub(super) fn retransmit(&mut self, id: ChallengeId, transmission: TransmissionId) -> Result<bool, Refusal> {
        let entry = self.entry(id).clone();
        match entry.life {
            Life::Solved => return Err(Refusal::ChallengeSolved),
            Life::Aborted | Life::Void => return Err(Refusal::ChallengeExpired),
            Life::Open => self.refuse_blocked()?,
        }
        if self.now >= entry.ends {
            return Err(Refusal::ChallengeExpired);
        }
        if !entry.channel().transmits() {
            return Err(Refusal::ChannelNotSupported);
        }
        let begun = entry.sent + u16::from(entry.under_way.is_some());
        if begun >= self.limits.transmissions_per_challenge {
            return Err(limited("transmissions_per_challenge", entry.ends.since(self.now)));
        }
        let busy = self.busy(&entry);
        if !busy.is_zero() {
            return Err(limited("retransmission_period", busy));
        }
        if entry.is_unsent() {
            self.refuse_hot(entry.channel(), |_| false)?;
        }
        let fresh = entry.wrong >= self.limits.attempts_per_tan || self.now >= entry.tan_ends;
        let (now, lease, lifetime) = (self.now, self.lease, self.limits.tan_lifetime);
        let entry = self.entry_mut(id);
        entry.sent = begun;
        entry.under_way = Some(UnderWay { transmission, from: now, until: now.plus(lease) });
        if fresh {
            (entry.wrong, entry.tan_ends) = (0, now.plus(lifetime).min(entry.ends));
        }
        Ok(fresh)
    }

    pub(super) fn take_over(&mut self, id: ChallengeId) -> Option<TakenOver> {
        let (now, lease) = (self.now, self.lease);
        let entry = self.entry(id);
        let under_way = entry.under_way.filter(|under_way| under_way.until <= now)?;
        if entry.life != Life::Open || entry.wrong >= self.limits.attempts_per_tan || now >= entry.tan_ends {
            self.record(id, under_way.transmission, false);
            return Some(TakenOver::Dropped);
        }
        self.entry_mut(id).under_way = Some(UnderWay { until: now.plus(lease), ..under_way });
        Some(TakenOver::ToSend)
    }

    pub(super) fn attempt(&mut self, id: ChallengeId, text: &str) -> AttemptOutcome {
        let entry = self.entry(id);
        if !fits(&entry.by, text, self.limits.tan_digits) {
            return AttemptOutcome::NoCandidate;
        }
        match entry.life {
            Life::Solved => return AttemptOutcome::AlreadySolved,
            Life::Aborted | Life::Void => return AttemptOutcome::Ended,
            Life::Open => {}
        }
        if let Some(retry_after) = self.blocked() {
            return AttemptOutcome::Blocked { retry_after };
        }
        if entry.wrong >= self.limits.attempts_per_tan {
            return AttemptOutcome::Exhausted { retry_after: self.fresh_tan_in(entry) };
        }
        if self.now >= entry.tan_ends {
            return AttemptOutcome::Expired;
        }
        self.right(id, text).unwrap_or_else(|| self.wrong(id))
    }

    fn fresh_tan_in(&self, entry: &Entry) -> Duration {
        if entry.sent + u16::from(entry.under_way.is_some()) >= self.limits.transmissions_per_challenge {
            return entry.ends.since(self.now);
        }
        self.busy(entry).max(self.blocked().unwrap_or_default())
    }

    /// What follows when the text is right; `None`: it is not.
    fn right(&mut self, id: ChallengeId, text: &str) -> Option<AttemptOutcome> {
        let entry = self.entry(id).clone();
        let outcome = match (&entry.by, entry.kind) {
            (By::Message(_), _) if entry.tans.last().is_none_or(|tan| tan != text) => return None,
            (By::Message(address), ChallengeKind::Address) => {
                self.solve(id);
                let replaced = self.activate(address, &entry);
                AttemptOutcome::Activated { channel: entry.channel(), notices: replaced }
            }
            (By::NewDevice { name, number }, _) => {
                let notices = self.add_device((*name, *number), text, entry.session)?;
                AttemptOutcome::Activated { channel: Channel::Totp, notices }
            }
            (By::Message(_), _) => {
                let counts = self.young.get(&entry.channel()).copied();
                self.issue(&entry, counts, Vec::new())
            }
            (By::Devices, _) => {
                let (counts, notices) = self.take_code(text)?;
                self.issue(&entry, counts, notices)
            }
            (By::Codes, _) => {
                let (counts, notices) = self.strike(text)?;
                self.issue(&entry, counts, notices)
            }
        };
        self.solve(id);
        Some(outcome)
    }

    fn solve(&mut self, id: ChallengeId) {
        let entry = self.entry_mut(id);
        (entry.life, entry.was_solved, entry.under_way) = (Life::Solved, true, None);
    }

    fn activate(&mut self, address: &Address, entry: &Entry) -> Vec<Notice> {
        if let Some(payer) = entry.payer {
            self.settle(payer, ReservationId::of_enrolment(entry.id), Outcome::Succeeded);
        }
        self.put_in_force(address, Some(entry.session))
    }

    fn issue(&mut self, entry: &Entry, counts: Option<Timestamp>, notices: Vec<Notice>) -> AttemptOutcome {
        assert!(entry.token.is_none(), "a second token for one challenge");
        let expires_at = self.now.plus(self.limits.token_lifetime);
        let issued = self.entry_mut(entry.id);
        (issued.token, issued.counts) = (Some(Token::new(expires_at)), counts);
        self.count_right(entry.channel());
        AttemptOutcome::Solved { expires_at, bound: entry.bound.is_some(), notices }
    }

    fn wrong(&mut self, id: ChallengeId) -> AttemptOutcome {
        let entry = self.entry_mut(id);
        entry.wrong += 1;
        let (wrong, channel) = (entry.wrong, entry.channel());
        let block = self.count_wrong(channel).map(|(until, first)| Block { until, first });
        let warned =
            4 * self.total >= 3 * self.limits.total_failures && 4 * (self.total - 1) < 3 * self.limits.total_failures;
        let consequence = Consequence { block, warned };
        match self.limits.attempts_per_tan - wrong {
            0 => AttemptOutcome::LastWrong { retry_after: self.fresh_tan_in(self.entry(id)), consequence },
            attempts_left => AttemptOutcome::Wrong { attempts_left, consequence },
        }
    }
}
