//! What follows when a message was handed over, or could not be.

use std::time::Duration;

use crate::domain::{
    account::{Account, Terms},
    challenge::{ChallengeKind, State},
    event::{Event, EventKind},
    id::{ChallengeId, ReservationId, TransmissionId},
    rules::settle::Outcome,
};

/// Whether the message was handed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HandOver {
    /// It was.
    Sent,
    /// It was not; the reason's name, for the trail.
    Failed(&'static str),
}

/// The way that a message took, for the trail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Way {
    /// The transport that carried it or was the last to fail, by the operator's name for it.
    pub transport: String,
    /// Those that failed before it, each with the name of its failure.
    pub failed_before: Vec<(String, &'static str)>,
}

impl Way {
    /// `event` with the way in it.
    #[must_use]
    pub fn told(&self, event: Event) -> Event {
        let event = event.with("transport", self.transport.as_str());
        if self.failed_before.is_empty() {
            return event;
        }
        let failed = self.failed_before.iter().map(|(transport, failure)| format!("{transport}: {failure}"));
        event.with("failed_before", failed.collect::<Vec<_>>().join(", "))
    }
}

/// What became of a dead holder's sending.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TakenOver {
    /// It is to be sent again.
    ToSend,
    /// Nobody waits for it any more.
    Dropped,
}

impl Account {
    /// Records the outcome of a sending that nobody carried.
    pub fn record(&mut self, terms: &Terms<'_>, id: ChallengeId, transmission: TransmissionId, outcome: HandOver) {
        self.record_with(terms, id, transmission, outcome, None);
    }

    /// Records the outcome of a sending, and the way it took. Of no effect when it was recorded before, or nobody waits for it
    /// any more. A sending that was taken over has the same id: the first outcome of it counts, whoever recorded it.
    pub fn record_with(
        &mut self,
        terms: &Terms<'_>,
        id: ChallengeId,
        transmission: TransmissionId,
        outcome: HandOver,
        way: Option<&Way>,
    ) {
        let Ok(challenge) = self.challenge_mut(id) else { return };
        let Some(claim) = challenge.claim.filter(|claim| claim.transmission == transmission) else { return };
        challenge.claim = None;
        match outcome {
            HandOver::Sent => {
                challenge.transmissions = challenge.transmissions.saturating_add(1);
                challenge.transmitted_at = Some(claim.claimed_at);
                challenge.carried_by = way.map(|way| way.transport.clone());
                let paid_by = challenge.paid_by;
                self.note_hand_over(Event::of(EventKind::TransmissionSent).about(id), way);
                if let Some(paid_by) = paid_by {
                    self.settle(terms, paid_by, ReservationId::of_enrolment(id), Outcome::Succeeded);
                }
            }
            HandOver::Failed(reason) => {
                self.uncount_sending(claim.claimed_at);
                self.note_hand_over(Event::of(EventKind::TransmissionFailed).about(id).with("reason", reason), way);
                self.let_go(terms, id);
            }
        }
    }

    pub(super) fn note_hand_over(&mut self, event: Event, way: Option<&Way>) {
        self.note(match way {
            Some(way) => way.told(event),
            None => event,
        });
    }

    /// A failed hand-over spends no attempt and no cool-down. When it was the first, the challenge is void, its
    /// `Idempotency-Key` free, and the token that paid for it usable again.
    ///
    /// One of Taler's stays as it is: its id may be used again.
    fn let_go(&mut self, terms: &Terms<'_>, id: ChallengeId) {
        let Ok(challenge) = self.challenge_mut(id) else { return };
        if challenge.transmissions > 0 || challenge.kind == ChallengeKind::Taler {
            return;
        }
        challenge.idempotency = None;
        let paid_by = challenge.paid_by.filter(|_| challenge.kind == ChallengeKind::Address);
        self.void(id, "its message could not be handed over");
        if let Some(paid_by) = paid_by {
            self.settle(terms, paid_by, ReservationId::of_enrolment(id), Outcome::NoEffect);
        }
    }

    /// Takes over a sending whose holder died: the same transmission and the same TAN under a new lease. When its
    /// challenge has ended, or the TAN is dead, the sending counts as failed instead. `None` when no dead holder's
    /// sending is there, or its channel's ceiling has no place for it now: the dead one's message may be out already.
    pub fn take_over(&mut self, terms: &Terms<'_>, id: ChallengeId, lease: Duration) -> Option<TakenOver> {
        let challenge = self.challenge(id).ok()?;
        let transmission = challenge.claim.filter(|claim| claim.lease_until <= terms.now)?.transmission;
        let wanted =
            challenge.state == State::Open && challenge.attempts_left > 0 && terms.now < challenge.tan_expires_at;
        if !wanted {
            self.record(terms, id, transmission, HandOver::Failed("its challenge ended"));
            return Some(TakenOver::Dropped);
        }
        let channel = challenge.channel();
        if !self.take_place(terms, channel) {
            return None;
        }
        self.challenge_mut(id).ok()?.claim.as_mut()?.lease_until = terms.now.plus(lease);
        let event = Event::of(EventKind::TransmissionTakenOver).about(id);
        self.note(event.with("transmission", transmission.to_string()));
        Some(TakenOver::ToSend)
    }
}
