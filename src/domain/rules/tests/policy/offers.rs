//! What is offered: in the order of preference, each channel once, and only what could serve.

use super::{
    Assurance, BroughtBy, Channel, Contact, Demand, NO_TOKEN, Refusal, Scene, Strength, TICK, WAITING, Wish,
    brought_by, new_device, numbered,
};

fn offered(scene: &Scene, demand: Demand) -> Vec<(Channel, String)> {
    let offers = scene.account.offered(&scene.terms(), demand);
    offers.into_iter().map(|offer| (offer.channel, offer.tan_info)).collect()
}

fn channels(scene: &Scene, demand: Demand) -> Vec<Channel> {
    offered(scene, demand).into_iter().map(|(channel, _)| channel).collect()
}

const TOKEN: Demand = Demand::of(Assurance::Token);

#[test]
fn the_order_is_the_banks_whatever_the_order_in_which_they_came() {
    let [sms, email, totp, recovery] = Channel::ALL;
    for preference in [[sms, email, totp, recovery], [recovery, totp, email, sms], [totp, sms, recovery, email]] {
        let (mut scene, _) = brought_by(BroughtBy::Operator);
        scene.policy.preference = preference;
        scene.have_device("second", &numbered(2));
        scene.account.channels.reverse();
        assert_eq!(channels(&scene, TOKEN), preference);
        assert_eq!(scene.account.active_channels(&scene.policy), preference);
    }
}

#[test]
fn devices_are_shown_by_their_names_in_one_row_and_codes_by_what_is_left() {
    let (mut scene, code) = brought_by(BroughtBy::Operator);
    scene.have_device("Alice's tablet", &numbered(2));
    let id = scene.begin(Channel::Recovery);
    scene.attempt(id, &code);
    let shown = |scene: &Scene, channel: Channel| {
        offered(scene, TOKEN).into_iter().find(|(of, _)| *of == channel).map(|(_, shown)| shown)
    };
    assert_eq!(shown(&scene, Channel::Totp).unwrap(), "default, Alice's tablet");
    assert_eq!(shown(&scene, Channel::Recovery).unwrap(), "9/10");
    assert_eq!(scene.account.factors(&scene.policy).len(), 5, "each device is a row of its own");
}

#[test]
fn only_what_is_strong_enough_is_offered() {
    let (mut scene, _) = brought_by(BroughtBy::Operator);
    let strong = Demand { strength: Strength::Possession, ..TOKEN };
    assert_eq!(channels(&scene, strong), [Channel::Sms, Channel::Totp, Channel::Recovery]);
    scene.strengths.sms = Strength::Inform;
    assert_eq!(channels(&scene, strong), [Channel::Totp, Channel::Recovery]);
    assert_eq!(channels(&scene, TOKEN), Channel::ALL);
}

#[test]
fn what_is_too_young_is_offered_for_all_but_what_is_bound() {
    let (mut scene, _) = brought_by(BroughtBy::Customer);
    scene.pass(WAITING.saturating_sub(TICK));
    scene.have_device("young", &numbered(2));
    let bound = Demand::of(Assurance::Bound);
    for asks in [Assurance::Session, Assurance::Token] {
        assert_eq!(channels(&scene, Demand::of(asks)), Channel::ALL);
    }
    assert_eq!(channels(&scene, bound), []);
    scene.pass(TICK);
    assert_eq!(channels(&scene, bound), Channel::ALL, "one of two devices is old enough");
    scene.account.channels.clear();
    scene.account.devices.remove(0);
    assert_eq!(channels(&scene, bound), [Channel::Recovery]);
}

#[test]
fn a_channel_that_is_off_proves_nothing_and_protects_all_the_same() {
    let (mut scene, _) = brought_by(BroughtBy::Operator);
    scene.account.channels.clear();
    (scene.policy.totp, scene.policy.recovery) = (false, false);
    assert_eq!(channels(&scene, TOKEN), []);
    for channel in [Channel::Totp, Channel::Recovery] {
        assert_eq!(scene.try_request(channel, Wish::default()), Err(Refusal::ChannelNotSupported));
    }
    assert_eq!(scene.try_device(1, new_device("new", 3), NO_TOKEN), Err(Refusal::ChannelNotSupported));
    assert!(scene.account.is_protected());
    let id = crate::domain::id::ChallengeId::from_uuid(uuid::Uuid::nil());
    assert!(scene.clear(id, Assurance::Token, 1).is_err());
    scene.policy.totp = true;
    assert_eq!(channels(&scene, TOKEN), [Channel::Totp]);
}

#[test]
fn takers_of_talers_flow_are_offered_what_they_know_and_an_account_without_it_all_it_has() {
    let (mut scene, _) = brought_by(BroughtBy::Operator);
    let of = |scene: &Scene, demand| {
        let offers = scene.account.offered_to_taler(&scene.terms(), demand);
        offers.into_iter().map(|offer| offer.channel).collect::<Vec<_>>()
    };
    assert_eq!(of(&scene, TOKEN), [Channel::Sms, Channel::Email]);
    scene.account.channels.clear();
    scene.account.recovery = None;
    assert_eq!(of(&scene, TOKEN), [Channel::Totp]);
    let id = scene.offer(Channel::Totp, 1);
    scene.transmit(&id).unwrap();
    assert_eq!(scene.transmit(&id), Ok(()), "nothing is sent, so that asking again changes nothing");
    let code = scene.code();
    assert!(scene.try_taler(&id, &code).is_ok());
    assert!(scene.show(&[&id], 1).is_ok());
    assert_eq!(scene.show(&[&id], 2).map(|_| ()), Err(super::Objection::Required));
    assert!(scene.show(&[&id], 1).is_err(), "it is void now");
}

#[test]
fn a_deleted_account_has_nothing_left_of_what_it_proved_itself_with() {
    let (mut scene, code) = brought_by(BroughtBy::Customer);
    let (open, device) = (scene.begin(Channel::Recovery), scene.try_device(1, new_device("new", 3), NO_TOKEN).unwrap());
    scene.step_up(1, NO_TOKEN);
    let told = scene.ask(|account, terms| account.delete(terms.now, None));
    assert_eq!(told.len(), 2, "the addresses are told");
    let account = &scene.account;
    assert!(account.channels.is_empty() && account.devices.is_empty() && account.recovery.is_none());
    assert!(account.step_ups.is_empty() && account.contact == Contact::default());
    assert!(!account.is_protected() && account.factors(&scene.policy).is_empty());
    for id in [open, device] {
        assert_eq!(scene.attempt(id, &code).refused_by(), None);
        assert_eq!(scene.phase(id), super::Phase::Void);
    }
}
