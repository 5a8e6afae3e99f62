//! A decision about a version that is gone has no effect in any table, whatever it would have written.

use tanager::{
    chance::SystemChance,
    domain::{
        account::{Account, EndedTokens, NewAccessToken, Terms},
        address::{Address, PhoneNumber},
        caller::{AccessToken, Mfa, Provenance, Scope},
        channel::Channel,
        event::{Event, EventKind},
        factor::NewDevice,
        id::AccessTokenId,
        operation::OperationDigest,
        rules::{protect::Clearance, request::Wish},
        secret::AccessSecret,
        time::Timestamp,
        totp::{DeviceName, TotpSecret},
    },
    storage::datastore::{Author, Wanted},
};

use super::scene::{Scene, candidate, codes, mailbox, meanwhile, overtake};
use crate::{app::other_than, rows::Rows};

type Decide = fn(&mut Account, &Terms<'_>, &Scene);

/// Every kind of transition, with the tables that it writes.
const KINDS: [(&str, Decide, &[&str]); 21] = [
    ("request", request, &["accounts", "challenges", "events", "windows"]),
    ("retransmit", retransmit, &["accounts", "challenges", "events", "windows"]),
    ("wrong TAN", wrong, &["accounts", "challenges", "events"]),
    ("right TAN", right, &["accounts", "challenges", "events"]),
    ("abort", abort, &["accounts", "challenges", "events"]),
    ("spend", spend, &["accounts", "challenges", "events"]),
    ("enrol", enrol, &["accounts", "challenges", "events", "windows"]),
    ("activate", activate, &["accounts", "challenges", "channels", "events"]),
    ("set address", set_address, &["accounts", "challenges", "channels", "events"]),
    ("remove", remove, &["accounts", "challenges", "channels", "events"]),
    ("enrol a device", enrol_device, &["accounts", "challenges", "events"]),
    ("use a device's code", use_step, &["accounts", "channels", "events"]),
    ("remove a device", remove_device, &["accounts", "challenges", "channels", "events"]),
    ("make recovery codes", make_codes, &["accounts", "challenges", "channels", "events"]),
    ("use a recovery code", use_code, &["accounts", "channels", "events"]),
    ("step up", step_up, &["accounts", "events"]),
    ("close a session", close_session, &["accounts", "challenges", "events"]),
    ("contact", contact, &["accounts", "events"]),
    ("mint", mint, &["access_tokens", "accounts", "events"]),
    ("log-out", log_out, &["access_tokens", "accounts", "challenges", "events"]),
    ("delete", delete, &["access_tokens", "accounts", "challenges", "channels", "events"]),
];

fn request(account: &mut Account, terms: &Terms<'_>, scene: &Scene) {
    account.request(terms, &scene.new_challenge(terms), Channel::Sms, Wish::default()).unwrap();
}

fn retransmit(account: &mut Account, terms: &Terms<'_>, scene: &Scene) {
    account.retransmit(terms, scene.open.0, scene.sending(terms)).unwrap();
}

fn wrong(account: &mut Account, terms: &Terms<'_>, scene: &Scene) {
    attempt(account, terms, scene, scene.open.0, &other_than(&scene.open.1));
}

fn right(account: &mut Account, terms: &Terms<'_>, scene: &Scene) {
    attempt(account, terms, scene, scene.open.0, &scene.open.1);
}

fn activate(account: &mut Account, terms: &Terms<'_>, scene: &Scene) {
    attempt(account, terms, scene, scene.pending.0, &scene.pending.1);
}

fn attempt(
    account: &mut Account,
    terms: &Terms<'_>,
    scene: &Scene,
    id: tanager::domain::id::ChallengeId,
    digits: &str,
) {
    let token = AccessSecret::generate(&SystemChance).hash();
    account.attempt(terms, &scene.ring, id, &candidate(digits), token).unwrap();
}

fn abort(account: &mut Account, terms: &Terms<'_>, scene: &Scene) {
    account.abort(terms, scene.open.0).unwrap();
}

fn spend(account: &mut Account, _: &Terms<'_>, scene: &Scene) {
    account.spend(scene.solved);
}

fn enrol(account: &mut Account, terms: &Terms<'_>, scene: &Scene) {
    let (new, operation) = (scene.new_challenge(terms), OperationDigest::from_bytes([7; 32]));
    account.enrol(terms, &new, mailbox("new@example.com"), Clearance::Token(scene.solved), operation).unwrap();
}

fn set_address(account: &mut Account, terms: &Terms<'_>, _: &Scene) {
    account.set_address(terms.now, Address::Phone(PhoneNumber::parse("+41790000000").unwrap()));
}

fn remove(account: &mut Account, _: &Terms<'_>, _: &Scene) {
    account.remove_channel(Channel::Sms, None);
}

fn enrol_device(account: &mut Account, terms: &Terms<'_>, scene: &Scene) {
    let name = DeviceName::parse("another").unwrap();
    let device = NewDevice { name, secret: TotpSecret::generate(&SystemChance) };
    account.enrol_device(terms, &scene.new_challenge(terms), device, Clearance::NotNeeded).unwrap();
}

fn use_step(account: &mut Account, _: &Terms<'_>, _: &Scene) {
    account.devices[0].used.push(7);
    account.note(Event::of(EventKind::AccountChanged));
}

fn remove_device(account: &mut Account, _: &Terms<'_>, _: &Scene) {
    account.remove_device(&DeviceName::default(), None);
}

fn make_codes(account: &mut Account, terms: &Terms<'_>, scene: &Scene) {
    account.make_recovery_codes(codes(terms.now), Clearance::NotNeeded, Some(scene.session));
}

fn use_code(account: &mut Account, _: &Terms<'_>, _: &Scene) {
    account.recovery.as_mut().unwrap().used.push(7);
    account.note(Event::of(EventKind::AccountChanged));
}

fn step_up(account: &mut Account, terms: &Terms<'_>, scene: &Scene) {
    account.step_up(terms, scene.session, Timestamp::NEVER, Clearance::NotNeeded);
}

fn close_session(account: &mut Account, _: &Terms<'_>, scene: &Scene) {
    account.close_session(scene.session);
}

fn contact(account: &mut Account, _: &Terms<'_>, _: &Scene) {
    account.contact.put(&mailbox("plain@example.com"));
    account.note(Event::of(EventKind::AccountChanged));
}

fn mint(account: &mut Account, terms: &Terms<'_>, _: &Scene) {
    let token = AccessToken {
        id: AccessTokenId::new(terms.now, &SystemChance),
        provenance: Provenance::Local,
        scope: Scope::ReadWrite,
        owner: Some(account.username.clone()),
        mfa: Mfa::Pending,
        operations: Vec::new(),
        proven: true,
        description: None,
        created_at: terms.now,
        expires_at: terms.now,
    };
    account.new_token = Some(NewAccessToken { token, hash: AccessSecret::generate(&SystemChance).hash() });
    account.note(Event::of(EventKind::SessionOpened));
}

fn log_out(account: &mut Account, _: &Terms<'_>, scene: &Scene) {
    account.void_where("its session was closed", |challenge| challenge.access_token == Some(scene.session));
    account.ended_tokens = EndedTokens::One(scene.session);
    account.note(Event::of(EventKind::SessionClosed));
}

fn delete(account: &mut Account, terms: &Terms<'_>, _: &Scene) {
    account.delete(terms.now, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_decision_about_a_version_that_is_gone_leaves_no_trace_in_any_table() {
    let scene = Scene::set().await;
    let (ours, other, owner) = (scene.instance(), scene.instance(), scene.app.database.owner().await);
    for (kind, decide, _) in KINDS {
        let (mut before, mut asked) = (None, 0);
        let wanted = Wanted::challenge(&scene.username, scene.pending.0);
        let answer = ours.transact(wanted, Author::durable("stale"), |account, now| {
            asked += 1;
            // Asked again it decides nothing, so that all there is to find is what the stale statement wrote.
            if asked == 1 {
                let unchanged = account.clone();
                decide(account, &scene.terms(now), &scene);
                assert_ne!(*account, unchanged, "{kind} decides something");
                meanwhile(overtake(&other, &scene.username));
                before = Some(meanwhile(Rows::of(&owner)));
            }
        });
        assert!(answer.await.unwrap().is_some(), "{kind}");
        assert_eq!(asked, 2, "{kind}: the first decision was overtaken");
        assert_eq!(before.unwrap(), Rows::of(&owner).await, "{kind} left a trace");
    }
    scene.app.stop().await;
}

/// Without this one, the one above would hold for a dump that sees nothing.
#[tokio::test(flavor = "multi_thread")]
async fn the_same_decisions_about_the_present_version_are_seen_in_the_tables_they_belong_to() {
    for (kind, decide, tables) in KINDS {
        let scene = Scene::set().await;
        let (ours, owner) = (scene.instance(), scene.app.database.owner().await);
        let before = Rows::of(&owner).await;
        let wanted = Wanted::challenge(&scene.username, scene.pending.0);
        let decided = ours.transact(wanted, Author::durable("fresh"), |account, now| {
            decide(account, &scene.terms(now), &scene);
        });
        assert!(decided.await.unwrap().is_some(), "{kind}");
        let changed = before.changed_in(&Rows::of(&owner).await);
        assert_eq!(changed.iter().map(String::as_str).collect::<Vec<_>>(), tables, "{kind}");
        scene.app.stop().await;
    }
}
