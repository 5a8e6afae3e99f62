//! The tests that need a database, a socket or a process, in one binary: one PostgreSQL serves them all.
#![cfg(test)]

mod private_postgres;
