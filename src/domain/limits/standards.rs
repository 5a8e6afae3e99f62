//! What the limits must satisfy: the standards that bound them, and each other.

use std::time::Duration;

use super::{DAY, Limits, MINUTE};

const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_hours(1);
const YEAR: Duration = Duration::from_hours(365 * 24);
const KIB: usize = 1024;
const MIB: usize = 1024 * KIB;
/// More messages a minute than one database could account for; each is a row.
const HIGHEST_CEILING: u32 = 100_000;
/// More transmissions than any window could mean; keeps the counters far from their end.
const MOST_TRANSMISSIONS: u32 = 1_000_000;

/// A limit whose value breaks a standard or contradicts another limit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("limits.{limit}: {trouble}")]
pub struct Violation {
    /// The limit's name in the configuration.
    pub limit: &'static str,
    /// What would be right, and who says so: `must be …`.
    pub trouble: String,
}

/// One thing that must hold, the limit it speaks of, and the sentence that says so.
type Rule = (bool, &'static str, &'static str);

impl Limits {
    /// Every rule that these values break; empty when there is none.
    #[must_use]
    pub fn violations(&self) -> Vec<Violation> {
        self.guessing()
            .into_iter()
            .chain(self.lifetimes())
            .chain(self.transmissions())
            .chain(self.prefixes())
            .chain(self.sessions())
            .chain(self.memory())
            .filter(|(holds, ..)| !holds)
            .map(|(_, limit, trouble)| Violation { limit, trouble: trouble.to_owned() })
            .collect()
    }

    fn guessing(&self) -> [Rule; 7] {
        [
            (
                (6..=10).contains(&self.tan_digits),
                "tan_digits",
                "must be 6 to 10 (NIST SP 800-63B-4: at least 6 digits)",
            ),
            ((1..=100).contains(&self.attempts_per_tan), "attempts_per_tan", "must be 1 to 100 (NIST SP 800-63B-4)"),
            (
                (1..=5).contains(&self.consecutive_failures),
                "consecutive_failures",
                "must be 1 to 5 (PSD2 RTS art. 4(3)(b))",
            ),
            ((1..=100).contains(&self.total_failures), "total_failures", "must be 1 to 100 (NIST SP 800-63B-4)"),
            (
                self.total_failures >= self.consecutive_failures,
                "total_failures",
                "must not be less than consecutive_failures",
            ),
            (self.block >= MINUTE, "block", "must be at least 1 min (PSD2 RTS art. 4(3)(b): a block that is felt)"),
            (
                self.block_max >= self.block && self.block_max <= YEAR,
                "block_max",
                "must not be less than block, nor more than 365 days",
            ),
        ]
    }

    fn lifetimes(&self) -> [Rule; 6] {
        [
            (
                (SECOND..=10 * MINUTE).contains(&self.tan_lifetime),
                "tan_lifetime",
                "must be 1 s to 10 min (NIST SP 800-63B-4; OWASP ASVS 6.5.5)",
            ),
            (
                self.challenge_lifetime >= self.tan_lifetime && self.challenge_lifetime <= DAY,
                "challenge_lifetime",
                "must be between tan_lifetime and 24 h",
            ),
            (
                self.retransmission_period <= self.challenge_lifetime,
                "retransmission_period",
                "must not be more than challenge_lifetime",
            ),
            ((1..=100).contains(&self.open_challenges), "open_challenges", "must be 1 to 100"),
            ((1..=20).contains(&self.totp_devices), "totp_devices", "must be 1 to 20"),
            (
                self.retain >= DAY && self.retain >= self.challenge_lifetime && self.retain <= 10 * YEAR,
                "retain",
                "must be 1 day to 3650 days (an Idempotency-Key is honoured for 24 h)",
            ),
        ]
    }

    fn transmissions(&self) -> [Rule; 7] {
        let window = 1..=MOST_TRANSMISSIONS;
        [
            ((1..=100).contains(&self.transmissions_per_challenge), "transmissions_per_challenge", "must be 1 to 100"),
            (window.contains(&self.account_per_hour), "account_per_hour", "must be 1 to 1000000"),
            (
                (self.account_per_hour..=MOST_TRANSMISSIONS).contains(&self.account_per_day),
                "account_per_day",
                "must not be less than account_per_hour, nor more than 1000000",
            ),
            (window.contains(&self.address_per_hour), "address_per_hour", "must be 1 to 1000000"),
            (
                (self.address_per_hour..=MOST_TRANSMISSIONS).contains(&self.address_per_day),
                "address_per_day",
                "must not be less than address_per_hour, nor more than 1000000",
            ),
            (
                self.prefix_per_hour <= MOST_TRANSMISSIONS,
                "prefix_per_hour",
                "must be 0 (no such limit) or at most 1000000",
            ),
            (
                self.channel_per_minute <= HIGHEST_CEILING,
                "channel_per_minute",
                "must be 0 (no such limit) or at most 100000",
            ),
        ]
    }

