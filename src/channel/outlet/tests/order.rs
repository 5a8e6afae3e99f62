//! In which order transports are tried, and who is left in peace.

use super::*;

/// Three transports in order of preference, and their tapes.
struct Three {
    outlet: Outlet,
    tapes: [Recording; 3],
}

impl Three {
    fn new() -> Self {
        let tapes = [Recording::new(), Recording::new(), Recording::new()];
        let transports = ["first", "second", "third"].into_iter().zip(&tapes);
        let transports = transports.map(|(name, tape)| Transport::new(name, Arc::new(tape.clone()))).collect();
        Self { outlet: Outlet::new(transports, GateSettings::default()), tapes }
    }

    async fn send(&self) -> Delivery {
        self.outlet.send(self.outlet.admit().await.unwrap(), &envelope()).await
    }

    fn attempts(&self) -> [usize; 3] {
        self.tapes.each_ref().map(Recording::attempts)
    }

    /// The one at `place` fails so often in a row that it is left in peace.
    async fn wear_out(&self, place: usize) {
        for _ in 0..5 {
            self.tapes[place].fail_next(failed());
            self.send().await;
        }
        assert!(self.outlet.transports[place].rests());
    }
}

fn failed() -> SendError {
    SendError::Failed(Reason::new("a test"))
}

/// Who failed, in order.
fn names(delivery: &Delivery) -> Vec<&str> {
    delivery.failed_before.iter().map(|(name, _)| &**name).collect()
}

#[tokio::test]
async fn the_preferred_one_alone_carries_what_it_can() {
    let three = Three::new();
    let delivery = three.send().await;
    assert_eq!((delivery.outcome, &*delivery.transport), (Ok(()), "first"));
    assert!(delivery.failed_before.is_empty());
    assert_eq!(three.attempts(), [1, 0, 0]);
}

#[tokio::test]
async fn each_failure_but_that_of_the_address_lets_the_next_one_try() {
    for failure in [
        SendError::TryLater(Reason::default()),
        SendError::Misconfigured(Reason::default()),
        SendError::Failed(Reason::default()),
        SendError::TimedOut(Reason::default()),
    ] {
        let three = Three::new();
        three.tapes[0].fail_next(failure.clone());
        three.tapes[1].fail_next(failure.clone());
        let delivery = three.send().await;
        assert_eq!((&delivery.outcome, &*delivery.transport), (&Ok(()), "third"), "{failure:?}");
        assert_eq!(names(&delivery), ["first", "second"]);
        assert_eq!(delivery.failed_before[1].1, failure);
        assert_eq!(three.attempts(), [1, 1, 1]);
    }
}

#[tokio::test]
async fn an_address_that_is_refused_is_refused_for_all_and_is_no_fault_of_the_transport() {
    let three = Three::new();
    for _ in 0..6 {
        three.tapes[0].fail_next(SendError::AddressRefused(Reason::default()));
        let delivery = three.send().await;
        assert_eq!(delivery.outcome, Err(SendError::AddressRefused(Reason::default())));
        assert_eq!(&*delivery.transport, "first");
    }
    assert_eq!(three.attempts(), [6, 0, 0]);
    assert!(!three.outlet.transports[0].rests());
    three.tapes[0].fail_next(failed());
    three.tapes[1].fail_next(SendError::AddressRefused(Reason::default()));
    let delivery = three.send().await;
    assert_eq!((names(&delivery), &*delivery.transport), (vec!["first"], "second"));
    assert_eq!(three.attempts(), [7, 1, 0]);
}

#[tokio::test]
async fn when_all_fail_it_is_the_last_ones_failure_and_the_others_are_told() {
    let three = Three::new();
    three.tapes[0].fail_next(SendError::TimedOut(Reason::default()));
    three.tapes[1].fail_next(failed());
    three.tapes[2].fail_next(SendError::TryLater(Reason::default()));
    let delivery = three.send().await;
    assert_eq!((&*delivery.transport, delivery.outcome.as_ref().err().unwrap().name()), ("third", "try_later"));
    assert_eq!(names(&delivery), ["first", "second"]);
}

