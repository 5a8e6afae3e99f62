//! What an attacker, or bad luck, would make of the limits, the worker's chores and the trail.

mod chores;
mod lock;
mod messages;
mod witness;

use crate::app::Wish;

fn wish(limits: &str) -> Wish {
    Wish { more: format!("[limits]\n{limits}"), ..Wish::default() }
}
