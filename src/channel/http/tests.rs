//! Calls over a real connection.
