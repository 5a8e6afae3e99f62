//! `[limits]`: every name of [`Limits`], and the standards that bound them.

use super::{
    raw::Raw,
    section::Section,
    value::{Size, Value, plain_text, quoted},
};
use crate::domain::limits::{Limits, PhonePrefix};

impl Value for PhonePrefix {
    fn read(raw: &Raw) -> Result<Self, String> {
        let text = plain_text(raw, r#"a prefix like "+41""#)?;
        Self::parse(&text).map_err(|error| format!("is no prefix of telephone numbers; {error}"))
    }

    fn show(&self) -> String {
        quoted(self.as_str())
    }
}

pub(super) fn read(section: &mut Section<'_>) -> Limits {
    let default = read_prefixes(section);
    let limits = Limits {
        tan_digits: section.or("tan_digits", default.tan_digits),
        tan_lifetime: section.or("tan_lifetime", default.tan_lifetime),
        attempts_per_tan: section.or("attempts_per_tan", default.attempts_per_tan),
        consecutive_failures: section.or("consecutive_failures", default.consecutive_failures),
        block: section.or("block", default.block),
        block_max: section.or("block_max", default.block_max),
        total_failures: section.or("total_failures", default.total_failures),
        challenge_lifetime: section.or("challenge_lifetime", default.challenge_lifetime),
        retransmission_period: section.or("retransmission_period", default.retransmission_period),
        transmissions_per_challenge: section.or("transmissions_per_challenge", default.transmissions_per_challenge),
        open_challenges: section.or("open_challenges", default.open_challenges),
        totp_devices: section.or("totp_devices", default.totp_devices),
        account_per_hour: section.or("account_per_hour", default.account_per_hour),
        account_per_day: section.or("account_per_day", default.account_per_day),
        address_per_hour: section.or("address_per_hour", default.address_per_hour),
        address_per_day: section.or("address_per_day", default.address_per_day),
        prefix_per_hour: section.or("prefix_per_hour", default.prefix_per_hour),
        allowed_prefixes: section.list("allowed_prefixes"),
        channel_per_minute: section.or("channel_per_minute", default.channel_per_minute),
        token_lifetime: section.or("token_lifetime", default.token_lifetime),
        reservation_lease: section.or("reservation_lease", default.reservation_lease),
        ticket_lifetime: section.or("ticket_lifetime", default.ticket_lifetime),
        session_lifetime: section.or("session_lifetime", default.session_lifetime),
        step_up_lifetime: section.or("step_up_lifetime", default.step_up_lifetime),
        api_body: section.or("api_body", Size(default.api_body)).0,
        gateway_body: section.or("gateway_body", Size(default.gateway_body)).0,
        retain: section.or("retain", default.retain),
        ..default
    };
    for violation in limits.violations() {
        let shown = section.shown(violation.limit);
        section.trouble(violation.limit, format!("{shown} cannot be: it {}", violation.trouble));
    }
    limits
}

/// The guard against SMS pumping; all else as it is by default.
fn read_prefixes(section: &mut Section<'_>) -> Limits {
    let default = Limits::default();
    Limits {
        prefix_floor: section.or("prefix_floor", default.prefix_floor),
        prefix_minimum: section.or("prefix_minimum", default.prefix_minimum),
        prefix_closed: section.or("prefix_closed", default.prefix_closed),
        prefix_probes: section.or("prefix_probes", default.prefix_probes),
        prefix_probe_period: section.or("prefix_probe_period", default.prefix_probe_period),
        prefix_trusted_after: section.or("prefix_trusted_after", default.prefix_trusted_after),
        ..default
    }
}
