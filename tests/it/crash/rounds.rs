//! Round after round instances are killed while customers request, enrol, send again, abort and confirm, at random moments
//! that fall between every claim and its record. What holds after a hundred such rounds is what may be relied on.
//!
//! The delays are the experiment: nothing here waits for a race to be over. `TANAGER_CRASH_SEED` repeats a run as far as
//! chance was the test's own.

mod fleet;
mod ledger;
mod verdict;
mod walker;
mod witness;

use std::{
    env, fs,
    hash::{BuildHasher, RandomState},
    os::unix::fs::PermissionsExt,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use futures_util::future::join_all;
use tokio::time::Instant;

use self::{
    fleet::Fleet,
    walker::{Habit, Walker},
    witness::Witness,
};
use super::TAKEN_OVER_WITHIN;
use crate::{
    app::{Installation, eventually},
    attack::Dice,
    bank_core::BankCore,
};

/// A transport that notes when it begins and when the message is out, and takes its time before and after. Every other one dies
/// with its service, as with a whole machine. As the first of two it fails in every way there is: before and after the message
/// is out, politely, and by hanging.
const SCRIPT: &str = r#"#!/bin/sh
[ "$TANAGER_KIND" = tan ] || exit 0
cd "$SPOOL_DIR" || exit 78
printf '%s %s %s %s\n' "$TANAGER_TRANSMISSION" "$LIFE" "$ROLE" "$1" >>begun
message=$(tr '\n' ' ')
[ -n "$message" ] || exit 75
out() { printf '%s %s %s %s %s\n' "$TANAGER_TRANSMISSION" "$LIFE" "$ROLE" "$1" "$message" >>sent; }
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

const ONE_TRANSPORT: &str = "script = \"@script\"\ntimeout = \"2 s\"\nat_once = 16\n\
                             env = { SPOOL_DIR = \"@spool\", ROLE = \"only\" }\n";
const TWO_TRANSPORTS: &str = "transports = [\"first\", \"second\"]\ntimeout = \"2 s\"\nat_once = 16\n\
     [channel.sms.transport.first]\nkind = \"script\"\nscript = \"@script\"\nenv = { SPOOL_DIR = \"@spool\", ROLE = \"first\" }\n\
     [channel.sms.transport.second]\nkind = \"script\"\nscript = \"@script\"\nenv = { SPOOL_DIR = \"@spool\", ROLE = \"second\" }\n";

/// No limit of these is met but the cool-down, which is short so that it is.
const MORE: &str = r#"
[limits]
retransmission_period = "1 s"
transmissions_per_challenge = 100
open_challenges = 100
account_per_hour = 1000
account_per_day = 1000
address_per_hour = 1000
address_per_day = 1000
[gateway]
listen = "127.0.0.1:0"
upstream = "@upstream"
[[gateway.operation]]
name = "withdrawal"
method = "POST"
path = "/accounts/{username}/withdrawals/7/confirm"
on_missing = "challenge"
summary = "Withdraw {{ body.amount }}"
"#;

/// One experiment.
struct Plan {
    instances: usize,
    /// How often instances are killed before all is left to settle; so often.
    rounds: u32,
    settlings: u32,
    /// What carries SMS: the lines of `[channel.sms]`.
    channel: &'static str,
}

/// What all of it plays in.
struct World {
    place: Installation,
    witness: Arc<Witness>,
    /// The gateway needs one; nothing is asked of it.
    _core: BankCore,
}

impl World {
    async fn new(channel: &str) -> Self {
        let place = Installation::new().await;
        let (script, spool, core) = (place.path("transport"), place.path("spool"), BankCore::open().await);
        fs::write(&script, SCRIPT).unwrap();
        fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
        fs::create_dir(&spool).unwrap();
        let usual = fs::read_to_string(place.path("tanager.toml")).unwrap();
        let (head, rest) = usual.split_once("[channel.sms]").unwrap();
        let server = &rest[rest.find("[server]").unwrap()..];
        let channel = channel.replace("@script", script.to_str().unwrap()).replace("@spool", spool.to_str().unwrap());
        let more = MORE.replace("@upstream", &core.url());
        fs::write(place.path("tanager.toml"), format!("{head}[channel.sms]\n{channel}{server}{more}")).unwrap();
        let witness = Arc::new(Witness::of(place.database.owner().await, spool).await);
        Self { place, witness, _core: core }
    }

    /// No sending is under way; within the time that the contract gives (`api.md` section 10).
    async fn until_settled(&self) {
        let before = Instant::now();
        let claimed = "select count(*) from challenges where claim_until is not null";
        eventually("every sending is settled", async || self.witness.number(claimed).await == 0).await;
        assert!(before.elapsed() < TAKEN_OVER_WITHIN, "settled after {:?}", before.elapsed());
    }
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
    let (world, mut dice) = (World::new(plan.channel).await, Dice::new(seed));
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
        verdict::pronounce(&world.witness, &fleet, &walkers, seed).await;
    }
    join_all(walkers.iter().map(|walker| walker.confirm_all())).await;
    let verified = world.place.run(&["audit", "verify"]).await;
    assert!(verified.status.success() && verified.stdout.starts_with(b"whole: "), "{verified:?}");
    println!("{} rounds: {}", plan.rounds * plan.settlings, ledger::summary(&world.witness, &fleet).await);
}

async fn walkers(world: &World, fleet: &Fleet<'_>, dice: &mut Dice) -> Vec<Walker> {
    let mut walkers = Vec::new();
    for (habit, count) in [(Habit::Asks, 5), (Habit::Enrols, 3), (Habit::PaysWithTaler, 4)] {
        for n in 0..count {
            let name = format!("{habit:?}-{n}").to_lowercase();
            let channels = if habit == Habit::Enrols { &[][..] } else { &["sms"] };
            let customer = world.place.customer(fleet.first(), &name, channels).await;
            walkers.push(Walker::new(customer, habit, fleet.doors(), Arc::clone(&world.witness), dice.roll()));
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
async fn twenty_deaths_between_one_transport_that_fails_and_the_next_do_neither() {
    play(&Plan { instances: 2, rounds: 20, settlings: 1, channel: TWO_TRANSPORTS }).await;
}
