//! What the gateway costs an unprotected request: beside nginx in front of the same upstream, and in memory for large
//! bodies. `scripts/bench gateway` runs it.
//!
//! Machines are shared and noisy: the two are measured in turn, A B A B A B, and what is told is the ratio of the medians
//! with the range. Everything is on loopback and ends with this program.
#![expect(clippy::print_stdout, reason = "figures are what it is for")]

mod core;
mod memory;
mod programs;

use std::time::Duration;

use anyhow::{Context, Result};

use self::programs::{Bench, wrk};

/// Connections that are open at once.
const CONNECTIONS: u32 = 64;
/// How often each side is measured.
const ROUNDS: usize = 3;
/// What the gateway may cost: its throughput over nginx's.
const TARGET: f64 = 0.67;

/// What was measured of both sides, in requests a second.
#[derive(Default)]
struct Rates {
    nginx: Vec<f64>,
    gateway: Vec<f64>,
}

fn main() -> Result<()> {
    let seconds = std::env::var("BENCH_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(5);
    let bench = Bench::start()?;
    println!("1 KiB through a proxy at {CONNECTIONS} connections, {ROUNDS} rounds of {seconds} s each, in requests/s");
    let rates = measure(&bench, Duration::from_secs(seconds))?;
    report(&rates)?;
    println!("\n1 GiB through the gateway: what its process of {:.1} MiB grows by", mebibytes(memory::idle(&bench)?));
    for (direction, grown) in memory::measure(&bench)? {
        println!("  {direction:<10} {:>6.1} MiB", mebibytes(grown));
    }
    Ok(())
}

fn measure(bench: &Bench, length: Duration) -> Result<Rates> {
    let mut rates = Rates::default();
    for url in [bench.nginx_url(), bench.gateway_url()] {
        wrk(&url, CONNECTIONS, Duration::from_secs(1))?; // connections, caches and branch predictors are warm
    }
    for round in 1..=ROUNDS {
        let nginx = wrk(&bench.nginx_url(), CONNECTIONS, length)?;
        let gateway = wrk(&bench.gateway_url(), CONNECTIONS, length)?;
        println!("  round {round}: nginx {nginx:>8.0}   gateway {gateway:>8.0}   ratio {:.2}", gateway / nginx);
        rates.nginx.push(nginx);
        rates.gateway.push(gateway);
    }
    Ok(rates)
}

fn report(rates: &Rates) -> Result<()> {
    let (nginx, gateway) = (median(&rates.nginx)?, median(&rates.gateway)?);
    let ratios: Vec<f64> = rates.gateway.iter().zip(&rates.nginx).map(|(gateway, nginx)| gateway / nginx).collect();
    let (least, most) = (ratios.iter().copied().fold(f64::MAX, f64::min), ratios.iter().copied().fold(0.0, f64::max));
    let ratio = gateway / nginx;
    let verdict = if ratio >= TARGET { "reached" } else { "missed" };
    println!(
        "  median: nginx {nginx:.0}, gateway {gateway:.0}: {ratio:.2} ({least:.2} to {most:.2}); target {TARGET}: {verdict}"
    );
    Ok(())
}

fn median(values: &[f64]) -> Result<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().context("nothing was measured")
}

/// Resident memory in MiB; a page's worth of precision is enough.
#[expect(clippy::cast_precision_loss, reason = "far below what a double holds exactly")]
fn mebibytes(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}
