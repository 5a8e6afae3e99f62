//! The parts of the service, made of its settings.

use std::{sync::Arc, time::Duration};

use tokio::runtime::Handle;

use super::{StartError, identity, key_file, outlets};
use crate::{
    chance::SystemChance,
    channel::Outlets,
    clock::{Clock, DatabaseClock},
    domain::{
        assurance::{Assurance, NamedDemand},
        chance::Chance,
        keys::KeyRing,
    },
    message::{Catalog, CatalogError},
    service::{Bank, CheckpointFile, Checkpoints, Parts, Service},
    settings::{Audit, Messages, OwnOperations, Settings},
    storage::{
        connect::Connecting,
        datastore::{self, Datastore},
        schema,
    },
};

/// What the database has over its own time-out of a statement before it is given up.
const PATIENCE_MARGIN: Duration = Duration::from_secs(2);

/// What a test hands in instead of the real thing.
pub struct Overrides {
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub chance: Arc<dyn Chance>,
    /// The ways out, instead of the configured ones.
    pub outlets: Option<Outlets>,
    /// Whether the worker runs.
    pub worker: bool,
}

impl Default for Overrides {
    fn default() -> Self {
        Self { clock: Arc::new(DatabaseClock), chance: Arc::new(SystemChance), outlets: None, worker: true }
    }
}

/// How the service's own role reaches the database.
#[must_use]
pub fn connecting(settings: &Settings) -> Connecting<'_> {
    connecting_to(settings, settings.database.url.reveal())
}

/// How the schema's owner reaches it.
#[must_use]
pub fn connecting_as_owner(settings: &Settings) -> Connecting<'_> {
    let url = settings.database.owner_url.as_ref().unwrap_or(&settings.database.url);
    connecting_to(settings, url.reveal())
}

fn connecting_to<'a>(settings: &Settings, url: &'a str) -> Connecting<'a> {
    let database = &settings.database;
    Connecting {
        url,
        ca_file: database.ca_file.clone(),
        pool_size: database.pool_size,
        pool_wait: database.pool_wait,
        connect_timeout: database.connect_timeout,
        statement_timeout: database.statement_timeout,
    }
}

/// The datastore, over connections made as `connecting` says.
pub fn datastore(
    settings: &Settings,
    connecting: &Connecting<'_>,
    ring: Arc<KeyRing>,
    overrides: &Overrides,
) -> Result<Datastore, StartError> {
    Ok(Datastore::new(datastore::Parts {
        pool: connecting.pool()?,
        ring,
        chance: Arc::clone(&overrides.chance),
        clock: Arc::clone(&overrides.clock),
        limits: Arc::new(settings.limits.clone()),
        patience: settings.database.statement_timeout + PATIENCE_MARGIN,
    }))
}

/// The use cases, over a database that was checked: its schema is the one this program knows, its keys are ours.
pub async fn service(settings: &Settings, overrides: &Overrides) -> Result<Service, StartError> {
    let ring = Arc::new(key_file::read(&settings.keys.file)?);
    let store = datastore(settings, &connecting(settings), Arc::clone(&ring), overrides)?;
    check_schema(&store).await?;
    check_keys(&store, &ring).await?;
    assemble(settings, store, ring, overrides)
}

/// The use cases, over a database that was not checked. To be called on the runtime that is to hand messages over.
pub fn assemble(
    settings: &Settings,
    store: Datastore,
    ring: Arc<KeyRing>,
    overrides: &Overrides,
) -> Result<Service, StartError> {
    Ok(Service::new(Parts {
        customers: identity::customers(&settings.identity, &ring)?,
        store,
        ring,
        chance: Arc::clone(&overrides.chance),
        outlets: match &overrides.outlets {
            Some(outlets) => outlets.clone(),
            None => outlets::outlets(&settings.channels)?,
        },
        limits: Arc::new(settings.limits.clone()),
        strengths: settings.channels.strengths(),
        policy: settings.policy(),
        bank: Bank {
            name: settings.server.bank_name.clone(),
            host: settings.server.origin.as_ref().map(|origin| origin.host().to_owned()),
            contact: settings.messages.contact.clone(),
        },
        catalog: Arc::new(catalog(&settings.messages)?),
        own_operations: match settings.server.own_operations {
            OwnOperations::Token => Assurance::Token,
            OwnOperations::Bound => Assurance::Bound,
        },
        core_operations: settings
            .gateway
            .iter()
            .flat_map(|gateway| &gateway.operations)
            .map(|operation| NamedDemand { name: operation.name.clone(), demand: operation.demand() })
            .collect(),
        checkpoints: checkpoints(&settings.audit),
        runtime: Handle::current(),
    }))
}

/// What messages say, as `[message]` says.
pub fn catalog(messages: &Messages) -> Result<Catalog, CatalogError> {
    Catalog::load(messages.directory.as_deref(), &messages.language)
}

/// Where checkpoints go, as `[audit]` says.
fn checkpoints(audit: &Audit) -> Option<Checkpoints> {
    let file = CheckpointFile::new(audit.checkpoint_file.clone()?);
    Some(Checkpoints { file, every: audit.checkpoint_every })
}

async fn check_schema(store: &Datastore) -> Result<(), StartError> {
    let (known, found) = (schema::newest_version(), store.schema_version().await?);
    match found {
        Some(found) if found == known => Ok(()),
        Some(found) if found > known => Err(StartError::SchemaTooNew { found, known }),
        found => Err(StartError::SchemaTooOld { found: found.unwrap_or(0), known }),
    }
}

async fn check_keys(store: &Datastore, ring: &KeyRing) -> Result<(), StartError> {
    let ours: Vec<_> = ring.fingerprints().collect();
    let known = store.known_keys().await?;
    let matches = !known.is_empty() && known.iter().all(|key| ours.contains(&(key.id, key.fingerprint)));
    let active = known.iter().any(|key| key.active && key.id == ring.active());
    if matches && active { Ok(()) } else { Err(StartError::OtherKeys) }
}
