//! The tests against real parts: PostgreSQL, scripts, HTTP.
#![cfg(test)]

mod script_runner;
