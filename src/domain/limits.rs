//! The numbers of `config/default.toml` `[limits]`, their defaults, and the standards that bound them.

use std::time::Duration;

const MINUTE: Duration = Duration::from_mins(1);
const HOUR: Duration = Duration::from_hours(1);
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
    /// How long a one-shot token can be used.
    pub token_lifetime: Duration,
    /// How long a reservation of a token is held for a holder that may have died.
    pub reservation_lease: Duration,
    /// How long an operation ticket can be used.
    pub ticket_lifetime: Duration,
    /// How long a log-in token can be used.
    pub session_lifetime: Duration,
    /// How long a step-up lasts.
    pub step_up_lifetime: Duration,
    /// The largest body of the service's own endpoints, in bytes.
    pub api_body: usize,
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
            token_lifetime: 5 * MINUTE,
            reservation_lease: Duration::from_secs(30),
            ticket_lifetime: 10 * MINUTE,
            session_lifetime: DAY,
            step_up_lifetime: 15 * MINUTE,
            api_body: 64 * 1024,
            retain: 14 * DAY,
        }
    }
}

/// A limit whose value breaks a standard or contradicts another limit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("limits.{limit}: {trouble}")]
pub struct Violation {
    /// The limit's name in the configuration.
    pub limit: &'static str,
    /// What is wrong, what would be right, and who says so.
    pub trouble: String,
}

impl Limits {
    /// Every row of the standards that these values break; empty when there is none.
    #[must_use]
    pub fn violations(&self) -> Vec<Violation> {
        let mut found = Vec::new();
        let mut require = |holds: bool, limit, trouble: &str| {
            if !holds {
                found.push(Violation { limit, trouble: trouble.to_owned() });
            }
        };
        require(
            (6..=10).contains(&self.tan_digits),
            "tan_digits",
            "must be 6 to 10 (NIST SP 800-63B-4: at least 6 digits)",
        );
        require(
            self.tan_lifetime >= Duration::from_secs(1) && self.tan_lifetime <= 10 * MINUTE,
            "tan_lifetime",
            "must be 1 s to 10 min (NIST SP 800-63B-4; OWASP ASVS 6.5.5)",
        );
        require(self.attempts_per_tan >= 1, "attempts_per_tan", "must be at least 1");
        require(
            (1..=5).contains(&self.consecutive_failures),
            "consecutive_failures",
            "must be 1 to 5 (PSD2 RTS art. 4(3)(b))",
        );
        require((1..=100).contains(&self.total_failures), "total_failures", "must be 1 to 100 (NIST SP 800-63B-4)");
        require(
            self.total_failures >= self.consecutive_failures,
            "total_failures",
            "must not be less than consecutive_failures",
        );
        require(self.block >= MINUTE, "block", "must be at least 1 min (PSD2 RTS art. 4(3)(b): a block that is felt)");
        require(self.block_max >= self.block, "block_max", "must not be less than block");
        require(
            self.challenge_lifetime >= self.tan_lifetime && self.challenge_lifetime <= DAY,
            "challenge_lifetime",
            "must be between tan_lifetime and 24 h",
        );
        require(
            self.retransmission_period <= self.challenge_lifetime,
            "retransmission_period",
            "must not be more than challenge_lifetime",
        );
        require(self.transmissions_per_challenge >= 1, "transmissions_per_challenge", "must be at least 1");
        require((1..=100).contains(&self.open_challenges), "open_challenges", "must be 1 to 100");
        require(
            !self.token_lifetime.is_zero() && self.token_lifetime <= HOUR,
            "token_lifetime",
            "must be more than 0 and at most 1 h",
        );
        require(
            self.reservation_lease >= Duration::from_secs(1) && self.reservation_lease <= HOUR,
            "reservation_lease",
            "must be 1 s to 1 h",
        );
        require(
            !self.ticket_lifetime.is_zero() && self.ticket_lifetime <= HOUR,
            "ticket_lifetime",
            "must be more than 0 and at most 1 h",
        );
        require(!self.session_lifetime.is_zero(), "session_lifetime", "must be more than 0");
        require(
            !self.step_up_lifetime.is_zero() && self.step_up_lifetime <= self.session_lifetime,
            "step_up_lifetime",
            "must be more than 0 and not more than session_lifetime (PSD2 RTS art. 4(3)(c))",
        );
        require((1024..=16 * 1024 * 1024).contains(&self.api_body), "api_body", "must be 1 KiB to 16 MiB");
        require(
            self.retain >= DAY && self.retain >= self.challenge_lifetime,
            "retain",
            "must be at least 1 day (an Idempotency-Key is honoured for 24 h)",
        );
        found
    }

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
            block = (block * 2).min(self.block_max);
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
mod tests {
    use super::*;

    #[test]
    fn the_defaults_break_no_standard() {
        assert_eq!(Limits::default().violations(), []);
    }

    #[test]
    fn every_broken_standard_is_named_at_once() {
        let limits = Limits { tan_digits: 5, consecutive_failures: 6, tan_lifetime: 11 * MINUTE, ..Limits::default() };
        let named: Vec<_> = limits.violations().into_iter().map(|violation| violation.limit).collect();
        assert_eq!(named, ["tan_digits", "tan_lifetime", "consecutive_failures"]);
    }

    #[test]
    fn the_chances_are_those_of_the_defaults() {
        let limits = Limits::default();
        assert!((limits.chance_per_block() - 5e-8).abs() < 1e-15);
        assert_eq!(limits.tries_per_year(), 100);
    }
}
