//! Trying a TAN.

use std::time::Duration;

use crate::domain::{
    account::{Account, Terms},
    challenge::{Challenge, ChallengeKind, IssuedToken, State},
    channel::{BroughtBy, Channel},
    event::{Event, EventKind},
    factor::Target,
    id::{ChallengeId, ReservationId},
    keys::{KeyError, KeyRing},
    notice::Notice,
    rules::{settle::Outcome, shown::Shown},
    secret::SecretHash,
    standing::Consequence,
    tan::Candidate,
    time::Timestamp,
};

/// What came of a try. Every one of them is an answer; a wrong one must be written like a right one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AttemptOutcome {
    /// No such challenge for this account.
    Unknown,
    /// The candidate has not the form of this channel's answers; nothing was counted.
    NoCandidate,
    /// Right: the token is issued.
    Solved {
        /// Until when the token can be used.
        expires_at: Timestamp,
        /// Whether it is bound to an operation.
        bound: bool,
        /// Whom to tell what.
        notices: Vec<Notice>,
    },
    /// Right: the new address is active.
    Activated {
        /// Its channel.
        channel: Channel,
        /// Whom to tell what.
        notices: Vec<Notice>,
    },
    /// Wrong; more tries are left.
    Wrong {
        /// How many.
        attempts_left: u16,
        /// What else followed.
        consequence: Consequence,
    },
    /// Wrong, and the last that this TAN stood.
    LastWrong {
        /// When a fresh TAN can be had.
        retry_after: Duration,
        /// What else followed.
        consequence: Consequence,
    },
    /// Solved before: a token is never issued twice.
    AlreadySolved,
    /// Aborted or void.
    Ended,
    /// The account is blocked, also for the right TAN.
    Blocked {
        /// Until when.
        retry_after: Duration,
    },
    /// This TAN stands no further try.
    Exhausted {
        /// When a fresh one can be had.
        retry_after: Duration,
    },
    /// Out of time.
    Expired,
}

impl AttemptOutcome {
    /// The name of the limit that refused the try, if one did; a try that was compared is none.
    #[must_use]
    pub const fn refused_by(&self) -> Option<&'static str> {
        match self {
            Self::Blocked { .. } => Some("block"),
            Self::Exhausted { .. } => Some("attempts_per_tan"),
            _ => None,
        }
    }
}

impl Account {
    /// Tries a candidate. `token` is what is kept of the token that the caller gets if it is right.
    ///
    /// The order of the answers is that of the REST contract, section 5. A try on a dead challenge is compared with
    /// nothing and not counted.
    pub fn attempt(
        &mut self,
        terms: &Terms<'_>,
        ring: &KeyRing,
        id: ChallengeId,
        candidate: &Candidate,
        token: SecretHash,
    ) -> Result<AttemptOutcome, KeyError> {
        let Ok(challenge) = self.challenge(id) else { return Ok(AttemptOutcome::Unknown) };
        if let Some(refused) = self.refuse_attempt(terms, challenge, candidate) {
            if let Some(limit) = refused.refused_by() {
                self.count_refusal_by(terms.now, limit);
            }
            return Ok(refused);
        }
        match self.shown(terms, ring, challenge, candidate)? {
            Some(shown) => Ok(self.solve(terms, id, shown, token)),
            None => Ok(self.count_wrong(terms, id)),
        }
    }

    fn refuse_attempt(
        &self,
        terms: &Terms<'_>,
        challenge: &Challenge,
        candidate: &Candidate,
    ) -> Option<AttemptOutcome> {
        if !candidate.fits(challenge.channel(), challenge.tan_digits) {
            return Some(AttemptOutcome::NoCandidate);
        }
        match challenge.state {
            State::Open => {}
            State::Solved(_) | State::Spent => return Some(AttemptOutcome::AlreadySolved),
            State::Aborted | State::Void => return Some(AttemptOutcome::Ended),
        }
        if self.is_out_of_force(terms, challenge) {
            return Some(AttemptOutcome::Ended);
        }
        if let Some(retry_after) = self.standing.blocked_for(terms.now, terms.limits) {
            return Some(AttemptOutcome::Blocked { retry_after });
        }
        if challenge.attempts_left == 0 {
            return Some(AttemptOutcome::Exhausted { retry_after: self.fresh_tan_in(terms, challenge) });
        }
        (terms.now >= challenge.tan_expires_at).then_some(AttemptOutcome::Expired)
    }

