//! Limits on wrong TANs, held by two instances at once and over a restart, and told to the second.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::json;

use super::{Dice, Fleet};
use crate::app::Answer;

const UNMETERED: &str = "account_per_hour = 1000\naccount_per_day = 1000\n\
    address_per_hour = 1000\naddress_per_day = 1000\n";

struct Scene {
    fleet: Fleet,
    dice: Dice,
}

impl Scene {
    async fn with(limits: &str) -> Self {
        let fleet = Fleet::of(2, &format!("{UNMETERED}{limits}")).await;
        fleet.customer("alice", &["sms", "email"]).await;
        Self { fleet, dice: Dice::new(3) }
    }

    async fn post(&self, instance: usize, path: &str) -> Answer {
        let client = &self.fleet.log_in("alice").await[instance];
        client.post(&format!("/accounts/alice/tan/{path}"), json!({})).await
    }

    async fn challenge(&self, channel: &str) -> String {
        let asked = self.post(0, &format!("challenge/{channel}")).await;
        assert_eq!(asked.status, 200, "{asked:?}");
        asked.text("challenge_id").to_owned()
    }

    /// So many wrong TANs at once, by both instances.
    async fn wrong(&mut self, id: &str, tries: usize) -> Vec<Answer> {
        let clients = self.fleet.log_in("alice").await;
        let path = format!("/accounts/alice/tan/challenge/{id}/confirm");
        let tans: Vec<_> = (0..tries).map(|_| self.dice.tan()).collect();
        let tries = tans.iter().zip(clients.iter().cycle());
        join_all(tries.map(|(tan, client)| client.post(&path, json!({"tan": tan})))).await
    }

    async fn counted(&self) -> i64 {
        let wrong = "select count(*) from events where kind in ('challenge.wrong', 'challenge.exhausted')";
        self.fleet.database.owner().await.query_one(wrong, &[]).await.unwrap().get(0)
    }

    async fn restart(&mut self) {
        self.fleet.restart(0).await;
        self.fleet.restart(1).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_tan_stands_three_tries_whoever_makes_them_and_a_fresh_one_is_told_to_the_second() {
    let mut scene = Scene::with("retransmission_period = \"5 min\"\n").await;
    let id = scene.challenge("sms").await;
    scene.fleet.advance(Duration::from_secs(20));

    let answers = scene.wrong(&id, 40).await;

    let wrong = answers.iter().filter(|answer| answer.error() == (409, 5134)).count();
    let exhausted = answers.iter().filter(|answer| answer.error() == (429, 5131)).count();
    assert_eq!((wrong, exhausted, scene.counted().await), (2, 38, 3), "{answers:?}");
    for restarted in [false, true] {
        if restarted {
            scene.restart().await;
        }
        let refused = scene.wrong(&id, 2).await;
        assert!(refused.iter().all(|answer| answer.text("limit") == "attempts_per_tan" && answer.retry_after() == 280));
    }
    scene.fleet.advance(Duration::from_secs(279));
    let early = scene.post(1, &format!("challenge/{id}/retransmit")).await;
    assert_eq!((early.error(), early.text("limit"), early.retry_after()), ((429, 5131), "retransmission_period", 1));
    scene.fleet.advance(Duration::from_secs(1));
    assert_eq!(scene.post(1, &format!("challenge/{id}/retransmit")).await.status, 200);
    assert_eq!(scene.counted().await, 3);
    scene.fleet.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_of_failures_is_ended_at_both_instances_and_each_block_to_the_second() {
    let mut scene = Scene::with("attempts_per_tan = 5\n").await;
    for (runs, minutes) in [(1, 15), (2, 30), (3, 60)] {
        let (sms, email) = (scene.challenge("sms").await, scene.challenge("email").await);
        scene.wrong(&sms, 3).await;
        let answers = scene.wrong(&email, 20).await.into_iter().chain(scene.wrong(&sms, 20).await).collect::<Vec<_>>();
        let refused: Vec<_> = answers.iter().filter(|answer| answer.error() == (429, 10006)).collect();
        assert_eq!((refused.len(), scene.counted().await), (38, runs * 5), "{answers:?}");
        assert!(refused.iter().all(|answer| answer.retry_after() == minutes * 60), "{refused:?}");
        scene.restart().await;
        scene.fleet.advance(Duration::from_secs(minutes * 60 - 1));
        let confirm = scene.wrong(&sms, 1).await.remove(0);
        let others = ["challenge/sms", "challenge/email", "sms", &format!("challenge/{sms}/retransmit")];
        for (instance, path) in others.into_iter().enumerate() {
            let refused = scene.post(instance % 2, path).await;
            let exists = path == "sms" && refused.error() == (409, 10007);
            assert!(exists || (refused.error(), refused.retry_after()) == ((429, 10006), 1), "{path}: {refused:?}");
        }
        assert_eq!((confirm.error(), confirm.retry_after()), ((429, 10006), 1));
        scene.fleet.advance(Duration::from_secs(1));
        // The TAN itself may have run out meanwhile; a block is told before that.
        assert_ne!(scene.wrong(&sms, 1).await[0].error(), (429, 10006));
        assert_eq!(scene.post(1, "challenge/sms").await.status, 200);
        scene.fleet.advance(Duration::from_mins(31));
    }
    scene.fleet.stop().await;
}
