//! Blocks, as the account meets them.

use crate::domain::{
    channel::Channel,
    rules::attempt::AttemptOutcome,
    standing::Consequence,
    testing::{Scene, secs},
};

/// Fails until a block begins and returns how long it lasts.
fn next_block(scene: &mut Scene) -> u64 {
    loop {
        let id = scene.request(Channel::Sms);
        let outcome = scene.fail(id);
        let began = scene.now;
        scene.pass(secs(60));
        scene.abort(id).unwrap();
        if let AttemptOutcome::Wrong { consequence: Consequence { block: Some(block), .. }, .. } = outcome {
            return block.until.since(began).as_secs() / 60;
        }
    }
}

#[test]
fn after_a_block_the_run_starts_again_and_the_doubling_and_the_total_go_on() {
    let mut scene = Scene::enrolled();
    assert_eq!(next_block(&mut scene), 15);
    scene.pass(secs(14 * 60));
    assert_eq!((scene.account.standing.failures, scene.account.standing.total_failures), (0, 5));
    assert_eq!(next_block(&mut scene), 30);
    scene.pass(secs(29 * 60));
    assert_eq!(scene.account.standing.total_failures, 10);
}

#[test]
fn a_success_ends_the_counts_and_a_quiet_day_the_doubling() {
    let mut scene = Scene::enrolled();
    next_block(&mut scene);
    scene.pass(secs(14 * 60));
    scene.solved(Channel::Sms);
    assert_eq!(scene.account.standing.total_failures, 0);
    assert_eq!(next_block(&mut scene), 30, "the doubling goes on");
    scene.pass(secs(29 * 60 + 24 * 3600));
    assert_eq!(next_block(&mut scene), 15);
}