    fn prefixes(&self) -> [Rule; 6] {
        [
            (self.prefix_floor <= 90, "prefix_floor", "must be 0 (no such limit) or at most 90 (percent)"),
            (
                (10..=MOST_TRANSMISSIONS).contains(&self.prefix_minimum),
                "prefix_minimum",
                "must be 10 to 1000000: fewer messages say nothing about a prefix",
            ),
            (
                (10 * MINUTE..=7 * DAY).contains(&self.prefix_closed),
                "prefix_closed",
                "must be 10 min to 7 days: what was sent before is over by then",
            ),
            ((1..=1000).contains(&self.prefix_probes), "prefix_probes", "must be 1 to 1000"),
            ((SECOND..=HOUR).contains(&self.prefix_probe_period), "prefix_probe_period", "must be 1 s to 1 h"),
            (self.prefix_trusted_after <= YEAR, "prefix_trusted_after", "must be at most 365 days"),
        ]
    }

    fn sessions(&self) -> [Rule; 5] {
        [
            (
                !self.token_lifetime.is_zero() && self.token_lifetime <= HOUR,
                "token_lifetime",
                "must be more than 0 and at most 1 h",
            ),
            ((SECOND..=HOUR).contains(&self.reservation_lease), "reservation_lease", "must be 1 s to 1 h"),
            (
                !self.ticket_lifetime.is_zero() && self.ticket_lifetime <= HOUR,
                "ticket_lifetime",
                "must be more than 0 and at most 1 h",
            ),
            (
                !self.session_lifetime.is_zero() && self.session_lifetime <= YEAR,
                "session_lifetime",
                "must be more than 0 and at most 365 days",
            ),
            (
                !self.step_up_lifetime.is_zero() && self.step_up_lifetime <= self.session_lifetime,
                "step_up_lifetime",
                "must be more than 0 and not more than session_lifetime (PSD2 RTS art. 4(3)(c))",
            ),
        ]
    }

    fn memory(&self) -> [Rule; 2] {
        [
            ((KIB..=16 * MIB).contains(&self.api_body), "api_body", "must be 1 KiB to 16 MiB"),
            ((KIB..=64 * MIB).contains(&self.gateway_body), "gateway_body", "must be 1 KiB to 64 MiB"),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn broken(limits: &Limits) -> Vec<&'static str> {
        limits.violations().into_iter().map(|violation| violation.limit).collect()
    }

    #[test]
    fn the_defaults_break_no_rule() {
        assert_eq!(Limits::default().violations(), []);
    }

    #[test]
    fn every_broken_standard_is_named_at_once() {
        let limits = Limits { tan_digits: 5, consecutive_failures: 6, tan_lifetime: 11 * MINUTE, ..Limits::default() };
        assert_eq!(broken(&limits), ["tan_digits", "consecutive_failures", "tan_lifetime"]);
    }

    #[test]
    fn a_day_allows_no_less_than_an_hour() {
        let limits = Limits { account_per_hour: 31, address_per_hour: 21, ..Limits::default() };
        assert_eq!(broken(&limits), ["account_per_day", "address_per_day"]);
    }

    #[test]
    fn only_the_limits_that_may_be_off_may_be_zero() {
        let limits = Limits {
            account_per_hour: 0,
            address_per_hour: 0,
            prefix_per_hour: 0,
            channel_per_minute: 0,
            ..Limits::default()
        };
        assert_eq!(broken(&limits), ["account_per_hour", "address_per_hour"]);
    }

    #[test]
    fn bodies_and_blocks_are_bounded() {
        let limits =
            Limits { api_body: KIB - 1, gateway_body: 65 * MIB, block_max: YEAR + SECOND, ..Limits::default() };
        assert_eq!(broken(&limits), ["block_max", "api_body", "gateway_body"]);
    }
}
