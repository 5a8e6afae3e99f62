//! What `tanager check-config` shows: the values in force, what is doubtful, and how hard guessing is.

use std::fmt;

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use super::{
    KnownBy, Mode, Operation, Settings, UpstreamAuthorization, UsernameCase,
    notes::{Effective, Source},
};
use crate::domain::{assurance::Assurance, channel::Channel};

impl Settings {
    /// What is allowed but doubtful, a sentence each; looks at the files that are named.
    #[must_use]
    pub fn warnings(&self) -> Vec<String> {
        let mut warnings = self.channel_warnings();
        if self.server.origin.is_none() {
            warnings
                .push("server.origin is not set: the texts of SMS are not bound to the bank's web origin.".to_owned());
        }
        if let Some(file) = self.database.ca_file.as_ref().filter(|file| !file.is_file()) {
            warnings.push(format!("database.ca_file: {} is no file.", file.display()));
        }
        for key in &self.identity.without_effect {
            warnings.push(format!("identity.{key} has no effect in this mode."));
        }
        warnings.extend(self.exposed_operators());
        warnings.extend(self.unbounded_bill());
        warnings.extend(self.audit.warning());
        warnings.extend(self.foreign_tokens());
        warnings.extend(self.doubtful_names());
        warnings.extend(self.factor_warnings());
        warnings.extend(self.identity.warnings());
        let operations = self.gateway.iter().flat_map(|gateway| &gateway.operations);
        warnings
            .extend(operations.flat_map(|operation| [without_summary(operation), without_log_in(operation)]).flatten());
        warnings
    }

    /// Operators' tokens that are known at a listener which other machines reach.
    fn exposed_operators(&self) -> Option<String> {
        let exposed = !self.server.listen.is_of_this_machine() && !self.server.operators_alone;
        let text = "server.listen is reached from other machines, and operators' tokens are known there: set \
                    server.operators_listen to a place of theirs, and server.operators_alone = true.";
        exposed.then(|| text.to_owned())
    }

    /// Nothing that bounds what strangers' numbers may cost.
    fn unbounded_bill(&self) -> Option<String> {
        let limits = &self.limits;
        let bounded = limits.channel_per_minute > 0
            || limits.prefix_per_hour > 0
            || limits.prefix_floor > 0
            || !limits.allowed_prefixes.is_empty();
        let sends = !self.channels.sms.transports.is_empty();
        let text = "nothing bounds SMS to numbers of strangers (SMS pumping): set limits.allowed_prefixes, channel_per_minute, \
                    prefix_per_hour or prefix_floor.";
        (sends && !bounded).then(|| text.to_owned())
    }

    /// SHA-256, in hex, of every value in force, secrets withheld: two instances that are set up alike have the same, and one
    /// that was set up anew another.
    #[must_use]
    pub fn digest(&self) -> String {
        let mut hash = Sha256::new();
        for Effective { path, shown, .. } in &self.effective {
            // Framed by line breaks, which neither a path nor a shown value has.
            let shown = shown.as_deref().unwrap_or("(not set)");
            hash.update(format!("{path} = {shown}\n"));
        }
        HEXLOWER.encode(&hash.finalize())
    }

    /// A bank core that is called with access tokens of ours, which it cannot know.
    fn foreign_tokens(&self) -> Option<String> {
        let gateway = self.gateway.as_ref().filter(|_| self.identity.mode == Mode::Local)?;
        let forwards = gateway.upstream_authorization == UpstreamAuthorization::Forward;
        let protects = gateway.operations.iter().any(|operation| operation.identity == KnownBy::Request);
        let text = "gateway.upstream_authorization: with identity.mode \"local\" the bank core is called with Tanager's own \
                    access tokens, which it does not know: write \"file:…\", or identity.mode = \"upstream\".";
        (forwards && protects).then(|| text.to_owned())
    }

    /// A bank core that reads names in any case, of which nobody would notice it: the other spelling of a protected
    /// customer's name would be a customer without channels.
    fn doubtful_names(&self) -> Option<String> {
        let identity = &self.identity;
        let exact = identity.usernames.case == UsernameCase::Exact && identity.username_pointer.is_none();
        let text = "identity.username_pointer is not set and username_case is \"exact\": if the bank core reads names in \
                    any case, a customer has several, and only one of them is protected; set either.";
        (identity.mode == Mode::Upstream && exact).then(|| text.to_owned())
    }