    /// Whether the bank has decided otherwise since it was begun: its channel serves no more, or the first channel of an
    /// account is an operator's to bring.
    fn is_out_of_force(&self, terms: &Terms<'_>, challenge: &Challenge) -> bool {
        let brings = challenge.kind == ChallengeKind::Address;
        !terms.policy.serves(challenge.channel()) || (brings && self.refuse_first(terms).is_err())
    }

    /// How long until a fresh TAN of this challenge can be had: not during a block; when no more can be sent, until it
    /// ends.
    fn fresh_tan_in(&self, terms: &Terms<'_>, challenge: &Challenge) -> Duration {
        if challenge.transmissions_begun() >= terms.limits.transmissions_per_challenge {
            return challenge.ends_at.since(terms.now);
        }
        let blocked = self.standing.blocked_for(terms.now, terms.limits).unwrap_or_default();
        self.busy(challenge, terms).max(blocked)
    }

    fn solve(&mut self, terms: &Terms<'_>, id: ChallengeId, shown: Shown, token: SecretHash) -> AttemptOutcome {
        let used = self.use_up(terms, id, &shown);
        let Ok(challenge) = self.challenge_mut(id) else { return AttemptOutcome::Unknown };
        challenge.claim = None;
        // Whatever becomes of its token, a solved challenge cools nothing.
        challenge.transmitted_at = None;
        let channel = challenge.channel();
        if challenge.kind == ChallengeKind::Address {
            return self.put_in_force(terms, id, shown);
        }
        let expires_at = terms.now.plus(terms.limits.token_lifetime);
        challenge.state = State::Solved(Some(IssuedToken { hash: token, expires_at }));
        challenge.counts_from = used.counts_from;
        let bound = challenge.operation.is_some();
        self.standing.succeed(terms.strengths.of(channel));
        self.note(solved(id, channel));
        AttemptOutcome::Solved { expires_at, bound, notices: used.notices }
    }

    /// What was to be enrolled is proven.
    fn put_in_force(&mut self, terms: &Terms<'_>, id: ChallengeId, shown: Shown) -> AttemptOutcome {
        let Ok(challenge) = self.challenge_mut(id) else { return AttemptOutcome::Unknown };
        challenge.state = State::Solved(None);
        let (target, paid_by, session) = (challenge.target.clone(), challenge.paid_by, challenge.access_token);
        let channel = target.channel();
        self.note(solved(id, channel));
        if let Some(paid_by) = paid_by {
            self.settle(terms, paid_by, ReservationId::of_enrolment(id), Outcome::Succeeded);
        }
        let notices = match (target, shown) {
            (Target::Address(address), _) => self.activate(terms.now, &address, BroughtBy::Customer, session),
            (Target::NewDevice(device), Shown::NewDevice(steps)) => self.add_device(terms.now, device, steps, session),
            // Of these no challenge of this kind is made.
            (Target::NewDevice(_) | Target::Devices | Target::RecoveryCodes, _) => Vec::new(),
        };
        AttemptOutcome::Activated { channel, notices }
    }

    fn count_wrong(&mut self, terms: &Terms<'_>, id: ChallengeId) -> AttemptOutcome {
        let Ok(challenge) = self.challenge_mut(id) else { return AttemptOutcome::Unknown };
        challenge.attempts_left = challenge.attempts_left.saturating_sub(1);
        let (attempts_left, channel) = (challenge.attempts_left, challenge.channel());
        let wrong = if attempts_left == 0 { EventKind::ChallengeExhausted } else { EventKind::ChallengeWrong };
        self.note(Event::of(wrong).about(id).with("attempts_left", attempts_left.to_string()));
        let consequence = self.standing.fail(terms.strengths.of(channel), terms.now, terms.limits);
        self.note_consequence(consequence);
        if attempts_left > 0 {
            return AttemptOutcome::Wrong { attempts_left, consequence };
        }
        let retry_after = self.challenge(id).map_or(Duration::ZERO, |challenge| self.fresh_tan_in(terms, challenge));
        AttemptOutcome::LastWrong { retry_after, consequence }
    }

    fn note_consequence(&mut self, consequence: Consequence) {
        if consequence.warned {
            self.note(
                Event::of(EventKind::AccountWarned).with("total_failures", self.standing.total_failures.to_string()),
            );
        }
        if let Some(block) = consequence.block {
            let until = if block.until.is_never() { "never".to_owned() } else { block.until.as_seconds().to_string() };
            self.note(Event::of(EventKind::AccountBlocked).with("until", until));
        }
    }
}

fn solved(id: ChallengeId, channel: Channel) -> Event {
    Event::of(EventKind::ChallengeSolved).about(id).with("channel", channel.name())
}