#[tokio::test(start_paused = true)]
async fn one_that_does_not_come_back_is_given_up_and_the_next_one_tries() {
    let three = Three::new();
    three.tapes[0].hold();
    let begun = tokio::time::Instant::now();
    let delivery = three.send().await;
    assert_eq!((names(&delivery), &*delivery.transport), (vec!["first"], "second"));
    assert_eq!(delivery.failed_before[0].1.name(), "timed_out");
    let allowed = three.outlet.transports[0].timeout();
    assert!((allowed..allowed + Duration::from_millis(10)).contains(&begun.elapsed()), "{:?}", begun.elapsed());
}

#[tokio::test(start_paused = true)]
async fn one_that_rests_is_passed_over_until_a_probe_succeeds() {
    let three = Three::new();
    three.wear_out(0).await;
    assert_eq!(three.attempts(), [5, 5, 0]);
    three.send().await;
    assert_eq!(three.attempts(), [5, 6, 0], "it rests");
    assert!(!three.outlet.is_down() && three.outlet.readiness().is_ok());

    tokio::time::advance(Duration::from_secs(5)).await;
    three.tapes[0].fail_next(failed());
    let delivery = three.send().await;
    assert_eq!((names(&delivery), &*delivery.transport), (vec!["first"], "second"), "the probe failed");
    tokio::time::advance(Duration::from_secs(9)).await;
    three.send().await;
    assert_eq!(three.attempts(), [6, 8, 0], "it rests twice as long");

    tokio::time::advance(Duration::from_secs(1)).await;
    assert_eq!(&*three.send().await.transport, "first", "the probe");
    assert!(!three.outlet.transports[0].rests());
    assert_eq!(&*three.send().await.transport, "first");
}

#[tokio::test]
async fn no_customer_wears_a_transport_out_for_the_others_by_messages_that_are_refused() {
    let three = Three::new();
    for _ in 0..20 {
        three.tapes[0].fail_next(SendError::TryLater(Reason::new("450 greylisted").of_the_message()));
        assert_eq!(names(&three.send().await), ["first"], "the next one is tried");
    }
    assert!(!three.outlet.transports[0].rests());
}

#[tokio::test(start_paused = true)]
async fn those_that_rest_are_tried_after_all_when_nobody_else_is_left() {
    let three = Three::new();
    for place in 0..3 {
        three.wear_out(place).await;
    }
    assert!(three.outlet.is_down() && three.outlet.readiness().is_ok());
    let before = three.attempts();
    assert_eq!(&*three.send().await.transport, "first", "in their order");
    assert_eq!(three.attempts(), [before[0] + 1, before[1], before[2]]);
    assert!(three.outlet.is_down(), "what was tried for want of another says nothing");
    three.tapes[0].fail_next(failed());
    let delivery = three.send().await;
    assert_eq!((names(&delivery), &*delivery.transport), (vec!["first"], "second"));
}

#[tokio::test(start_paused = true)]
async fn a_channel_is_down_when_each_transport_rests_or_is_not_ready() {
    let three = Three::new();
    three.wear_out(0).await;
    three.tapes[1].fail_always(SendError::Misconfigured(Reason::default()));
    assert!(!three.outlet.is_down(), "the third is up");
    three.tapes[2].fail_always(SendError::Misconfigured(Reason::default()));
    assert!(three.outlet.is_down());
    three.tapes[1].recover();
    assert!(!three.outlet.is_down());
}

#[tokio::test]
async fn without_any_transport_nothing_is_handed_over() {
    let outlet = Outlet::new(Vec::new(), GateSettings::default());
    let delivery = outlet.send(outlet.admit().await.unwrap(), &envelope()).await;
    assert_eq!(delivery.outcome.err().map(|error| error.name()), Some("misconfigured"));
    assert!(outlet.is_down());
}
