//! `tanager gc`: what is old goes, at once and to the end.

use std::process::ExitCode;

use anyhow::Context;
use clap::Args;

use super::{actor, progress::Progress, say, stopping::Stopping};
use crate::{
    app::{Overrides, parts},
    service::{Removed, Service, Sweep, SweepMode},
    settings::Settings,
    telemetry,
};

#[derive(Args)]
pub(super) struct GcArguments {
    /// Count what would be removed, and remove nothing.
    #[arg(long)]
    dry_run: bool,
}

pub(super) async fn gc(settings: &Settings, arguments: &GcArguments) -> anyhow::Result<ExitCode> {
    telemetry::start(settings.log)?;
    let mut stopping = Stopping::listen()?;
    let service = parts::service(settings, &Overrides::default()).await?;
    let mode = if arguments.dry_run { SweepMode::Rehearse } else { SweepMode::Remove };
    let mut sweep = Sweep::new(mode, &actor());
    let ended = sweep_to_the_end(&service, &mut sweep, &mut stopping).await;
    if !matches!(ended, Ok(true)) {
        // What was removed before the end is in the trail as well. Where this fails, the failure above is told.
        let noted = service.end_sweep(&sweep).await;
        if ended.is_ok() {
            noted?;
        }
    }
    let removed = told(sweep.removed());
    match (ended.context("what is old could not be removed to the end")?, mode) {
        (true, SweepMode::Remove) => say(&format!("removed {removed}"))?,
        (true, SweepMode::Rehearse) => say(&format!("would remove {removed}; nothing was written"))?,
        (false, _) => {
            say(&format!("stopped behind {removed}; the same command goes on from there"))?;
            return Ok(ExitCode::FAILURE);
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// `false` when somebody wanted it to end before.
async fn sweep_to_the_end(
    service: &Service,
    sweep: &mut Sweep,
    stopping: &mut Stopping,
) -> Result<bool, crate::service::Failure> {
    let mut progress = Progress::begin(None);
    let ended = loop {
        tokio::select! {
            biased;
            () = stopping.wanted() => break Ok(false),
            () = std::future::ready(()) => {}
        }
        match service.sweep_on(sweep).await {
            Ok(true) => {}
            Ok(false) => break Ok(true),
            Err(failure) => break Err(failure),
        }
        progress.show(0, &told(sweep.removed()));
    };
    progress.end();
    ended
}

fn told(removed: Removed) -> String {
    let Removed { challenges, access_tokens, windows, partitions } = removed;
    format!(
        "{challenges} challenges ({partitions} whole weeks), {access_tokens} access tokens, {windows} counts of transmissions"
    )
}
