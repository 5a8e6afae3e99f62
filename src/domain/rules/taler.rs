//! Taler's flow (`api.md` section 6c): challenges that exist as sealed ids until one is used, and whose ids are the proof
//! once they are solved.

use crate::domain::{
    account::{Account, Terms},
    assurance::Demand,
    challenge::{ChallengeKind, State},
    channel::Channel,
    id::ChallengeId,
    meter,
    refusal::{OfferedChannel, Refusal},
    rules::request::{NewChallenge, Wish},
    taler::TalerId,
};

impl Account {
    /// The channels that Taler's clients are offered: those that they know; an account that has neither is offered its
    /// others.
    #[must_use]
    pub fn offered_to_taler(&self, terms: &Terms<'_>, demand: Demand) -> Vec<OfferedChannel> {
        let offered = self.offered(terms, demand);
        let known = |offer: &OfferedChannel| matches!(offer.channel, Channel::Sms | Channel::Email);
        let familiar: Vec<_> = offered.iter().filter(|offer| known(offer)).cloned().collect();
        if familiar.is_empty() { offered } else { familiar }
    }

    /// Counts an answer of the bank core that was withheld for want of a proof; refuses one that is over what messages
    /// are limited to (`account_per_hour`, `account_per_day`).
    pub fn withhold(&mut self, terms: &Terms<'_>) -> Result<(), Refusal> {
        meter::refuse_over(&meter::account_caps(terms.limits), &self.withheld, terms.now)?;
        meter::forget_old(&mut self.withheld, terms.now);
        self.withheld.push(terms.now);
        Ok(())
    }

    /// Begins the sending of one of Taler's challenges: its first makes it, a later one sends it again. Once its
    /// attempts were exhausted a fresh TAN is sent without cool-down, within the other limits.
    pub fn transmit_taler(&mut self, terms: &Terms<'_>, id: &TalerId, new: &NewChallenge) -> Result<(), Refusal> {
        if id.account != self.id {
            return Err(Refusal::TransactionNotFound);
        }
        match self.taler(id.challenge) {
            Err(_) => self.begin_taler(terms, id, new),
            Ok(state) => self.transmit_taler_again(terms, id.challenge, state, new),
        }
    }

    fn begin_taler(&mut self, terms: &Terms<'_>, id: &TalerId, new: &NewChallenge) -> Result<(), Refusal> {
        if id.epoch != self.epoch || terms.now >= id.expires_at {
            return Err(Refusal::TransactionNotFound);
        }
        let wish = Wish { operation: Some(id.operation), summary: id.summary.clone(), idempotency: None };
        self.open(terms, new, ChallengeKind::Taler, id.channel, wish)
    }

    fn transmit_taler_again(
        &mut self,
        terms: &Terms<'_>,
        id: ChallengeId,
        state: State,
        new: &NewChallenge,
    ) -> Result<(), Refusal> {
        match state {
            State::Solved(_) | State::Spent => Err(Refusal::ChallengeSolved),
            State::Aborted | State::Void => Err(Refusal::TransactionNotFound),
            State::Open if !self.challenge(id)?.channel().transmits() => self.refuse_ended_taler(terms, id),
            // A block comes before `challenge_lifetime`, as on every sending.
            State::Open => {
                let sending = new.sending.ok_or(Refusal::ChannelNotSupported)?;
                self.retransmit(terms, id, sending).map_err(|refusal| match refusal {
                    Refusal::ChallengeExpired => Refusal::TransactionNotFound,
                    other => other,
                })
            }
        }
    }

    /// Asked for again where nothing is sent: nothing happens, as long as a code would still be taken.
    fn refuse_ended_taler(&self, terms: &Terms<'_>, id: ChallengeId) -> Result<(), Refusal> {
        self.refuse_blocked(terms)?;
        let challenge = self.challenge(id)?;
        if terms.now >= challenge.ends_at {
            return Err(Refusal::TransactionNotFound);
        }
        if challenge.attempts_left == 0 {
            let retry_after = challenge.ends_at.since(terms.now);
            return Err(Refusal::RateLimited { limit: "attempts_per_tan", retry_after });
        }
        Ok(())
    }

    /// Refuses to compare a TAN with a challenge that is not Taler's, or that was never sent.
    pub fn refuse_unsent_taler(&self, id: ChallengeId) -> Result<(), Refusal> {
        self.taler(id)?;
        if self.challenge(id)?.is_unsent() { Err(Refusal::ChallengeNotFound) } else { Ok(()) }
    }

    /// At the endpoints of section 5, Taler's challenges are unknown.
    pub fn refuse_taler(&self, id: ChallengeId) -> Result<(), Refusal> {
        match self.taler(id) {
            Ok(_) => Err(Refusal::ChallengeNotFound),
            Err(_) => Ok(()),
        }
    }

    fn taler(&self, id: ChallengeId) -> Result<State, Refusal> {
        let challenge = self.challenge(id)?;
        (challenge.kind == ChallengeKind::Taler).then_some(challenge.state).ok_or(Refusal::ChallengeNotFound)
    }
}
