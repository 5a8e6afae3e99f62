//! Round after round instances are killed while customers request, enrol, send again, abort and confirm, at random moments
//! that fall between every claim and its record. What holds after a hundred such rounds is what may be relied on.
//!
//! The delays are the experiment: nothing here waits for a race to be over. `TANAGER_CRASH_SEED` repeats a run as far as
//! chance was the test's own.

mod fleet;
mod ledger;
mod notices;
mod verdict;
mod walker;

use std::{
    env,
    hash::{BuildHasher, RandomState},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use futures_util::future::join_all;

use self::{
    fleet::Fleet,
    walker::{Habit, Walker},
};
use super::world::World;
use crate::attack::Dice;

/// A transport that notes when it begins and when the message is out, and takes its time before and after. Every other one dies
/// with its service, as with a whole machine. As the first of two it fails in every way there is: before and after the message
/// is out, politely, and by hanging.
const SCRIPT: &str = r#"#!/bin/sh
cd "$SPOOL_DIR" || exit 78
printf '%s %s %s %s\n' "$TANAGER_TRANSMISSION" "$LIFE" "$ROLE" "$1" >>"$TANAGER_KIND-begun"
message=$(tr '\n' ' ')
[ -n "$message" ] || exit 75
out() { printf '%s %s %s %s %s\n' "$TANAGER_TRANSMISSION" "$LIFE" "$ROLE" "$1" "$message" >>"$TANAGER_KIND-sent"; }
pause() { sleep "0.$(printf %03d "$(($1 % 180))")"; }
gone() { [ $((chance / 3 % 2)) = 0 ] && ! kill -0 $PPID 2>/dev/null; }
chance=$((0x${TANAGER_TRANSMISSION#"${TANAGER_TRANSMISSION%????}"} + LIFE * 7919))
if [ "$ROLE" = first ]; then
    case $((chance % 8)) in
    0 | 1) exit 1 ;;
    2) exit 75 ;;
    3) sleep 5; exit 1 ;;
    4 | 5) pause $((chance / 8)); out "$1"; exit 1 ;;
    esac
fi
pause $((chance / 8))
if gone; then exit 1; fi
out "$1"
pause $((chance / 1024))
exit 0
"#;

const ONE_TRANSPORT: &str = "script = \"@script\"\ntimeout = \"2 s\"\npatience = \"1 s\"\nat_once = 24\n\
                             env = { SPOOL_DIR = \"@spool\", ROLE = \"only\" }\n";
const TWO_TRANSPORTS: &str = "transports = [\"first\", \"second\"]\ntimeout = \"2 s\"\npatience = \"1 s\"\nat_once = 24\n\
     [channel.sms.transport.first]\nkind = \"script\"\nscript = \"@script\"\nenv = { SPOOL_DIR = \"@spool\", ROLE = \"first\" }\n\
     [channel.sms.transport.second]\nkind = \"script\"\nscript = \"@script\"\nenv = { SPOOL_DIR = \"@spool\", ROLE = \"second\" }\n";

/// One experiment.
struct Plan {
    instances: usize,
    /// How often instances are killed before all is left to settle; so often.
    rounds: u32,
    settlings: u32,
    /// What carries SMS: the lines of `[channel.sms]`.
    channel: &'static str,
}

/// So that what was found is found again.
fn seed() -> u64 {
    let given = env::var("TANAGER_CRASH_SEED").ok().map(|seed| seed.parse().expect("a number"));
    given.unwrap_or_else(|| RandomState::new().hash_one(0))
}

/// Kills and settles as planned; fails when anything was lost, or doubled more than it may be.
async fn play(plan: &Plan) {
    let seed = seed();
    println!("TANAGER_CRASH_SEED={seed}");
    let (world, mut dice) = (World::new(SCRIPT, plan.channel).await, Dice::new(seed));
    let mut fleet = Fleet::start(&world.place, plan.instances).await;
    let mut walkers = walkers(&world, &fleet, &mut dice).await;
    for _ in 0..plan.settlings {
        let over = AtomicBool::new(false);
        let deaths = async {
            for _ in 0..plan.rounds {
                fleet.round(&mut dice).await;
            }
            over.store(true, Ordering::SeqCst);
        };
        tokio::join!(join_all(walkers.iter_mut().map(|walker| walker.walk(&over))), deaths);
        world.until_settled().await;
        world.until_told().await;
        verdict::pronounce(&world.witness, &fleet, &walkers, seed).await;
        notices::pronounce(&world.witness, &fleet).await;
    }
    join_all(walkers.iter().map(Walker::confirm_all)).await;
    let verified = world.place.run(&["audit", "verify"]).await;
    assert!(verified.status.success() && verified.stdout.starts_with(b"whole: "), "{verified:?}");
    println!("{} rounds: {}", plan.rounds * plan.settlings, ledger::summary(&world.witness, &fleet).await);
}

async fn walkers(world: &World, fleet: &Fleet<'_>, dice: &mut Dice) -> Vec<Walker> {
    let mut walkers = Vec::new();
    for (habit, count) in [(Habit::Asks, 4), (Habit::Enrols, 3), (Habit::PaysWithTaler, 3), (Habit::IsMoved, 2)] {
        for n in 0..count {
            let name = format!("{habit:?}-{n}").to_lowercase();
            let channels = if habit == Habit::Enrols { &[][..] } else { &["sms"] };
            let customer = world.place.customer(fleet.first(), &name, channels).await;
            let (doors, witness) = (fleet.doors(), Arc::clone(&world.witness));
            walkers.push(Walker::new(customer, habit, doors, witness, dice.roll()).with_operator(&world.place.admin));
        }
    }
    walkers
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_deaths_of_one_instance_lose_nothing_and_double_at_most_a_message_each() {
    play(&Plan { instances: 1, rounds: 25, settlings: 2, channel: ONE_TRANSPORT }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_deaths_of_one_or_both_of_two_instances_do_neither() {
    play(&Plan { instances: 2, rounds: 25, settlings: 2, channel: ONE_TRANSPORT }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fifteen_deaths_between_one_transport_that_fails_and_the_next_do_neither() {
    play(&Plan { instances: 2, rounds: 15, settlings: 1, channel: TWO_TRANSPORTS }).await;
}
