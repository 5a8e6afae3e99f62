//! An account in the middle of everything, and instances that decide about it.

use std::{sync::Arc, time::Duration};

use serde_json::json;
use tanager::{
    app::{Overrides, key_file, parts},
    chance::SystemChance,
    domain::{
        account::{Account, StepUp, Terms},
        address::Address,
        channel::{BroughtBy, Channel, Strength, Strengths},
        event::{Event, EventKind},
        factor::{Device, NewDevice},
        id::{AccessTokenId, ChallengeId, RecoverySetId, TransmissionId},
        keys::{KeyId, KeyRing},
        limits::Limits,
        policy::Policy,
        recovery::RecoveryCodes,
        rules::request::{NewChallenge, Sending},
        tan::Candidate,
        time::Timestamp,
        totp::{DeviceName, TotpSecret},
        username::Username,
    },
    storage::datastore::{Author, Datastore, Wanted},
};

use crate::app::{Customer, TestApp, Wish};

/// Alice: SMS, a device and recovery codes active, a session stepped up, a new mailbox waiting for its proof, one token
/// unspent, one challenge open.
pub struct Scene {
    pub app: TestApp,
    pub alice: Customer,
    pub username: Username,
    pub ring: KeyRing,
    pub limits: Limits,
    pub session: AccessTokenId,
    pub pending: (ChallengeId, String),
    pub solved: ChallengeId,
    pub open: (ChallengeId, String),
}

impl Scene {
    pub async fn set() -> Self {
        let app = TestApp::start().await;
        let alice = app.customer_with_sms("alice").await;
        let first = alice.token(&app).await;
        let enrol = reqwest::Method::POST;
        let enrolled = alice.client.send(enrol, &alice.path("/tan/email"), &[("TAN-Token", &first)], None).await;
        let pending = (id(enrolled.body["challenge"]["challenge_id"].as_str().unwrap()), app.tan_sent_to(&alice.email));
        let (solved, tan) = request(&app, &alice).await;
        assert_eq!(alice.confirm(&solved.to_string(), &tan).await.status, 200);
        let open = request(&app, &alice).await;
        let tokens = alice.client.get(&alice.path("/tokens")).await;
        let session = AccessTokenId::parse(tokens.body["tokens"][0]["token_id"].as_str().unwrap()).unwrap();
        let username = Username::parse("alice").unwrap();
        have_factors(&instance_on(&app), &username, session).await;
        Self {
            username,
            ring: key_file::read(&app.directory().join("keys.toml")).unwrap(),
            limits: Limits::default(),
            app,
            alice,
            session,
            pending,
            solved,
            open,
        }
    }

    /// Another instance of the service, as far as the database can tell, with one connection.
    pub fn instance(&self) -> Datastore {
        instance_on(&self.app)
    }

    /// What decides at `now`, cool-downs over.
    pub fn terms(&self, now: Timestamp) -> Terms<'_> {
        let (strengths, policy) = (Strengths::default(), Policy::default());
        Terms { now: now.plus(Duration::from_mins(2)), limits: &self.limits, strengths, policy }
    }

    pub fn new_challenge(&self, terms: &Terms<'_>) -> NewChallenge {
        NewChallenge {
            id: ChallengeId::new(terms.now, &SystemChance),
            tan_key: self.ring.active(),
            access_token: Some(self.session),
            sending: Some(self.sending(terms)),
            language: None,
        }
    }

    pub fn sending(&self, terms: &Terms<'_>) -> Sending {
        Sending { transmission: TransmissionId::new(terms.now, &SystemChance), lease: self.limits.reservation_lease }
    }
}

/// Puts a device and recovery codes in force, and steps the session up.
async fn have_factors(instance: &Datastore, username: &Username, session: AccessTokenId) {
    let decide = |account: &mut Account, now: Timestamp| {
        let new = NewDevice { name: DeviceName::default(), secret: TotpSecret::generate(&SystemChance) };
        account.devices.push(Device::new(new, Vec::new(), now, BroughtBy::Customer));
        account.recovery = Some(codes(now));
        account.step_ups.push(StepUp { session, until: now.plus(Duration::from_mins(15)), strength: Strength::Inform });
        account.note(Event::of(EventKind::AccountChanged));
    };
    instance.transact(Wanted::account(username), Author::durable("a test"), decide).await.unwrap().unwrap();
}

/// A new set of recovery codes.
pub fn codes(now: Timestamp) -> RecoveryCodes {
    let set = RecoverySetId::new(now, &SystemChance);
    RecoveryCodes { set, key: KeyId(1), used: Vec::new(), since: now, brought_by: BroughtBy::Customer }
}

async fn request(app: &TestApp, customer: &Customer) -> (ChallengeId, String) {
    let challenge = customer.client.post(&customer.path("/tan/challenge/sms"), json!({})).await;
    assert_eq!(challenge.status, 200, "{challenge:?}");
    (id(challenge.text("challenge_id")), app.tan_sent_to(&customer.phone))
}

pub fn instance_on(app: &TestApp) -> Datastore {
    let mut settings = app.database.settings(app.directory(), &Wish::default());
    settings.database.pool_size = 1;
    settings.database.statement_timeout = Duration::from_mins(1);
    let ring = Arc::new(key_file::read(&settings.keys.file).unwrap());
    let overrides = Overrides { clock: app.clock.clone(), ..Overrides::default() };
    parts::datastore(&settings, &parts::connecting(&settings), ring, &overrides).unwrap()
}

pub fn id(text: &str) -> ChallengeId {
    ChallengeId::parse(text).unwrap()
}

pub fn candidate(digits: &str) -> Candidate {
    Candidate::parse(digits, 8).unwrap()
}

pub fn mailbox(text: &str) -> Address {
    Address::parse(Channel::Email, text).unwrap()
}

/// A transition of another instance that changes no more than it must: the account's version and trail.
pub async fn overtake(other: &Datastore, username: &Username) {
    let note = |account: &mut Account, _| account.note(Event::of(EventKind::AccountUnblocked));
    other.transact(Wanted::account(username), Author::durable("overtaker"), note).await.unwrap().unwrap();
}

/// Runs something that waits in the middle of a decision, which does not.
pub fn meanwhile<T>(future: impl Future<Output = T>) -> T {
    tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(future))
}
