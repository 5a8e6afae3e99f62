//! What may happen, and under which limits.

use std::time::Duration;

use proptest::prelude::*;

use crate::domain::{
    address::Address,
    assurance::{Assurance, Demand},
    channel::{Channel, Strength, Strengths},
    limits::Limits,
    rules::settle::Outcome,
    testing::{mailbox, phone},
};

/// Limits, strengths, and how long holders of sendings are waited for.
#[derive(Clone, Debug)]
pub(super) struct RandomTerms {
    pub(super) limits: Limits,
    pub(super) strengths: Strengths,
    pub(super) lease: Duration,
}

/// Which challenge, counted from the youngest.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pick(pub(super) usize);

/// What a customer, or a thief, types.
#[derive(Clone, Copy, Debug)]
pub(super) enum Guess {
    /// What the latest message says.
    Right,
    /// Other digits.
    Wrong,
    /// What an earlier message of this challenge said.
    Old,
    /// What the latest message of another challenge says.
    OfAnother(Pick),
    /// No answer of this channel.
    NoCandidate,
}

#[derive(Clone, Debug)]
pub(super) enum Step {
    Pass(u64),
    Request {
        channel: Channel,
        operation: Option<u8>,
        key: Option<(u8, u8)>,
        session: u8,
    },
    /// A request, its message handed over, and its right answer.
    Prove {
        channel: Channel,
        operation: Option<u8>,
        session: u8,
    },
    Retransmit(Pick),
    Attempt(Pick, Guess),
    Abort(Pick),
    Enrol {
        address: Address,
        payer: Option<Pick>,
        operation: u8,
    },
    DropPending(Channel),
    Remove {
        channel: Channel,
        payer: Option<Pick>,
        operation: u8,
    },
    SetAddress(Address),
    /// An operation outside: `tokens` shown as a one-shot token, as Taler's ids, or both.
    Reserve {
        token: Option<Pick>,
        taler: Vec<Pick>,
        stepped_up: bool,
        demand: Demand,
        operation: u8,
    },
    Redeem {
        token: Pick,
        asks: Assurance,
        operation: u8,
    },
    /// The same work again with a token that was held before, of those.
    Again {
        token: Pick,
        idempotent: bool,
    },
    /// A holder of a token that was held, of those, comes back, counted from the latest; or a stranger.
    Settle {
        token: Pick,
        holder: usize,
        outcome: Outcome,
    },
    Offer {
        channel: Channel,
        operation: u8,
        session: u8,
    },
    /// Which id, counted from the latest.
    Transmit(Pick),
    /// An id, its message handed over, and its right answer.
    ProveTaler {
        channel: Channel,
        operation: u8,
        session: u8,
    },
    Record {
        of: Pick,
        sent: bool,
        late: bool,
    },
    TakeOver(Pick),
    Unblock,
    LogOut(u8),
}

pub(super) fn terms() -> impl Strategy<Value = RandomTerms> {
    let guessing = (1u16..=5, 1u16..=5, 0u16..=12, 60u64..=900, 1u32..=8);
    let times = (
        prop_oneof![5u64..=40, 10u64..=600],
        prop_oneof![Just(0u64), 0u64..=1800],
        prop_oneof![Just(0u64), Just(1), Just(30), Just(60)],
        5u64..=300,
    );
    let counts = (1u16..=4, 1u16..=5, 1u64..=60, 1u64..=90);
    let strength = || prop_oneof![Just(Strength::Inform), Just(Strength::Possession)];
    (guessing, times, counts, strength(), strength()).prop_map(|(guessing, times, counts, sms, email)| {
        let (attempts_per_tan, consecutive_failures, further, block, doublings) = guessing;
        let (tan, further_lifetime, period, token) = times;
        let (transmissions_per_challenge, open_challenges, reservation, lease) = counts;
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
            token_lifetime: Duration::from_secs(token),
            reservation_lease: Duration::from_secs(reservation),
            ..Limits::unmetered()
        };
        RandomTerms {
            limits,
            strengths: Strengths { sms, email, ..Strengths::default() },
            lease: Duration::from_secs(lease),
        }
    })
}

fn pick() -> impl Strategy<Value = Pick> {
    prop_oneof![5 => Just(0usize), 2 => Just(1), 2 => 0usize..5, 1 => 0usize..40].prop_map(Pick)
}

fn channel() -> impl Strategy<Value = Channel> {
    prop_oneof![Just(Channel::Sms), Just(Channel::Email)]
}

fn address() -> impl Strategy<Value = Address> {
    prop_oneof![(1u32..4).prop_map(phone), (1u32..4).prop_map(mailbox)]
}

