//! Under which limits, and what the bank has decided.

use std::time::Duration;

use proptest::prelude::*;

use crate::domain::{
    channel::{Channel, Strength, Strengths},
    limits::Limits,
    policy::{FirstChannel, Policy},
};

/// Limits, strengths, the bank's policy, and how long holders of sendings are waited for.
#[derive(Clone, Debug)]
pub(super) struct RandomTerms {
    pub(super) limits: Limits,
    pub(super) strengths: Strengths,
    pub(super) policy: Policy,
    pub(super) lease: Duration,
    /// Whether the account begins without anything in force.
    pub(super) bare: bool,
}

fn policy() -> impl Strategy<Value = Policy> {
    let preference = Just(Channel::ALL).prop_shuffle();
    let waiting = prop_oneof![2 => Just(0u64), 3 => 1u64..=900];
    let first = prop_oneof![2 => Just(FirstChannel::Oneself), 1 => Just(FirstChannel::Operator)];
    let on = || prop::bool::weighted(0.9);
    (preference, on(), on(), first, waiting).prop_map(|(preference, totp, recovery, first, waiting)| Policy {
        preference,
        totp,
        recovery,
        first,
        waiting: Duration::from_secs(waiting),
        ..Policy::default()
    })
}

pub(super) fn terms() -> impl Strategy<Value = RandomTerms> {
    let guessing = (1u16..=5, 1u16..=5, 0u16..=12, 60u64..=900, 1u32..=8);
    let times = (
        prop_oneof![5u64..=40, 10u64..=600],
        prop_oneof![Just(0u64), 0u64..=1800],
        prop_oneof![Just(0u64), Just(1), Just(30), Just(60)],
        5u64..=300,
        5u64..=900,
    );
    let counts = (1u16..=4, 1u16..=5, 1u64..=60, 1u64..=90, 1u16..=3);
    let strength = || prop_oneof![Just(Strength::Inform), Just(Strength::Possession)];
    (guessing, times, counts, (strength(), strength()), (policy(), prop::bool::weighted(0.4))).prop_map(
        |(guessing, times, counts, (sms, email), (policy, bare))| {
            let (attempts_per_tan, consecutive_failures, further, block, doublings) = guessing;
            let (tan, further_lifetime, period, token, step_up) = times;
            let (transmissions_per_challenge, open_challenges, reservation, lease, totp_devices) = counts;
            let lifetime = Duration::from_secs(tan + further_lifetime);
            let limits = Limits {
                tan_digits: 10,
                attempts_per_tan,
                consecutive_failures,
                total_failures: consecutive_failures + further,
                block: Duration::from_secs(block),
                block_max: Duration::from_secs(block) * doublings,
                tan_lifetime: Duration::from_secs(tan),
                challenge_lifetime: lifetime,
                retransmission_period: Duration::from_secs(period).min(lifetime),
                transmissions_per_challenge,
                open_challenges,
                totp_devices,
                token_lifetime: Duration::from_secs(token),
                step_up_lifetime: Duration::from_secs(step_up),
                reservation_lease: Duration::from_secs(reservation),
                ..Limits::unmetered()
            };
            RandomTerms {
                limits,
                strengths: Strengths { sms, email, ..Strengths::default() },
                policy,
                lease: Duration::from_secs(lease),
                bare,
            }
        },
    )
}
