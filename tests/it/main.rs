//! The tests against real parts, in one binary: PostgreSQL (one cluster serves them all), scripts, HTTP, processes.
#![cfg(test)]

mod app;
mod attack;
mod bank_core;
mod budgets;
mod clock;
mod contract;
mod crash;
mod database_away;
mod demo;
mod documents;
mod factors;
mod fuzz;
mod gateway;
mod gateway_crash;
mod guarded;
mod identity;
mod import;
mod leaks;
mod life_of_a_challenge;
mod limits;
mod operators;
mod plans;
mod private_postgres;
mod pumping;
mod retention;
mod roles;
mod rows;
mod script_runner;
mod start;
mod storage_traps;
mod tls;
mod traffic;
mod trail;
mod wire;
