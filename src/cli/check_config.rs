//! `tanager check-config`: 0 when the configuration can be served.

use std::process::ExitCode;

use super::say;
use crate::settings::Settings;

pub(super) fn check_config(settings: &Settings) -> anyhow::Result<ExitCode> {
    let mut report = String::new();
    settings.report(&mut report)?;
    say(report.trim_end())?;
    Ok(ExitCode::SUCCESS)
}
