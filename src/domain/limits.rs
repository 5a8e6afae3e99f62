//! The numbers of `config/default.toml` `[limits]`, their defaults, and the standards that bound them.

use std::time::Duration;

mod codes;
mod prefix;
mod standards;

pub use prefix::{PhonePrefix, PhonePrefixError};
pub use standards::Violation;

const MINUTE: Duration = Duration::from_mins(1);
const DAY: Duration = Duration::from_hours(24);

/// Every limit by its name in the configuration. Defaults are those of [`Limits::default`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Digits of a TAN; 6 to 10.
    pub tan_digits: u8,
    /// How long one TAN can be used; at most 10 minutes.
    pub tan_lifetime: Duration,
    /// Wrong tries that one TAN stands; at least 1.
    pub attempts_per_tan: u16,
    /// Wrong tries in a row, over all challenges and channels of an account, that begin a block; 1 to 5.
    pub consecutive_failures: u16,
    /// How long the first block lasts; it doubles with each further one.
    pub block: Duration,
    /// The longest that a block becomes by doubling.
    pub block_max: Duration,
    /// Wrong tries, over all blocks, after which only an operator unblocks; 1 to 100.
    pub total_failures: u16,
    /// How long a challenge can be solved or sent again.
    pub challenge_lifetime: Duration,
    /// The cool-down between two transmissions, per account and channel, while a challenge is unsolved.
    pub retransmission_period: Duration,
    /// Transmissions of one challenge; at least 1.
    pub transmissions_per_challenge: u16,
    /// Unsolved challenges of one account that may be alive at once; at least 1.
    pub open_challenges: u16,
    /// Devices of one account: each is a further code that a guess may hit; 1 to 20.
    pub totp_devices: u16,
    /// Transmissions to one account in any hour, over all its channels; at least 1.
    pub account_per_hour: u32,
    /// Transmissions to one account in any 24 hours; not less than `account_per_hour`.
    pub account_per_day: u32,
    /// Transmissions to one address in any hour, whatever the account; at least 1.
    pub address_per_hour: u32,
    /// Transmissions to one address in any 24 hours; not less than `address_per_hour`.
    pub address_per_day: u32,
    /// SMS in any hour to one country code with the three digits behind it (SMS pumping); 0 is no such limit.
    pub prefix_per_hour: u32,
    /// The share of its messages, in whole percent, that must be solved for a prefix to stay open (SMS pumping); at most
    /// 90, 0 is no such limit.
    pub prefix_floor: u8,
    /// From how many messages on a prefix is judged by that share; at least 10.
    pub prefix_minimum: u32,
    /// How long a prefix stays closed before single messages probe it; 10 minutes to 7 days.
    pub prefix_closed: Duration,
    /// How many probes decide whether it is opened or closed again; 1 to 1000.
    pub prefix_probes: u32,
    /// The time between two probes; 1 second to 1 hour.
    pub prefix_probe_period: Duration,
    /// An address that has been in force this long neither counts for its prefix nor is refused with it.
    pub prefix_trusted_after: Duration,
    /// The beginnings of the numbers that SMS may be sent to; none listed allows all.
    pub allowed_prefixes: Vec<PhonePrefix>,
    /// Transmissions of one channel in any minute, over all accounts; 0 is no such limit.
    pub channel_per_minute: u32,
    /// How long a one-shot token can be used.
    pub token_lifetime: Duration,
    /// How long a reservation of a token is held for a holder that may have died; more than the gateway's
    /// `upstream_timeout`.
    pub reservation_lease: Duration,
    /// How long an operation ticket can be used.
    pub ticket_lifetime: Duration,
    /// How long a log-in token can be used.
    pub session_lifetime: Duration,
    /// How long a step-up lasts.
    pub step_up_lifetime: Duration,
    /// The largest body of the service's own endpoints, in bytes.
    pub api_body: usize,
    /// The largest body of a protected operation at the gateway, in bytes.
    pub gateway_body: usize,
    /// How long closed challenges are kept.
    pub retain: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            tan_digits: 8,
            tan_lifetime: 5 * MINUTE,
            attempts_per_tan: 3,
            consecutive_failures: 5,
            block: 15 * MINUTE,
            block_max: DAY,
            total_failures: 100,
            challenge_lifetime: 30 * MINUTE,
            retransmission_period: MINUTE,
            transmissions_per_challenge: 3,
            open_challenges: 5,
            totp_devices: 5,
            account_per_hour: 10,
            account_per_day: 30,
            address_per_hour: 10,
            address_per_day: 20,
            prefix_per_hour: 0,
            prefix_floor: 0,
            prefix_minimum: 50,
            prefix_closed: 30 * MINUTE,
            prefix_probes: 5,
            prefix_probe_period: MINUTE,
            prefix_trusted_after: 7 * DAY,
            allowed_prefixes: Vec::new(),
            channel_per_minute: 0,
            token_lifetime: 5 * MINUTE,
            reservation_lease: Duration::from_secs(30),
            ticket_lifetime: 10 * MINUTE,
            session_lifetime: DAY,
            step_up_lifetime: 15 * MINUTE,
            api_body: 64 * 1024,
            gateway_body: 1024 * 1024,
            retain: 14 * DAY,
        }
    }
}

impl Limits {
    /// The chance to guess one TAN within one block of attempts: `consecutive_failures` / 10^`tan_digits`.
    #[must_use]
    pub fn chance_per_block(&self) -> f64 {
        f64::from(self.consecutive_failures) / 10f64.powi(i32::from(self.tan_digits))
    }

    /// The tries that steady guessing gets in a year: one run of failures after each block, blocks doubling up to
    /// `block_max`, until `total_failures` ends it.
    #[must_use]
    pub fn tries_per_year(&self) -> u32 {
        let (total, run) = (u32::from(self.total_failures), u32::from(self.consecutive_failures));
        let (mut tries, mut passed, mut block) = (0, Duration::ZERO, self.block);
        while tries < total && passed < 365 * DAY {
            tries += run.min(total - tries);
            passed += block;
            block = block.saturating_mul(2).min(self.block_max);
        }
        tries
    }

    /// The chance to guess a TAN in a year of steady guessing.
    #[must_use]
    pub fn chance_per_year(&self) -> f64 {
        f64::from(self.tries_per_year()) / 10f64.powi(i32::from(self.tan_digits))
    }
}

#[cfg(test)]
impl Limits {
    /// The defaults, but for the limits over transmissions in time, which have tests of their own.
    pub(crate) fn unmetered() -> Self {
        let many = 1_000_000;
        Self {
            account_per_hour: many,
            account_per_day: many,
            address_per_hour: many,
            address_per_day: many,
            ..Self::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_chances_are_those_of_the_defaults() {
        let limits = Limits::default();
        assert!((limits.chance_per_block() - 5e-8).abs() < 1e-15);
        assert_eq!(limits.tries_per_year(), 100);
    }
}
