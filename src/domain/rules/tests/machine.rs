//! Operations in any order, at any time, under any limits.
//!
//! Each random sequence is played three times at once: by the rules, over what the database would hand them; by a
//! [`ledger`], which says in its own words what the REST contract promises; and by a [`witness`], which counts what
//! was seen from outside and asks neither of them.

use proptest::prelude::*;

mod challenges;
mod codes;
mod devices;
mod factors;
mod in_force;
mod ledger;
mod play;
mod predict;
mod sessions;
mod step;
mod taler;
mod terms;
mod tokens;
mod witness;

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_order_of_operations_breaks_a_promise(
        terms in terms::terms(),
        steps in proptest::collection::vec(step::step(), 1..160),
    ) {
        play::Play::under(&terms).all(&steps);
    }
}
