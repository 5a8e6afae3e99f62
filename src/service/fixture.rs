//! The use cases without a database, for tests of the layers above: what is refused before a row is read is refused, and
//! all else finds the database away.

use std::{sync::Arc, time::Duration};

use super::{Bank, Customers, Parts, Service};
use crate::{
    channel::{GateSettings, Outlet, Outlets, Recording, Transport},
    clock::DatabaseClock,
    domain::{
        assurance::Assurance,
        caller::{AccessToken, Mfa, Provenance, Scope},
        channel::{Channel, Strengths},
        id::AccessTokenId,
        keys::tests::{Fixed, ring},
        language::Language,
        limits::Limits,
        policy::Policy,
        time::Timestamp,
        username::Username,
    },
    message::Catalog,
    storage::{connect::Connecting, datastore},
};

/// The use cases, with `sms` as the one channel.
pub(crate) fn without_database() -> Service {
    let (ring, limits) = (Arc::new(ring()), Arc::new(Limits::default()));
    let wait = Duration::from_millis(100);
    let pool = Connecting {
        url: "host=/nowhere user=nobody dbname=nothing sslmode=disable",
        ca_file: None,
        pool_size: 1,
        pool_wait: wait,
        connect_timeout: wait,
        statement_timeout: wait,
    };
    let store = datastore::Datastore::new(datastore::Parts {
        pool: pool.pool().unwrap(),
        ring: Arc::clone(&ring),
        chance: Arc::new(Fixed(1)),
        clock: Arc::new(DatabaseClock),
        limits: Arc::clone(&limits),
        patience: wait,
    });
    let outlet =
        Arc::new(Outlet::new(vec![Transport::new("recording", Arc::new(Recording::new()))], GateSettings::default()));
    Service::new(Parts {
        store,
        ring,
        chance: Arc::new(Fixed(1)),
        outlets: Outlets::new().with(Channel::Sms, outlet),
        limits,
        strengths: Strengths::default(),
        policy: Policy::default(),
        bank: Bank { name: "Bank".to_owned(), host: None, contact: None },
        catalog: Arc::new(Catalog::load(None, &Language::parse("en").unwrap()).unwrap()),
        own_operations: Assurance::Token,
        core_operations: Vec::new(),
        customers: Customers::default(),
        checkpoints: None,
        runtime: tokio::runtime::Handle::current(),
    })
}

/// A token of that scope; of the account `alice` where the scope is one of accounts.
pub(crate) fn token(scope: Scope) -> AccessToken {
    AccessToken {
        id: AccessTokenId::new(Timestamp::from_seconds(1), &Fixed(1)),
        provenance: Provenance::Local,
        scope,
        owner: scope.is_of_account().then(|| Username::parse("alice").unwrap()),
        mfa: Mfa::Pending,
        operations: Vec::new(),
        proven: true,
        description: None,
        created_at: Timestamp::from_seconds(1),
        expires_at: Timestamp::NEVER,
    }
}
