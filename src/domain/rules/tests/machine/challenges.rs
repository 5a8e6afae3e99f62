//! Steps about challenges and their messages.

use super::{
    ledger::{By, Entry, Life, UnderWay},
    play::{Named, Play},
    step::{Guess, Pick},
};
use crate::domain::{
    challenge::ChallengeKind,
    channel::Channel,
    id::ChallengeId,
    refusal::Refusal,
    rules::{
        request::{NewChallenge, Requested, Wish},
        transmission::{HandOver, TakenOver},
    },
    testing::{idempotency, operation, wrong},
};

impl Play {
    /// The latest message of a challenge says this.
    pub(super) fn message(&mut self, id: ChallengeId, fresh: bool) {
        let said = self.scene.tan(id);
        let entry = self.ledger.entry_mut(id);
        assert_eq!(entry.tans.last() != Some(&said), fresh, "a fresh TAN, or the same again");
        if fresh {
            assert!(!entry.tans.contains(&said));
            entry.tans.push(said);
        }
    }

    pub(super) fn write(&mut self, new: &NewChallenge, kind: ChallengeKind, by: By, session: u8) -> &mut Entry {
        let (now, limits) = (self.scene.now, &self.scene.limits);
        let (from, until) = (now, now.plus(self.scene.lease));
        let sent = matches!(by, By::Message(_));
        let known = matches!(by, By::Devices | By::Codes);
        let ends = now.plus(if known { limits.tan_lifetime } else { limits.challenge_lifetime });
        let under_way = || UnderWay { transmission: new.sending.unwrap().transmission, from, until };
        self.ledger.entries.push(Entry {
            id: new.id,
            kind,
            by,
            bound: None,
            session,
            key: None,
            payer: None,
            asked: now,
            ends,
            tans: Vec::new(),
            tan_ends: if sent { now.plus(limits.tan_lifetime) } else { ends },
            wrong: 0,
            under_way: sent.then(under_way),
            sent: 0,
            busy_since: None,
            was_solved: false,
            life: Life::Open,
            token: None,
            counts: None,
        });
        if sent {
            self.message(new.id, true);
        }
        self.ledger.entry_mut(new.id)
    }

    pub(super) fn request(&mut self, channel: Channel, bound: Option<u8>, key: Option<(u8, u8)>, session: u8) {
        let named = Named { key: key.map(|(key, _)| key), ..Named::default() };
        self.transition(named, |play| {
            let new = play.scene.new_challenge(session);
            let idempotency = key.map(|(key, request)| idempotency(key, request));
            let wish = Wish { operation: bound.map(operation), summary: None, idempotency };
            let expected = play.ledger.request(channel, key);
            let answer = play.scene.ask(|account, terms| account.request(terms, &new, channel, wish));
            let as_expected = expected.map(|same| same.map_or(Requested::New(new.id), Requested::Repeated));
            assert_eq!(answer, as_expected);
            if answer == Ok(Requested::New(new.id)) {
                let by = play.ledger.by(channel);
                let entry = play.write(&new, ChallengeKind::Token, by, session);
                (entry.bound, entry.key) = (bound, key);
            }
        });
    }

    pub(super) fn prove(&mut self, channel: Channel, bound: Option<u8>, session: u8) {
        let before = self.ledger.entries.len();
        self.request(channel, bound, None, session);
        if self.ledger.entries.len() > before {
            self.of(Pick(0), |play, id| play.record(id, true, false));
            self.of(Pick(0), |play, id| play.attempt(id, Guess::Right));
        }
    }

    pub(super) fn retransmit(&mut self, id: ChallengeId) {
        if self.ledger.entry(id).kind == ChallengeKind::Taler {
            return self.transmit(id);
        }
        self.transition(Named { challenge: Some(id), key: None }, |play| {
            let sending = play.scene.sending();
            let expected = play.ledger.retransmit(id, sending.transmission);
            let shown = play.scene.view(id).earliest_retransmission;
            let answer = play.scene.ask(|account, terms| account.retransmit(terms, id, sending));
            assert_eq!(answer, expected.clone().map(|_| ()));
            if let Err(Refusal::RateLimited { limit: "retransmission_period", retry_after }) = answer {
                assert_eq!(shown, Some(play.scene.now.plus(retry_after)), "the view told another moment");
            }
            if let Ok(fresh) = expected {
                play.message(id, fresh);
            }
        });
    }

    pub(super) fn typed(&self, id: ChallengeId, guess: Guess) -> String {
        let Entry { tans, by, .. } = self.ledger.entry(id);
        match by {
            By::Message(_) => {}
            By::Devices => return self.ledger.typed_code(None, guess),
            By::NewDevice { number, .. } => return self.ledger.typed_code(Some(*number), guess),
            By::Codes => return self.ledger.typed_recovery(guess),
        }
        let last = tans.last().unwrap();
        match guess {
            Guess::Right => last.clone(),
            Guess::Wrong => wrong(last),
            Guess::Old => tans.first().unwrap().clone(),
            Guess::OfAnother(pick) => {
                let another = self.find(pick).and_then(|of| self.ledger.entry(of).tans.last());
                another.unwrap_or(last).clone()
            }
            Guess::NoCandidate => "123456".to_owned(),
        }
    }

    pub(super) fn attempt(&mut self, id: ChallengeId, guess: Guess) {
        let typed = self.typed(id, guess);
        let (channel, tan) = (self.ledger.entry(id).channel(), self.ledger.entry(id).tans.last().cloned());
        self.transition(Named { challenge: Some(id), key: None }, |play| {
            play.known_at(id);
            if play.ledger.entry(id).is_unsent() {
                return;
            }
            let expected = play.ledger.attempt(id, &typed);
            let outcome = play.scene.attempt(id, &typed);
            assert_eq!(outcome, expected);
            let (limits, strengths) = (&play.scene.limits, play.scene.strengths);
            play.witness.saw((id, channel, tan.as_deref(), &typed), &outcome, play.scene.now, (limits, strengths));
        });
    }

    pub(super) fn abort(&mut self, id: ChallengeId) {
        self.transition(Named { challenge: Some(id), key: None }, |play| {
            play.known_at(id);
            if play.ledger.entry(id).kind == ChallengeKind::Taler {
                return;
            }
            let expected = play.ledger.abort(id);
            assert_eq!(play.scene.abort(id), expected);
        });
    }

    pub(super) fn record(&mut self, id: ChallengeId, sent: bool, late: bool) {
        let under_way = self.ledger.entry(id).under_way.filter(|_| !late);
        let unknown = self.scene.sending().transmission;
        let transmission = under_way.map_or(unknown, |under_way| under_way.transmission);
        self.transition(Named { challenge: Some(id), key: None }, |play| {
            play.ledger.record(id, transmission, sent);
            let outcome = if sent { HandOver::Sent } else { HandOver::Failed("exit") };
            play.scene.ask(|account, terms| account.record(terms, id, transmission, outcome));
        });
    }

    pub(super) fn take_over(&mut self, id: ChallengeId) {
        self.transition(Named { challenge: Some(id), key: None }, |play| {
            let expected = play.ledger.take_over(id);
            assert_eq!(play.scene.take_over(id), expected);
            if expected == Some(TakenOver::ToSend) {
                play.message(id, false);
            }
        });
    }
}
