//! `tanager migrate`.

use std::{process::ExitCode, sync::Arc};

use super::say;
use crate::{app, chance::SystemChance, settings::Settings, telemetry};

pub(super) async fn migrate(settings: &Settings) -> anyhow::Result<ExitCode> {
    telemetry::start(settings.log)?;
    let migrated = app::migrate(settings, Arc::new(SystemChance)).await?;
    for name in &migrated.applied {
        say(&format!("applied {name}"))?;
    }
    if migrated.applied.is_empty() {
        say("the schema is up to date")?;
    }
    if migrated.keys_made {
        say(&format!(
            "made the key file {}: keep a copy apart from the database's backups",
            settings.keys.file.display()
        ))?;
    }
    Ok(ExitCode::SUCCESS)
}
