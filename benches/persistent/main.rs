//! How many challenges a second are requested through a persistent script, beside a transport that sends nothing.
//! `scripts/bench persistent` runs it.
//!
//! Machines are shared and noisy: the ways are measured in turn, A B C A B C, and what is told are ratios of medians with
//! their range. PostgreSQL, the load and the service share the machine, on all sides alike. Everything is on loopback and
//! ends with this program.
#![expect(clippy::print_stdout, reason = "figures are what it is for")]

mod customers;
mod load;
mod serving;
mod usage;

use std::time::Duration;

use anyhow::{Context, Result};
use mimalloc::MiMalloc;

use self::{
    customers::Customers,
    load::{Measured, wrk},
    serving::{Bench, Way},
    usage::Usage,
};

/// As the program has it.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// Connections that are open at once.
const CONNECTIONS: u32 = 64;
/// How often each way is measured.
const ROUNDS: usize = 3;
/// What a persistent script may cost: its throughput over that of a transport that sends nothing.
const TARGET: f64 = 0.85;
/// Challenges a second that have to go through a persistent script.
const RATE: f64 = 500.0;

/// What was measured of one way.
struct Series {
    way: Way,
    rates: Vec<f64>,
    usage: Usage,
}

fn main() -> Result<()> {
    if let Some(way) = serving::asked_to_serve() {
        return serving::serve(way);
    }
    let seconds = std::env::var("BENCH_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(5);
    let bench = Bench::start()?;
    println!(
        "challenges requested through SMS at {CONNECTIONS} connections, {} customers, {ROUNDS} rounds of {seconds} s each",
        customers::COUNT
    );
    let series = measure(&bench, Duration::from_secs(seconds))?;
    report(&series)
}

fn measure(bench: &Bench, length: Duration) -> Result<Vec<Series>> {
    let mut turn = 0;
    let mut run = |way, length| -> Result<(Measured, Usage)> {
        turn += 1;
        let before = bench.usage(way)?;
        let measured = wrk(&bench.url(way), &bench.customers, Customers::beginning(turn), CONNECTIONS, length)?;
        Ok((measured, bench.usage(way)?.since(&before)))
    };
    for way in Way::ALL {
        run(way, Duration::from_secs(1))?; // connections, caches and statements are warm
    }
    let series = |way| Series { way, rates: Vec::new(), usage: Usage::default() };
    let mut all: Vec<Series> = Way::ALL.into_iter().map(series).collect();
    for round in 1..=ROUNDS {
        for series in &mut all {
            let (measured, usage) = run(series.way, length)?;
            println!("  round {round}: {:<38} {measured}", series.way.name());
            series.rates.push(measured.rate);
            series.usage.add(&usage, measured.requests);
        }
    }
    Ok(all)
}

fn report(all: &[Series]) -> Result<()> {
    println!("\nmedians, in challenges/s, and processor time for each challenge");
    let floor = all.first().context("nothing was measured")?;
    for series in all {
        let rate = median(&series.rates)?;
        println!("  {:<38} {rate:>6.0}/s   {}", series.way.name(), series.usage);
    }
    println!();
    for series in all.iter().skip(1) {
        let (rate, ratio) = (median(&series.rates)?, median(&series.rates)? / median(&floor.rates)?);
        let ratios: Vec<f64> = series.rates.iter().zip(&floor.rates).map(|(rate, floor)| rate / floor).collect();
        let (least, most) =
            (ratios.iter().copied().fold(f64::MAX, f64::min), ratios.iter().copied().fold(0.0, f64::max));
        let verdict = |reached| if reached { "reached" } else { "missed" };
        println!(
            "  {}: {ratio:.2} ({least:.2} to {most:.2}) of {}; target {TARGET}: {}; {RATE:.0}/s: {}",
            series.way.name(),
            floor.way.name(),
            verdict(ratio >= TARGET),
            verdict(rate >= RATE),
        );
    }
    Ok(())
}

fn median(values: &[f64]) -> Result<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().context("nothing was measured")
}
