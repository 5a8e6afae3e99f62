//! The rules, row by row of the REST contract's sections 5 and 6, and in any order.

mod abort;
mod attempt;
mod cooldown;
mod devices;
mod enrol;
mod factors;
mod idempotency;
mod machine;
mod phases;
mod policy;
mod protect;
mod recovery;
mod request;
mod retransmit;
mod sends;
mod settle;
mod standing;
mod step_up;
mod taler;
mod transmission;
