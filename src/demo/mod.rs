//! The demo: everything that the service needs around it, brought along, so that one command shows it at work.
//!
//! Nothing outside the demo and the tests may need what is here.

pub mod postgres;
