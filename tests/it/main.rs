//! The tests against real parts.