    fn channel_warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        for (channel, configured) in self.channels.transmitting() {
            let of = |name: &str| format!("channel.{channel}, transport {name}");
            for transport in &configured.transports {
                let told = transport.trouble().into_iter().map(|trouble| format!("{trouble}; it carries nothing."));
                warnings
                    .extend(told.chain(transport.warnings()).map(|text| format!("{}: {text}", of(&transport.name))));
            }
            if !configured.transports.is_empty() && !configured.is_offered() {
                warnings.push(format!("channel.{channel}: nothing carries its messages; it is not offered."));
            }
        }
        if !Channel::ALL.into_iter().any(|channel| channel.transmits() && self.channels.offers(channel)) {
            warnings.push(
                "No channel can send a TAN: neither sms nor email has anything that carries its messages.".to_owned(),
            );
        }
        if !Channel::ALL.into_iter().any(|channel| self.channels.offers(channel)) {
            warnings.push("No channel is offered at all: no account can be protected.".to_owned());
        }
        warnings
    }

    /// Writes the values in force (`*` marks those that are not the default; secrets are withheld), the
    /// [warnings](Self::warnings), and the chances of guessing that follow from the limits.
    pub fn report(&self, out: &mut dyn fmt::Write) -> fmt::Result {
        let mut section = "";
        for effective in &self.effective {
            let (around, key) = effective.path.rsplit_once('.').unwrap_or(("", &effective.path));
            if around != section {
                writeln!(out, "[{around}]")?;
                section = around;
            }
            write_value(out, key, effective)?;
        }
        for warning in self.warnings() {
            writeln!(out, "warning: {warning}")?;
        }
        writeln!(out, "chance to guess a TAN within one block of attempts: {:.1e}", self.limits.chance_per_block())?;
        writeln!(
            out,
            "chance to guess a TAN in a year of steady guessing ({} tries under the doubling blocks): {:.1e}",
            self.limits.tries_per_year(),
            self.limits.chance_per_year()
        )?;
        if self.channels.totp.enabled { self.report_codes(out) } else { Ok(()) }
    }

    /// How hard the codes of authenticator apps are to guess, of an account with as many as there may be.
    fn report_codes(&self, out: &mut dyn fmt::Write) -> fmt::Result {
        let limits = &self.limits;
        let apps = limits.totp_devices;
        let (block, year) = (limits.chance_of_code_per_block(), limits.chance_of_code_per_year());
        writeln!(out, "chance to guess a code of {apps} authenticator apps within one block of attempts: {block:.1e}")?;
        writeln!(out, "chance to guess a code of {apps} authenticator apps in a year of steady guessing: {year:.1e}")
    }
}

fn write_value(out: &mut dyn fmt::Write, key: &str, effective: &Effective) -> fmt::Result {
    let shown = effective.shown.as_deref().unwrap_or("(not set)");
    match &effective.source {
        Source::Default => writeln!(out, "  {key} = {shown}"),
        Source::Written => writeln!(out, "* {key} = {shown}"),
        Source::Variable(name) => writeln!(out, "* {key} = {shown}  (from {name})"),
    }
}

/// Only the answer to a log-in is ever withheld.
fn without_log_in(operation: &Operation) -> Option<String> {
    let Operation { name, identity, revocation, .. } = operation;
    let text = format!("gateway.operation {name:?}: revoke_path has no effect unless identity is \"response\".");
    (*identity == KnownBy::Request && revocation.is_some()).then_some(text)
}

/// A token that is bound to a request whose amount and payee nobody was shown (PSD2 RTS art. 5(1)(a)).
fn without_summary(operation: &Operation) -> Option<String> {
    let Operation { name, assurance, summary, .. } = operation;
    let text = format!("gateway.operation {name:?} has no summary: the customer is shown its name alone.");
    (*assurance == Assurance::Bound && summary.is_none()).then_some(text)
}
