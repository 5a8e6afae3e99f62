//! Stepping a session up: it proves itself once with a one-shot token, and for a while what asks for no more than a session
//! asks for nothing else (`api.md` section 7).

use crate::domain::{
    account::{Account, StepUp, Terms},
    channel::Strength,
    event::{Event, EventKind},
    id::AccessTokenId,
    rules::protect::Clearance,
    time::Timestamp,
};

/// More sessions than a customer has at once. The oldest step-up ends when there is one more.
const MOST_STEP_UPS: usize = 20;

impl Account {
    /// Steps a session up that ends at `session_ends`: for `step_up_lifetime`, and never longer than the session itself.
    /// The token that cleared it is spent; its channel's strength is what the session shows from now on. Without a token,
    /// where nothing protects the account, it shows nothing: it ends with the first factor. Returns until when.
    pub fn step_up(
        &mut self,
        terms: &Terms<'_>,
        session: AccessTokenId,
        session_ends: Timestamp,
        cleared: Clearance,
    ) -> Timestamp {
        let solved_on = |id| self.challenge(id).ok().map(|challenge| terms.strengths.of(challenge.channel()));
        let strength = cleared.paid_by().and_then(solved_on).unwrap_or(Strength::Inform);
        let until = terms.now.plus(terms.limits.step_up_lifetime).min(session_ends);
        self.pay(cleared);
        self.step_ups.retain(|known| known.session != session && known.until > terms.now);
        let over = self.step_ups.len().saturating_sub(MOST_STEP_UPS - 1);
        self.step_ups.drain(..over);
        self.step_ups.push(StepUp { session, until, strength });
        let event = Event::of(EventKind::SessionSteppedUp).with("token", session.to_string());
        self.note(event.with("until", until.as_seconds().to_string()));
        until
    }

    /// What a session has shown, as long as that counts; `None`: nothing.
    #[must_use]
    pub fn stepped_up(&self, now: Timestamp, session: Option<AccessTokenId>) -> Option<Strength> {
        self.step_up_of(now, session?).map(|known| known.strength)
    }

    /// A session's step-up, as long as it counts.
    #[must_use]
    pub fn step_up_of(&self, now: Timestamp, session: AccessTokenId) -> Option<StepUp> {
        self.step_ups.iter().find(|known| known.session == session && now < known.until).copied()
    }

    /// Ends what hangs on a session: its open challenges and unspent tokens, and its step-up.
    pub fn close_session(&mut self, session: AccessTokenId) {
        self.void_where("its session was closed", |challenge| challenge.access_token == Some(session));
        self.step_ups.retain(|known| known.session != session);
    }
}
