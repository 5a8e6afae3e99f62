//! Requesting a challenge, sending it again, and ending it.

use std::time::Duration;

use crate::domain::{
    account::{Account, Terms},
    challenge::{Challenge, ChallengeKind, Idempotency, State, TokenStanding},
    channel::Channel,
    event::{Event, EventKind},
    factor::Target,
    id::{AccessTokenId, ChallengeId, TransmissionId},
    keys::KeyId,
    language::Language,
    operation::OperationDigest,
    refusal::Refusal,
    summary::Approval,
    time::Timestamp,
};

/// For how long an `Idempotency-Key` is honoured.
pub const IDEMPOTENCY_LIFETIME: Duration = Duration::from_hours(24);

/// A sending that is about to begin: its id, and how long its holder is waited for.
#[derive(Clone, Copy, Debug)]
pub struct Sending {
    /// Its id.
    pub transmission: TransmissionId,
    /// The lease: the transport's timeout and a few seconds.
    pub lease: Duration,
}

/// What a new challenge is made of.
#[derive(Clone)]
pub struct NewChallenge {
    /// Its id.
    pub id: ChallengeId,
    /// The key of its TANs.
    pub tan_key: KeyId,
    /// The access token that asks.
    pub access_token: Option<AccessTokenId>,
    /// Its first sending; `None` where nothing is sent.
    pub sending: Option<Sending>,
    /// The language that the client asks for, of those that are spoken here.
    pub language: Option<Language>,
}

/// What the caller asks for beside the channel.
#[derive(Clone, Debug, Default)]
pub struct Wish {
    /// The operation to bind the token to.
    pub operation: Option<OperationDigest>,
    /// What the customer is shown.
    pub summary: Option<Approval>,
    /// The request's `Idempotency-Key`.
    pub idempotency: Option<Idempotency>,
}

/// What came of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Requested {
    /// A challenge was made; its message is to be sent.
    New(ChallengeId),
    /// The same request came before: nothing is made and nothing sent.
    Repeated(ChallengeId),
}

impl Account {
    /// Requests a challenge on an active channel, to be solved for a token.
    pub fn request(
        &mut self,
        terms: &Terms<'_>,
        new: &NewChallenge,
        channel: Channel,
        wish: Wish,
    ) -> Result<Requested, Refusal> {
        if let Some(earlier) = self.same_request(terms.now, wish.idempotency)? {
            return Ok(Requested::Repeated(earlier));
        }
        self.open(terms, new, ChallengeKind::Token, channel, wish)?;
        Ok(Requested::New(new.id))
    }

    /// Opens a challenge on an active channel, its first sending under way.
    pub(super) fn open(
        &mut self,
        terms: &Terms<'_>,
        new: &NewChallenge,
        kind: ChallengeKind,
        channel: Channel,
        wish: Wish,
    ) -> Result<(), Refusal> {
        self.refuse_blocked(terms)?;
        let target = self.target_of(terms, channel).ok_or(Refusal::ChannelNotSupported)?;
        self.refuse_hot(channel, terms, None)?;
        if let Some(address) = target.address() {
            new.sending.ok_or(Refusal::ChannelNotSupported)?;
            self.refuse_sending(terms, address)?;
            self.count_sending(terms, address);
        }
        let challenge = open_challenge(terms, new, kind, target, wish);
        let requested = Event::of(EventKind::ChallengeRequested).about(new.id).with("channel", channel.name());
        let bound = if challenge.operation.is_some() { "yes" } else { "no" };
        let requested = requested.with("bound", bound);
        self.note(match challenge.address() {
            Some(address) => requested.with("tan_info", address.masked()),
            None => requested,
        });
        self.challenges.push(challenge);
        Ok(())
    }

    /// What proves a challenge on this channel; `None` where nothing of it is in force, or nothing is left of it.
    fn target_of(&self, terms: &Terms<'_>, channel: Channel) -> Option<Target> {
        let target = match channel {
            Channel::Sms | Channel::Email => Target::Address(self.active(channel)?.address.clone()),
            Channel::Totp => self.devices.first().map(|_| Target::Devices)?,
            Channel::Recovery => {
                self.recovery.as_ref().filter(|codes| codes.left() > 0).map(|_| Target::RecoveryCodes)?
            }
        };
        terms.policy.serves(channel).then_some(target)
    }

    /// The challenge that the same request made before; refuses another request under the same key, and one whose
    /// first run is not over.
    pub fn same_request(
        &self,
        now: Timestamp,
        idempotency: Option<Idempotency>,
    ) -> Result<Option<ChallengeId>, Refusal> {
        let Some(wanted) = idempotency else { return Ok(None) };
        let young = |challenge: &&Challenge| now < challenge.requested_at.plus(IDEMPOTENCY_LIFETIME);
        let same_key = |challenge: &&Challenge| challenge.idempotency.is_some_and(|known| known.key == wanted.key);
        let Some(earlier) = self.challenges.iter().filter(young).find(same_key) else { return Ok(None) };
        if earlier.idempotency.is_some_and(|known| known.request != wanted.request) {
            return Err(Refusal::IdempotencyMismatch);
        }
        match earlier.claim {
            Some(claim) if earlier.transmissions == 0 => {
                Err(Refusal::IdempotencyRunning { retry_after: claim.lease_until.since(now) })
            }
            _ => Ok(Some(earlier.id)),
        }
    }

