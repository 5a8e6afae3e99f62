//! Processor time: who works how long for a challenge.

use std::{fmt, fs};

use anyhow::{Context, Result};

/// Ticks of processor time a second (`USER_HZ`, the same on every Linux).
const TICKS: f64 = 100.0;

/// Processor time of the parts, in ticks, and for how many challenges.
#[derive(Default)]
pub struct Usage {
    pub service: u64,
    pub program: u64,
    pub postgres: u64,
    pub challenges: u64,
}

impl Usage {
    /// What was used between `earlier` and this.
    pub fn since(&self, earlier: &Self) -> Self {
        Self {
            service: self.service.saturating_sub(earlier.service),
            program: self.program.saturating_sub(earlier.program),
            postgres: self.postgres.saturating_sub(earlier.postgres),
            challenges: 0,
        }
    }

    /// Adds what was used for so many challenges.
    pub fn add(&mut self, other: &Self, challenges: u64) {
        self.service += other.service;
        self.program += other.program;
        self.postgres += other.postgres;
        self.challenges += challenges;
    }
}

impl fmt::Display for Usage {
    #[expect(clippy::cast_precision_loss, reason = "far below what a double holds exactly")]
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let each = |ticks: u64| ticks as f64 / TICKS * 1e6 / self.challenges.max(1) as f64;
        let (service, program, postgres) = (each(self.service), each(self.program), each(self.postgres));
        write!(out, "service {service:>5.0} us, program {program:>5.0} us, PostgreSQL {postgres:>5.0} us")
    }
}

/// The processor time of a process, in ticks, with what its children that it reaped had used.
pub fn of_process(pid: u32) -> Result<u64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    let fields = stat.rsplit(") ").next().context("no fields")?;
    let times = fields.split(' ').skip(11).take(4);
    Ok(times.filter_map(|time| time.parse::<u64>().ok()).sum())
}

/// The processor time of a process's children, in ticks. One that has just ended has none.
pub fn of_children(pid: u32) -> Result<u64> {
    let mut children = 0;
    for task in fs::read_dir(format!("/proc/{pid}/task"))? {
        let list = fs::read_to_string(task?.path().join("children")).unwrap_or_default();
        let pids = list.split_whitespace().filter_map(|pid| pid.parse().ok());
        children += pids.map(|pid| of_process(pid).unwrap_or_default()).sum::<u64>();
    }
    Ok(children)
}
