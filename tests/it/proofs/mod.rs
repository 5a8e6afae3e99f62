//! What an account proves itself with, as the database keeps it: written whole, sealed where it stands, taken once.

use std::time::Duration;

use tanager::{
    chance::SystemChance,
    domain::{
        account::{Account, Terms},
        channel::{BroughtBy, Strengths},
        event::{Event, EventKind},
        factor::{Device, NewDevice},
        id::RecoverySetId,
        keys::{KeyId, KeyRing},
        limits::Limits,
        policy::Policy,
        recovery::RecoveryCodes,
        time::Timestamp,
        totp::{DeviceName, TotpSecret},
        username::Username,
    },
    storage::{
        datastore::{Author, Datastore, Wanted},
        error::StoreError,
    },
};

use crate::app::{Authenticator, TestApp, Wish};

mod at_once;
mod older;
mod round_trip;
mod sealed;

/// A service, an account, and the storage layer past both.
struct Place {
    app: TestApp,
    store: Datastore,
    ring: KeyRing,
    alice: Username,
    limits: Limits,
    policy: Policy,
}

impl Place {
    async fn with_account() -> Self {
        let app = TestApp::start().await;
        app.customer("alice").await;
        let ring = tanager::app::key_file::read(&app.directory().join("keys.toml")).unwrap();
        let (store, limits, policy) = (app.store(&Wish::default()), Limits::default(), Policy::default());
        Self { app, store, ring, alice: Username::parse("alice").unwrap(), limits, policy }
    }

    fn terms(&self, now: Timestamp) -> Terms<'_> {
        Terms { now, limits: &self.limits, strengths: Strengths::default(), policy: self.policy }
    }

    /// One transition, and an event of it.
    async fn change(&self, change: impl FnMut(&mut Account, Timestamp)) {
        let mut change = change;
        let decide = |account: &mut Account, now| {
            change(account, now);
            account.note(Event::of(EventKind::AccountChanged));
        };
        self.store.transact(Wanted::account(&self.alice), Author::durable("a test"), decide).await.unwrap().unwrap();
    }

    /// The account as it is read.
    async fn read(&self) -> Result<Account, StoreError> {
        let look = |account: &Account, _| account.clone();
        Ok(self.store.look(Wanted::account(&self.alice), look).await?.expect("the account is there"))
    }
}

fn device(name: &str, seconds: i64) -> Device {
    let new = NewDevice { name: DeviceName::parse(name).unwrap(), secret: TotpSecret::generate(&SystemChance) };
    Device::new(new, Vec::new(), Timestamp::from_seconds(seconds), BroughtBy::Customer)
}

fn codes(key: KeyId, seconds: i64) -> RecoveryCodes {
    let since = Timestamp::from_seconds(seconds);
    let set = RecoverySetId::new(since, &SystemChance);
    RecoveryCodes { set, key, used: Vec::new(), since, brought_by: BroughtBy::Customer }
}

/// The code that an app with this secret shows.
fn shown(secret: &TotpSecret, now: Timestamp) -> String {
    Authenticator::from_secret(&secret.base32()).code_at(now.as_seconds())
}

const MINUTE: Duration = Duration::from_mins(1);
