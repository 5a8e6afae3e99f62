//! The gate, and the order in which transports are tried.

mod order;
mod spans;

use std::num::NonZeroU16;

use super::*;
use crate::{
    channel::{MessageBody, MessageKind, Recording},
    domain::{address::Address, channel::Channel, username::Username},
};

fn envelope() -> Envelope {
    Envelope {
        transmission: uuid::Uuid::nil(),
        channel: Channel::Sms,
        kind: MessageKind::Tan,
        account: Username::parse("alice").unwrap(),
        language: "en".to_owned(),
        subject: String::new(),
        address: Address::parse(Channel::Sms, "+41791234567").unwrap(),
        body: MessageBody::new("12345678".to_owned()),
        html: None,
        expected_digits: 8,
    }
}

fn outlet(recording: &Recording, at_once: u16, waiting: u16) -> Arc<Outlet> {
    let settings =
        GateSettings { at_once: NonZeroU16::new(at_once).unwrap(), waiting, patience: Duration::from_secs(5) };
    Arc::new(Outlet::new(vec![Transport::new("recording", Arc::new(recording.clone()))], settings))
}

fn hand_over(outlet: &Arc<Outlet>) -> tokio::task::JoinHandle<Result<Result<(), SendError>, Busy>> {
    let outlet = Arc::clone(outlet);
    tokio::spawn(async move { Ok(outlet.send(outlet.admit().await?, &envelope()).await.outcome) })
}

#[tokio::test(start_paused = true)]
async fn so_many_are_sent_at_once_and_the_line_has_an_end() {
    let recording = Recording::new();
    recording.hold();
    let outlet = outlet(&recording, 2, 3);
    let within: Vec<_> = (0..5).map(|_| hand_over(&outlet)).collect();
    recording.until_held(2).await;
    while outlet.waiting() < 3 {
        tokio::task::yield_now().await;
    }
    let beyond = outlet.admit().await.err();
    assert_eq!(beyond, Some(Busy { retry_after: Duration::from_secs(5) }));
    assert_eq!(recording.attempts(), 2, "those in line have not begun");
    recording.release();
    for sent in within {
        assert_eq!(sent.await.unwrap(), Ok(Ok(())));
    }
    assert_eq!(recording.sent().len(), 5);
}

#[tokio::test(start_paused = true)]
async fn patience_ends_and_the_place_in_line_is_free_again() {
    let recording = Recording::new();
    let outlet = outlet(&recording, 1, 1);
    let first = outlet.admit().await.unwrap();
    assert!(outlet.admit().await.is_err(), "after the patience, which passes at once here");
    let second = hand_over(&outlet);
    while outlet.waiting() < 1 {
        tokio::task::yield_now().await;
    }
    drop(first);
    assert_eq!(second.await.unwrap(), Ok(Ok(())));
}

#[tokio::test]
async fn nobody_waits_where_no_line_is_allowed() {
    let outlet = outlet(&Recording::new(), 1, 0);
    let _first = outlet.admit().await.unwrap();
    assert!(outlet.admit().await.is_err());
}

#[tokio::test]
async fn a_failure_and_a_dropped_send_give_the_place_back() {
    let recording = Recording::new();
    let outlet = outlet(&recording, 1, 0);
    recording.fail_next(SendError::TryLater(Reason::default()));
    let failed = outlet.send(outlet.admit().await.unwrap(), &envelope()).await.outcome;
    assert_eq!(failed, Err(SendError::TryLater(Reason::default())));
    recording.hold();
    let held = hand_over(&outlet);
    recording.until_held(1).await;
    held.abort();
    assert!(held.await.unwrap_err().is_cancelled());
    recording.release();
    assert_eq!(hand_over(&outlet).await.unwrap(), Ok(Ok(())));
    assert_eq!((recording.attempts(), recording.sent().len()), (3, 1));
    assert_eq!(recording.last_to("+41791234567").unwrap().body.reveal(), "12345678");
}

#[tokio::test]
async fn a_recording_that_always_fails_is_not_ready_until_it_recovers() {
    let recording = Recording::new();
    let outlet = outlet(&recording, 1, 0);
    recording.fail_always(SendError::Misconfigured(Reason::new("no key")));
    assert_eq!(outlet.readiness(), Err("the transport is misconfigured: no key".to_owned()));
    for _ in 0..2 {
        assert!(outlet.send(outlet.admit().await.unwrap(), &envelope()).await.outcome.is_err());
    }
    recording.recover();
    assert_eq!(outlet.readiness(), Ok(()));
    assert_eq!(outlet.send(outlet.admit().await.unwrap(), &envelope()).await.outcome, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn what_nobody_waits_for_leaves_half_of_the_places_and_the_whole_line() {
    let outlet = outlet(&Recording::new(), 4, 0);
    let aside: Vec<_> = std::iter::from_fn(|| outlet.admit_aside_now()).collect();
    assert_eq!(aside.len(), 2);
    assert!(outlet.admit_aside().await.is_err(), "for no longer than its patience");
    let waited_for: Vec<_> = std::iter::from_fn(|| outlet.admit_now()).collect();
    assert_eq!(waited_for.len(), 2);
    drop(aside);
    assert!(outlet.admit_aside().await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn the_only_place_is_for_all() {
    let outlet = outlet(&Recording::new(), 1, 0);
    let aside = outlet.admit_aside_now();
    assert!(aside.is_some() && outlet.admit_now().is_none());
    drop(aside);
    let _place = outlet.admit_now().unwrap();
    assert!(outlet.admit_aside_now().is_none());
    assert!(outlet.admit_aside().await.is_err());
}
