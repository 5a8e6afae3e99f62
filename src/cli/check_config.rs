//! `tanager check-config`: 0 when the configuration can be served.

use std::{fmt::Write as _, process::ExitCode};

use super::say;
use crate::{
    app::parts,
    message::{Figures, Letterhead},
    settings::{Origin, Settings},
};

pub(super) fn check_config(settings: &Settings) -> anyhow::Result<ExitCode> {
    let catalog = parts::catalog(&settings.messages)?;
    let examination = catalog.examine(&letterhead(settings), settings.limits.tan_digits, minutes(settings));
    let mut report = String::new();
    settings.report(&mut report)?;
    for figures in examination.figures()? {
        writeln!(report, "{}", line(&figures))?;
    }
    say(report.trim_end())?;
    Ok(ExitCode::SUCCESS)
}

fn letterhead(settings: &Settings) -> Letterhead<'_> {
    Letterhead {
        bank: &settings.server.bank_name,
        host: settings.server.origin.as_ref().map(Origin::host),
        contact: settings.messages.contact.as_deref(),
    }
}

fn minutes(settings: &Settings) -> u64 {
    settings.limits.tan_lifetime.as_secs().div_ceil(60)
}

/// What an SMS with a TAN takes in one language.
fn line(figures: &Figures) -> String {
    let Figures { language, bare, usual, longest } = figures;
    format!("SMS with a TAN in {language}: {bare}; with a transfer: {usual}; with the longest summary: {longest}")
}
