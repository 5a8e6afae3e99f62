//! The tests against real parts, in one binary: PostgreSQL (one cluster serves them all), scripts, HTTP, processes.
#![cfg(test)]

mod app;
mod contract;
mod life_of_a_challenge;
mod private_postgres;
mod script_runner;
