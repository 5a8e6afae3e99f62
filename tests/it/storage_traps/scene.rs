//! An account in the middle of everything, and instances that decide about it.

use std::{sync::Arc, time::Duration};

use serde_json::json;
use tanager::{
    app::{Overrides, key_file, parts},
    chance::SystemChance,
    domain::{
        account::{Account, Terms},
        address::Address,
        channel::{Channel, Strengths},
        event::{Event, EventKind},
        id::{AccessTokenId, ChallengeId, TransmissionId},
        keys::KeyRing,
        limits::Limits,
        policy::Policy,
        rules::request::{NewChallenge, Sending},
        tan::Candidate,
        time::Timestamp,
        username::Username,
    },
    storage::datastore::{Author, Datastore, Wanted},
};

use crate::app::{Customer, TestApp, Wish};

/// Alice: SMS active, a new mailbox waiting for its proof, one token unspent, one challenge open.
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
        Self {
            username: Username::parse("alice").unwrap(),
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
        }
    }

    pub fn sending(&self, terms: &Terms<'_>) -> Sending {
        Sending { transmission: TransmissionId::new(terms.now, &SystemChance), lease: self.limits.reservation_lease }
    }
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
