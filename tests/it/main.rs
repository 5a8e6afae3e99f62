//! The tests against real parts, in one binary: PostgreSQL (one cluster serves them all), scripts, HTTP, processes.
#![cfg(test)]

mod app;
mod crash;
mod database_away;
mod demo;
mod life_of_a_challenge;
mod private_postgres;
mod roles;
mod script_runner;
mod start;
mod tls;
