//! Plays a sequence: each step by the rules and by the ledger, whose answers must be the same.

use std::collections::{BTreeMap, HashSet};

use super::{
    ledger::{Entry, Ledger},
    step::{Pick, Step},
    terms::RandomTerms,
    tokens::Shown,
    witness::Witness,
};
use crate::domain::{
    account::Account,
    challenge::Challenge,
    channel::Channel,
    id::ChallengeId,
    testing::{Scene, idempotency, secs},
};

pub(super) struct Play {
    pub(super) scene: Scene,
    pub(super) ledger: Ledger,
    pub(super) witness: Witness,
    /// What the database would not hand to the rules unless it is named.
    archive: Vec<Challenge>,
}

/// What a step asks the database for beside the live challenges.
#[derive(Clone, Copy, Default)]
pub(super) struct Named {
    pub(super) challenge: Option<ChallengeId>,
    pub(super) key: Option<u8>,
}

impl Play {
    pub(super) fn under(terms: &RandomTerms) -> Self {
        let RandomTerms { limits, strengths, policy, lease, bare } = terms.clone();
        let mut scene = if bare { Scene::bare() } else { Scene::enrolled() };
        assert_eq!(limits.violations(), []);
        (scene.limits, scene.strengths, scene.policy, scene.lease) = (limits.clone(), strengths, policy, lease);
        let channels = scene.account.channels.iter().map(|active| (active.address.channel(), active.address.clone()));
        let ledger = Ledger {
            channels: channels.collect::<BTreeMap<_, _>>(),
            policy,
            young: BTreeMap::new(),
            order: vec![Channel::Sms, Channel::Email],
            devices: Vec::new(),
            sheet: None,
            dead_codes: Vec::new(),
            raised: Vec::new(),
            now: scene.now,
            entries: Vec::new(),
            offers: Vec::new(),
            loaded: HashSet::default(),
            run: 0,
            total: 0,
            strongest: None,
            blocks: 0,
            blocked_until: None,
            limits,
            strengths,
            lease,
        };
        Self { scene, ledger, witness: Witness::default(), archive: Vec::new() }
    }

    pub(super) fn all(mut self, steps: &[Step]) {
        for step in steps {
            self.one(step);
        }
    }

    fn one(&mut self, step: &Step) {
        match step.clone() {
            Step::Pass(seconds) => self.pass(seconds),
            Step::Request { channel, operation, key, session } => self.request(channel, operation, key, session),
            Step::Prove { channel, operation, session } => self.prove(channel, operation, session),
            Step::Retransmit(pick) => self.of(pick, Self::retransmit),
            Step::Attempt(pick, guess) => self.of(pick, |play, id| play.attempt(id, guess)),
            Step::Abort(pick) => self.of(pick, Self::abort),
            Step::Enrol { address, payer, operation, session } => self.enrol(&address, payer, operation, session),
            Step::EnrolDevice { device, payer, session } => self.enrol_device(device, payer, session),
            Step::SetUp { device, payer, session } => self.set_up(device, payer, session),
            Step::RemoveDevice { name, payer } => self.remove_device(name, payer),
            Step::MakeCodes { payer, session } => self.make_codes(payer, session),
            Step::Raise { session, left, payer } => self.step_up(session, left, payer),
            Step::DropPending(channel) => self.drop_pending(channel),
            Step::Remove { channel, payer, operation } => self.remove(channel, payer, operation),
            Step::SetAddress(address) => self.set_address(&address),
            Step::Reserve { token, taler, session, demand, operation } => {
                let token = token.and_then(|token| self.find(token));
                let taler = taler.into_iter().filter_map(|taler| self.find(taler)).collect();
                self.reserve(&Shown { token, taler, session }, demand, operation);
            }
            Step::Approve { channel, operation, session } => self.approve(channel, operation, session),
            Step::Redeem { token, asks, operation } => self.of(token, |play, id| play.redeem(id, asks, operation)),
            Step::Again { token, idempotent } => self.again(token, idempotent),
            Step::Settle { token, holder, outcome } => {
                if let Some(id) = self.find_held(token) {
                    self.settle(id, holder, outcome);
                }
            }
            Step::Offer { channel, operation, session } => drop(self.offer(channel, operation, session)),
            Step::Transmit(pick) => self.transmit_of(pick),
            Step::ProveTaler { channel, operation, session } => self.prove_taler(channel, operation, session),
            Step::Record { of, sent, late } => self.of(of, |play, id| play.record(id, sent, late)),
            Step::TakeOver(pick) => self.of(pick, Self::take_over),
            Step::Unblock => self.unblock(),
            Step::LogOut(session) => self.log_out(session),
        }
    }

