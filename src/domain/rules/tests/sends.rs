//! What holds a message back over all accounts: a channel's ceiling, and a prefix that is closed against SMS pumping.

use std::time::Duration;

use crate::domain::{
    channel::Channel,
    meter::Meter,
    prefix_guard::ClosedPrefix,
    refusal::Refusal,
    rules::request::Wish,
    testing::{Scene, phone},
};

const HALF_AN_HOUR: Duration = Duration::from_mins(30);

fn refused(scene: &mut Scene, channel: Channel) -> Option<(&'static str, Duration)> {
    let before = scene.account.clone();
    match scene.try_request(channel, Wish::default()) {
        Ok(_) => {
            let after = std::mem::replace(&mut scene.account, before);
            scene.account.allowance = after.allowance;
            None
        }
        Err(Refusal::RateLimited { limit, retry_after }) => Some((limit, retry_after)),
        Err(other) => panic!("{other:?}"),
    }
}

/// A scene whose phone's prefix was closed a moment ago; the phone has been in force for that long.
fn closed(in_force_for: Duration) -> Scene {
    let mut scene = Scene::enrolled();
    scene.limits.prefix_floor = 20;
    scene.pass(in_force_for);
    let half_open_at = scene.now.plus(HALF_AN_HOUR);
    let closed = ClosedPrefix { closed_at: scene.now, half_open_at, probe_at: half_open_at, opened_at: None };
    let address = scene.account.active(Channel::Sms).unwrap().address.clone();
    let prefix = Meter::of(&address).into_iter().find(|meter| matches!(meter, Meter::Prefix(_))).unwrap();
    scene.account.allowance.prefixes.push((prefix, closed));
    scene
}

#[test]
fn a_message_takes_a_place_under_its_channels_ceiling_or_waits_for_the_next() {
    let mut scene = Scene::enrolled();
    let free_at = scene.now.plus(Duration::from_secs(17));
    scene.account.allowance.places = vec![(Channel::Sms, free_at), (Channel::Email, scene.now)];
    assert_eq!(refused(&mut scene, Channel::Sms), Some(("channel_per_minute", Duration::from_secs(17))));
    assert_eq!(scene.account.allowance.place, None, "a refusal takes nothing");
    assert_eq!(refused(&mut scene, Channel::Email), None);
    assert_eq!(scene.account.allowance.place, Some(Channel::Email));
    scene.pass(Duration::from_secs(17));
    assert_eq!(refused(&mut scene, Channel::Sms), None);
    assert_eq!(scene.account.allowance.place, Some(Channel::Sms));
}

#[test]
fn a_channel_without_a_ceiling_takes_no_place() {
    let mut scene = Scene::enrolled();
    assert_eq!(refused(&mut scene, Channel::Sms), None);
    assert_eq!(scene.account.allowance.place, None);
}

#[test]
fn a_closed_prefix_carries_nothing_and_a_half_open_one_a_probe_at_a_time() {
    let mut scene = closed(Duration::ZERO);
    assert_eq!(refused(&mut scene, Channel::Sms), Some(("prefix_floor", HALF_AN_HOUR)));
    assert_eq!(refused(&mut scene, Channel::Email), None, "mail has no prefix");
    scene.pass(HALF_AN_HOUR);
    assert_eq!(refused(&mut scene, Channel::Sms), None);
    assert!(scene.account.allowance.probe.take().is_some(), "it is a probe");
    let next = scene.now.plus(scene.limits.prefix_probe_period);
    scene.account.allowance.prefixes.first_mut().unwrap().1.probe_at = next;
    assert_eq!(refused(&mut scene, Channel::Sms), Some(("prefix_floor", scene.limits.prefix_probe_period)));
    scene.account.allowance.prefixes.first_mut().unwrap().1.opened_at = Some(scene.now);
    assert_eq!(refused(&mut scene, Channel::Sms), None);
    assert_eq!(scene.account.allowance.probe, None, "an open one is not probed");
}

#[test]
fn an_address_of_long_standing_is_served_by_a_closed_prefix_and_is_no_probe() {
    let mut scene = closed(Duration::from_hours(7 * 24));
    assert_eq!(refused(&mut scene, Channel::Sms), None);
    assert_eq!(scene.account.allowance.probe, None);
    let other = scene.try_enrol(phone(77), crate::domain::rules::protect::Clearance::NotNeeded);
    let limit = other.unwrap_err().limit();
    assert_eq!(limit, Some("prefix_floor"), "a new number of the same prefix is not");
    let mut young = closed(Duration::from_hours(7 * 24) - Duration::from_secs(1));
    assert_eq!(refused(&mut young, Channel::Sms), Some(("prefix_floor", HALF_AN_HOUR)));
}

#[test]
fn a_guard_that_is_off_knows_no_closed_prefix() {
    let mut scene = closed(Duration::ZERO);
    scene.limits.prefix_floor = 0;
    assert_eq!(refused(&mut scene, Channel::Sms), None);
    assert_eq!(scene.account.allowance.probe, None);
}
