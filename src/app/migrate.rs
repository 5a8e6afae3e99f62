//! `tanager migrate`: the schema, the keys, and what the service's own role may do.

use std::sync::Arc;

use super::{Overrides, StartError, key_file, parts};
use crate::{
    domain::{
        chance::Chance,
        event::{Event, EventKind},
        keys::KeyRing,
    },
    settings::Settings,
    storage::schema::Migrator,
};

/// What a migration did.
pub struct Migrated {
    /// The migrations that were applied, by name.
    pub applied: Vec<String>,
    /// Whether the key file was made.
    pub keys_made: bool,
}

/// Brings the database up to date. A database that knows no key yet comes to know those of the key file, which is
/// made when it is missing. To be run as the schema's owner; running it again changes nothing.
pub async fn migrate(settings: &Settings, chance: Arc<dyn Chance>) -> Result<Migrated, StartError> {
    let connecting = parts::connecting_as_owner(settings);
    let mut migrator = Migrator::begin(connecting.single().await?).await?;
    let applied = migrator.apply().await?;
    let (ring, keys_made) = agree_on_keys(&migrator, settings, &*chance).await?;
    if let Some(role) = &settings.database.service_role {
        migrator.grant(role).await?;
    }
    migrator.finish().await?;
    let overrides = Overrides { chance, ..Overrides::default() };
    let store = parts::datastore(settings, &connecting, Arc::clone(&ring), &overrides)?;
    let service = parts::assemble(settings, store, ring, &overrides)?;
    service.prepare_partitions().await?;
    if !applied.is_empty() {
        service.note_event(&Event::of(EventKind::SchemaMigrated).with("applied", applied.join(" "))).await?;
    }
    Ok(Migrated { applied, keys_made })
}

async fn agree_on_keys(
    migrator: &Migrator,
    settings: &Settings,
    chance: &dyn Chance,
) -> Result<(Arc<KeyRing>, bool), StartError> {
    let file = &settings.keys.file;
    let known = migrator.known_keys().await?;
    let make = known.is_empty() && !file.exists();
    if make {
        key_file::create(file, chance)?;
    }
    let ring = key_file::read(file)?;
    if known.is_empty() {
        migrator.register_keys(&ring).await?;
    } else if !known.iter().all(|key| ring.fingerprints().any(|ours| ours == (key.id, key.fingerprint))) {
        return Err(StartError::OtherKeys);
    }
    Ok((Arc::new(ring), make))
}