    pub(super) fn of(&mut self, pick: Pick, step: impl FnOnce(&mut Self, ChallengeId)) {
        if let Some(id) = self.find(pick) {
            step(self, id);
        }
    }

    pub(super) fn find(&self, pick: Pick) -> Option<ChallengeId> {
        self.find_where(pick, |_| true)
    }

    /// One whose token was held before.
    pub(super) fn find_held(&self, pick: Pick) -> Option<ChallengeId> {
        self.find_where(pick, |entry| entry.token.as_ref().is_some_and(|token| !token.holds.is_empty()))
    }

    fn find_where(&self, Pick(back): Pick, chosen: impl Fn(&Entry) -> bool) -> Option<ChallengeId> {
        let mut ids: Vec<_> = self.ledger.entries.iter().filter(|entry| chosen(entry)).map(|entry| entry.id).collect();
        ids.reverse();
        ids.get(back.checked_rem(ids.len())?).copied()
    }

    /// One transition: what the database hands out, the step, what holds after every step, what stays live.
    pub(super) fn transition<T>(&mut self, named: Named, step: impl FnOnce(&mut Self) -> T) -> T {
        let wanted = |challenge: &Challenge| {
            let same_key = |key: u8| challenge.idempotency.is_some_and(|known| known.key == idempotency(key, 0).key);
            Some(challenge.id) == named.challenge || named.key.is_some_and(same_key)
        };
        let (loaded, archive) = self.archive.drain(..).partition(wanted);
        self.archive = archive;
        self.scene.account.challenges.extend::<Vec<_>>(loaded);
        self.ledger.loaded = self.scene.account.challenges.iter().map(|challenge| challenge.id).collect();
        let before = self.scene.account.clone();
        let answer = step(self);
        self.check(&before);
        for event in std::mem::take(&mut self.scene.account.events) {
            self.witness.read(&event);
        }
        let live = |challenge: &Challenge| challenge.is_live(self.scene.now, &self.scene.limits);
        let (live, archived): (Vec<_>, Vec<_>) = self.scene.account.challenges.drain(..).partition(live);
        self.scene.account.challenges = live;
        self.archive.extend(archived);
        answer
    }

    /// What holds after every step.
    fn check(&self, before: &Account) {
        let (account, ledger) = (&self.scene.account, &self.ledger);
        let counted = Account { refused: before.refused.clone(), ..account.clone() };
        assert_eq!(
            counted != *before,
            !account.events.is_empty(),
            "a change writes an event, and nothing else does, but that repeats are counted"
        );
        assert_eq!((account.standing.failures, account.standing.total_failures), (ledger.run, ledger.total));
        assert_eq!(account.standing.blocked_until, ledger.blocked_until);
        let addresses = account.channels.iter().map(|active| (active.address.channel(), active.address.clone()));
        assert_eq!(addresses.collect::<BTreeMap<_, _>>(), ledger.channels);
        assert_eq!(account.channels.len(), ledger.channels.len());
        self.check_devices();
        self.check_codes();
        self.check_sessions();
        for challenge in account.challenges.iter().chain(&self.archive) {
            let entry = ledger.entry(challenge.id);
            assert_eq!(challenge.phase(self.scene.now), ledger.phase(entry), "{challenge:?}\n{entry:?}");
        }
        for entry in ledger.entries.iter().filter(|entry| entry.matters(ledger.now, &ledger.limits)) {
            assert!(ledger.loaded.contains(&entry.id) || before.challenge(entry.id).is_err() && self.is_made(entry));
        }
    }

    fn is_made(&self, entry: &Entry) -> bool {
        self.scene.account.challenge(entry.id).is_ok()
    }

    fn pass(&mut self, seconds: u64) {
        self.scene.pass(secs(seconds));
        self.ledger.now = self.scene.now;
    }
}