    /// Refuses within the cool-down of the channel, and when too many challenges are open; the one that is `replaced`
    /// gives its place, and one that is unsent takes none.
    pub(super) fn refuse_hot(
        &self,
        channel: Channel,
        terms: &Terms<'_>,
        replaced: Option<ChallengeId>,
    ) -> Result<(), Refusal> {
        refuse_busy(self.cooling(channel, terms))?;
        let mut ends: Vec<Timestamp> = self
            .challenges
            .iter()
            .filter(|challenge| challenge.is_alive(terms.now) && !challenge.is_unsent())
            .filter(|challenge| Some(challenge.id) != replaced)
            .map(|challenge| challenge.ends_at)
            .collect();
        ends.sort_unstable();
        let most = usize::from(terms.limits.open_challenges);
        match ends.len().checked_sub(most).and_then(|over| ends.get(over)) {
            Some(end) => Err(Refusal::RateLimited { limit: "open_challenges", retry_after: end.since(terms.now) }),
            None => Ok(()),
        }
    }

    /// Sends a challenge again: the same TAN, or a fresh one when that was exhausted or ran out (the old one is then dead).
    pub fn retransmit(&mut self, terms: &Terms<'_>, id: ChallengeId, sending: Sending) -> Result<(), Refusal> {
        let challenge = self.challenge(id)?;
        match challenge.state {
            State::Open => {}
            State::Solved(_) | State::Spent => return Err(Refusal::ChallengeSolved),
            State::Aborted | State::Void => return Err(Refusal::ChallengeExpired),
        }
        self.refuse_blocked(terms)?;
        let challenge = self.challenge(id)?;
        if terms.now >= challenge.ends_at {
            return Err(Refusal::ChallengeExpired);
        }
        let withdrawn = challenge.kind != ChallengeKind::Address && !self.has(challenge.channel());
        let address = challenge.address().filter(|_| !withdrawn).cloned().ok_or(Refusal::ChannelNotSupported)?;
        if challenge.transmissions_begun() >= terms.limits.transmissions_per_challenge {
            return Err(Refusal::RateLimited {
                limit: "transmissions_per_challenge",
                retry_after: challenge.ends_at.since(terms.now),
            });
        }
        refuse_busy(self.busy(challenge, terms))?;
        if challenge.is_unsent() {
            self.refuse_hot(challenge.channel(), terms, None)?;
        }
        self.refuse_sending(terms, &address)?;
        self.count_sending(terms, &address);
        self.send_again(terms, id, sending)
    }

    fn send_again(&mut self, terms: &Terms<'_>, id: ChallengeId, sending: Sending) -> Result<(), Refusal> {
        let challenge = self.challenge_mut(id)?;
        let dead = challenge.attempts_left == 0 || terms.now >= challenge.tan_expires_at;
        if dead {
            challenge.renew_tan(terms.now, terms.limits);
        }
        // A dead holder's message may have arrived: it counts as one that did.
        challenge.transmissions = challenge.transmissions_begun();
        challenge.claim(sending.transmission, terms.now, sending.lease);
        let fresh = if dead { "yes" } else { "no" };
        self.note(Event::of(EventKind::ChallengeRetransmitted).about(id).with("fresh_tan", fresh));
        Ok(())
    }

    /// Ends a challenge at the customer's wish, and the unspent token it yielded. Idempotent; the cool-down stays.
    pub fn abort(&mut self, terms: &Terms<'_>, id: ChallengeId) -> Result<(), Refusal> {
        let challenge = self.challenge_mut(id)?;
        match challenge.state {
            State::Open | State::Solved(Some(_)) => {}
            State::Solved(None) | State::Spent | State::Aborted | State::Void => return Ok(()),
        }
        if let TokenStanding::Held { retry_after } = challenge.token_standing(terms.now) {
            return Err(Refusal::TokenReserved { retry_after });
        }
        challenge.state = State::Aborted;
        self.note(Event::of(EventKind::ChallengeAborted).about(id));
        Ok(())
    }
}

fn refuse_busy(busy: Duration) -> Result<(), Refusal> {
    match busy {
        Duration::ZERO => Ok(()),
        retry_after => Err(Refusal::RateLimited { limit: "retransmission_period", retry_after }),
    }
}

/// A new challenge for that target; where a TAN is sent, its first one is in force and its first sending claimed.
pub(super) fn open_challenge(
    terms: &Terms<'_>,
    new: &NewChallenge,
    kind: ChallengeKind,
    target: Target,
    wish: Wish,
) -> Challenge {
    let mut challenge = unsent_challenge(terms, new, kind, target, wish);
    if challenge.address().is_some() {
        challenge.renew_tan(terms.now, terms.limits);
        if let Some(sending) = new.sending {
            challenge.claim(sending.transmission, terms.now, sending.lease);
        }
    }
    challenge
}

/// Where nothing is sent there is nothing to be sent again: it ends with its only lifetime, the time to show a code or to
/// set a device up.
fn unsent_challenge(
    terms: &Terms<'_>,
    new: &NewChallenge,
    kind: ChallengeKind,
    target: Target,
    wish: Wish,
) -> Challenge {
    let lifetime = match target {
        Target::Address(_) | Target::NewDevice(_) => terms.limits.challenge_lifetime,
        Target::Devices | Target::RecoveryCodes => terms.limits.tan_lifetime,
    };
    let ends_at = terms.now.plus(lifetime);
    Challenge {
        id: new.id,
        kind,
        target,
        operation: wish.operation,
        summary: wish.summary,
        language: new.language.clone(),
        access_token: new.access_token,
        paid_by: None,
        tan_key: new.tan_key,
        tan_digits: terms.limits.tan_digits,
        generation: 0,
        requested_at: terms.now,
        ends_at,
        tan_expires_at: ends_at,
        attempts_left: terms.limits.attempts_per_tan,
        transmissions: 0,
        transmitted_at: None,
        carried_by: None,
        claim: None,
        idempotency: wish.idempotency,
        reservation: None,
        counts_from: None,
        state: State::Open,
    }
}