fn asks() -> impl Strategy<Value = Assurance> {
    prop_oneof![Just(Assurance::Token), Just(Assurance::Bound)]
}

fn guess() -> impl Strategy<Value = Guess> {
    prop_oneof![
        4 => Just(Guess::Right),
        4 => Just(Guess::Wrong),
        1 => Just(Guess::Old),
        1 => pick().prop_map(Guess::OfAnother),
        1 => Just(Guess::NoCandidate),
    ]
}

fn seconds() -> impl Strategy<Value = u64> {
    prop_oneof![4 => 0u64..=5, 4 => 6u64..=70, 2 => 71u64..=700, 1 => 701u64..=4000, 1 => Just(24 * 3600)]
}

fn request() -> impl Strategy<Value = Step> {
    let key = proptest::option::weighted(0.3, (1u8..4, 1u8..3));
    (channel(), proptest::option::of(1u8..3), key, 1u8..3)
        .prop_map(|(channel, operation, key, session)| Step::Request { channel, operation, key, session })
}

fn of_channel() -> impl Strategy<Value = (Channel, u8, u8)> {
    (channel(), 1u8..3, 1u8..3)
}

fn outcome() -> impl Strategy<Value = Outcome> {
    prop_oneof![
        2 => Just(Outcome::Succeeded),
        3 => Just(Outcome::NoEffect),
        3 => prop::bool::ANY.prop_map(|over| Outcome::Unknown { over }),
    ]
}

fn demand() -> impl Strategy<Value = Demand> {
    let assurance = prop_oneof![
        1 => Just(Assurance::None),
        2 => Just(Assurance::Session),
        6 => Just(Assurance::Token),
        4 => Just(Assurance::Bound),
    ];
    let strength = prop_oneof![4 => Just(Strength::Inform), 1 => Just(Strength::Possession)];
    (assurance, strength, prop::bool::weighted(0.2), prop::bool::weighted(0.6))
        .prop_map(|(assurance, strength, enrolled, idempotent)| Demand { assurance, strength, enrolled, idempotent })
}

fn reserve() -> impl Strategy<Value = Step> {
    let shown = (proptest::option::weighted(0.6, pick()), proptest::collection::vec(pick(), 0..4));
    (shown, prop::bool::weighted(0.2), demand(), 1u8..3).prop_map(|((token, taler), stepped_up, demand, operation)| {
        Step::Reserve { token, taler, stepped_up, demand, operation }
    })
}

pub(super) fn step() -> impl Strategy<Value = Step> {
    let payer = || proptest::option::weighted(0.9, pick());
    let token = || (pick(), asks(), 1u8..3);
    prop_oneof![
        8 => seconds().prop_map(Step::Pass),
        8 => request(),
        6 => (channel(), proptest::option::of(1u8..3), 1u8..3)
            .prop_map(|(channel, operation, session)| Step::Prove { channel, operation, session }),
        4 => pick().prop_map(Step::Retransmit),
        16 => (pick(), guess()).prop_map(|(of, guess)| Step::Attempt(of, guess)),
        1 => pick().prop_map(Step::Abort),
        4 => (address(), payer(), 1u8..3).prop_map(|(address, payer, operation)| Step::Enrol { address, payer, operation }),
        1 => channel().prop_map(Step::DropPending),
        1 => (channel(), payer(), 1u8..3).prop_map(|(channel, payer, operation)| Step::Remove { channel, payer, operation }),
        1 => address().prop_map(Step::SetAddress),
        6 => reserve(),
        2 => token().prop_map(|(token, asks, operation)| Step::Redeem { token, asks, operation }),
        8 => (pick(), prop::bool::weighted(0.9)).prop_map(|(token, idempotent)| Step::Again { token, idempotent }),
        10 => (pick(), prop_oneof![6 => Just(0usize), 2 => Just(1), 1 => 2usize..5], outcome())
            .prop_map(|(token, holder, outcome)| Step::Settle { token, holder, outcome }),
        2 => of_channel().prop_map(|(channel, operation, session)| Step::Offer { channel, operation, session }),
        3 => pick().prop_map(Step::Transmit),
        4 => of_channel().prop_map(|(channel, operation, session)| Step::ProveTaler { channel, operation, session }),
        10 => (pick(), prop::bool::weighted(0.8), prop::bool::weighted(0.1))
            .prop_map(|(of, sent, late)| Step::Record { of, sent, late }),
        2 => pick().prop_map(Step::TakeOver),
        1 => Just(Step::Unblock),
        1 => (1u8..3).prop_map(Step::LogOut),
    ]
}
