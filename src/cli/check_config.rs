//! `tanager check-config`: 0 when the configuration can be served.

use std::process::ExitCode;

use super::say;
use crate::{
    app::parts,
    message::{Examination, Figures, Letterhead},
    settings::{Origin, Settings},
};

pub(super) fn check_config(settings: &Settings) -> anyhow::Result<ExitCode> {
    let mut report = String::new();
    settings.report(&mut report)?;
    say(report.trim_end())?;
    let flaws = match parts::catalog(&settings.messages) {
        Ok(catalog) => {
            let Examination { flaws, figures } =
                catalog.examine(&letterhead(settings), settings.limits.tan_digits, minutes(settings));
            figures.iter().try_for_each(|figures| say(&line(figures)))?;
            flaws
        }
        Err(error) => error.into_flaws(),
    };
    flaws.iter().try_for_each(|flaw| say(&format!("trouble: {flaw}")))?;
    Ok(if flaws.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
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
