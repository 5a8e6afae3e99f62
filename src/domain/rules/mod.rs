//! What may be done to an account, and what follows: one file a use.
//!
//! Every rule is a method of [`Account`](super::account::Account) that is handed
//! [`Terms`](super::account::Terms). A refusal leaves the account unchanged, unless the rule says otherwise.

pub mod attempt;
mod devices;
pub mod enrol;
pub mod factors;
pub mod notices;
pub mod protect;
pub mod reach;
pub mod refusals;
pub mod request;
mod sends;
pub mod settle;
mod shown;
mod step_up;
pub mod taler;
pub mod transmission;

#[cfg(test)]
mod tests;
