//! `[channel.*]`: what carries a TAN, and which channels are on.

use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    time::Duration,
};

use super::{enrolment::Preference, section::Section, value::Named};
use crate::domain::channel::{Channel, Strength, Strengths};

const TENTH: Duration = Duration::from_millis(100);
const MINUTE: Duration = Duration::from_mins(1);
/// More scripts at once than a machine runs well.
const MOST_AT_ONCE: usize = 1000;
/// More waiting messages than can be sent while anyone waits for them.
const MOST_WAITING: usize = 100_000;

impl Named for Strength {
    const NAMES: &'static [(&'static str, Self)] =
        &[(Self::Inform.name(), Self::Inform), (Self::Possession.name(), Self::Possession)];
}

/// A channel whose messages a script hands over. Not printable: what `env` holds may be a credential.
#[derive(Clone)]
pub struct ScriptChannel {
    /// The script, as an absolute path; it need not be there. `None`: the channel is not offered.
    pub script: Option<PathBuf>,
    /// How long one run may take; 100 ms to 1 min.
    pub timeout: Duration,
    /// What the script gets in its environment beside what every script gets; handed on as written.
    pub env: BTreeMap<String, String>,
    /// How much a challenge solved on this channel proves.
    pub strength: Strength,
    /// Runs at once of one instance; 1 to 1000.
    pub at_once: usize,
    /// Messages that may wait for a run; up to 100000.
    pub waiting: usize,
    /// How long a message waits for a run; up to 1 min.
    pub patience: Duration,
}

/// Why a channel with a script cannot be offered at this moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScriptTrouble {
    /// No script is configured.
    #[error("no script is set")]
    NotSet,
    /// There is no such file.
    #[error("the script does not exist")]
    Missing,
    /// It is a file that nobody may run.
    #[error("the script is not executable (chmod +x)")]
    NotExecutable,
}

impl ScriptChannel {
    fn read(section: &mut Section<'_>, strength: Strength) -> Self {
        let directory = section.directory();
        let channel = Self {
            script: section.optional("script").map(|name: String| found(&directory, &name)),
            timeout: section.within("timeout", Duration::from_secs(10), TENTH..=MINUTE),
            env: section.texts("env"),
            strength: section.or("strength", strength),
            at_once: section.within("at_once", 8, 1..=MOST_AT_ONCE),
            waiting: section.within("waiting", 64, 0..=MOST_WAITING),
            patience: section.within("patience", Duration::from_secs(5), Duration::ZERO..=MINUTE),
        };
        for name in channel.env.keys().filter(|name| !can_be_handed_on(name)) {
            let text = "cannot be handed to a script; write a name without '=' that does not begin with TANAGER_";
            section.trouble(&format!("env.{name}"), text);
        }
        for (name, _) in channel.env.iter().filter(|(_, value)| value.contains('\0')) {
            section.trouble(&format!("env.{name}"), "has a NUL, which no environment can hold; leave it out");
        }
        channel
    }

    /// The script, when it is there and executable at this moment: then, and only then, the channel is offered.
    pub fn executable(&self) -> Result<&Path, ScriptTrouble> {
        let script = self.script.as_deref().ok_or(ScriptTrouble::NotSet)?;
        let found = fs::metadata(script).map_err(|_| ScriptTrouble::Missing)?;
        let executable = found.is_file() && found.permissions().mode() & 0o111 != 0;
        executable.then_some(script).ok_or(ScriptTrouble::NotExecutable)
    }
}

fn can_be_handed_on(name: &str) -> bool {
    !name.is_empty() && !name.contains(['=', '\0']) && !name.starts_with("TANAGER_")
}

/// The script of that name beside the configuration or, if it is not there, below the working directory; beside the
/// configuration when it is nowhere.
fn found(directory: &Path, name: &str) -> PathBuf {
    let beside = directory.join(name);
    match std::path::absolute(name) {
        Ok(below) if !beside.exists() && below.exists() => below,
        _ => beside,
    }
}

/// A channel of which nothing is sent: the customer has the code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CodeChannel {
    /// Whether it is on.
    pub enabled: bool,
    /// How much a challenge solved on this channel proves.
    pub strength: Strength,
}

impl CodeChannel {
    fn read(section: &mut Section<'_>, strength: Strength) -> Self {
        Self { enabled: section.or("enabled", true), strength: section.or("strength", strength) }
    }
}

/// `[channel]`.
#[derive(Clone)]
pub struct Channels {
    /// Every channel, in the order in which they are offered.
    pub preference: [Channel; 4],
    /// `[channel.sms]`.
    pub sms: ScriptChannel,
    /// `[channel.email]`.
    pub email: ScriptChannel,
    /// `[channel.totp]`.
    pub totp: CodeChannel,
    /// `[channel.recovery]`.
    pub recovery: CodeChannel,
}

impl Channels {
    pub(super) fn read(section: &mut Section<'_>) -> Self {
        let default = Strengths::default();
        Self {
            preference: section.or("preference", Preference(Channel::ALL)).0,
            sms: section.section("sms", |sms| ScriptChannel::read(sms, default.sms)),
            email: section.section("email", |email| ScriptChannel::read(email, default.email)),
            totp: section.section("totp", |totp| CodeChannel::read(totp, default.totp)),
            recovery: section.section("recovery", |recovery| CodeChannel::read(recovery, default.recovery)),
        }
    }

    /// How much each channel proves.
    #[must_use]
    pub fn strengths(&self) -> Strengths {
        let Self { sms, email, totp, recovery, .. } = self;
        Strengths { sms: sms.strength, email: email.strength, totp: totp.strength, recovery: recovery.strength }
    }

    /// The channels whose messages a script hands over.
    #[must_use]
    pub fn scripted(&self) -> [(Channel, &ScriptChannel); 2] {
        [(Channel::Sms, &self.sms), (Channel::Email, &self.email)]
    }

    /// Whether `channel` is offered at this moment.
    #[must_use]
    pub fn offers(&self, channel: Channel) -> bool {
        match channel {
            Channel::Sms => self.sms.executable().is_ok(),
            Channel::Email => self.email.executable().is_ok(),
            Channel::Totp => self.totp.enabled,
            Channel::Recovery => self.recovery.enabled,
        }
    }
}
