//! `[audit]`: what witnesses the audit trail.

use std::{path::PathBuf, time::Duration};

use super::section::Section;

const MINUTE: Duration = Duration::from_mins(1);
const HOUR: Duration = Duration::from_hours(1);
const WEEK: Duration = Duration::from_hours(7 * 24);

/// `[audit]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Audit {
    /// The file that checkpoints of the trail are appended to; `None`: there are none.
    pub checkpoint_file: Option<PathBuf>,
    /// How often; 1 min to 7 days.
    pub checkpoint_every: Duration,
}

impl Audit {
    pub(super) fn read(section: &mut Section<'_>) -> Self {
        Self {
            checkpoint_file: section.optional_file("checkpoint_file"),
            checkpoint_every: section.within("checkpoint_every", HOUR, MINUTE..=WEEK),
        }
    }

    /// What is doubtful; looks for the file's directory.
    pub(super) fn warning(&self) -> Option<String> {
        let Some(file) = &self.checkpoint_file else {
            let text = "audit.checkpoint_file is not set: an end of the audit trail that was cut off together with the \
                        account's own row cannot be found.";
            return Some(text.to_owned());
        };
        let directory = file.parent().filter(|directory| !directory.is_dir())?;
        Some(format!(
            "audit.checkpoint_file: there is no directory {}: no checkpoint can be written.",
            directory.display()
        ))
    }
}
