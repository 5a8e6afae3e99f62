//! `tanager serve`.

use std::process::ExitCode;

use anyhow::Context;
use tokio::signal::unix::{SignalKind, signal};

use crate::{
    app::{Overrides, Running},
    channel,
    settings::Settings,
    telemetry,
};

pub(super) async fn serve(settings: &Settings) -> anyhow::Result<ExitCode> {
    channel::seal_descriptors().context("inherited descriptors could not be kept from channel scripts")?;
    telemetry::start(settings.log)?;
    for warning in settings.warnings() {
        tracing::warn!("{warning}");
    }
    // Signals are awaited from before the listener is there: one that comes early is not lost.
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let running = Running::start(settings, Overrides::default()).await?;
    tokio::select! {
        _ = terminate.recv() => tracing::info!("SIGTERM: finishing what runs"),
        _ = interrupt.recv() => tracing::info!("Ctrl-C: finishing what runs"),
        () = running.failed() => anyhow::bail!("a listener ended by itself"),
    }
    running.stop().await;
    tracing::info!("stopped");
    Ok(ExitCode::SUCCESS)
}
