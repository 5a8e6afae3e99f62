//! The load: wrk, a request a customer in turn.

use std::{fmt, fs, process::Command, time::Duration};

use anyhow::{Context, Result, ensure};

use super::customers::Customers;

const SCRIPT: &str = include_str!("requests.lua");
const THREADS: usize = 2;

/// What wrk told.
pub struct Measured {
    /// Requests a second.
    pub rate: f64,
    /// All requests.
    pub requests: u64,
    median: String,
    last: String,
}

impl fmt::Display for Measured {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:>6.0}/s   p50 {:>9}   p99 {:>9}", self.rate, self.median, self.last)
    }
}

/// Requests a second, as wrk counts them. A reply that is no success is an error.
pub fn wrk(url: &str, customers: &Customers, first: usize, connections: u32, length: Duration) -> Result<Measured> {
    let script = customers.file.with_file_name("requests.lua");
    fs::write(&script, SCRIPT)?;
    let mut wrk = Command::new("wrk");
    wrk.arg("-s").arg(&script).args(["--latency", &format!("-t{THREADS}"), &format!("-c{connections}")]);
    wrk.args([&format!("-d{}s", length.as_secs()), url, "--"]).arg(&customers.file);
    wrk.args([first.to_string(), THREADS.to_string()]);
    let output = wrk.output().context("wrk could not be started: is it installed?")?;
    let said = String::from_utf8_lossy(&output.stdout);
    ensure!(output.status.success() && !said.contains("Non-2xx"), "{url} answered with errors:\n{said}");
    ensure!(!said.contains("Socket errors"), "connections broke:\n{said}");
    read(&said).with_context(|| format!("wrk told no figures:\n{said}"))
}

fn read(said: &str) -> Option<Measured> {
    let after = |name: &str| said.lines().find_map(|line| line.trim().strip_prefix(name)).map(str::trim);
    let requests = said.lines().find_map(|line| line.split_once(" requests in "))?.0.trim();
    Some(Measured {
        rate: after("Requests/sec:")?.parse().ok()?,
        requests: requests.parse().ok()?,
        median: after("50%")?.to_owned(),
        last: after("99%")?.to_owned(),
    })
}
