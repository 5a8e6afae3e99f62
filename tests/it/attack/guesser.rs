//! A machine that guesses TANs: with every client at once, on every challenge that can be had, whenever it is not told of
//! a block, and now and then when it is. It is as greedy as can be, and keeps count of what it was told.

use std::time::Duration;

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

use super::{Dice, Fleet};
use crate::app::{Answer, Client};

/// What the machine asks for when it wants something to guess.
#[derive(Clone)]
pub struct Arm {
    pub path: String,
    pub body: Value,
}

/// A challenge that it has.
#[derive(Clone)]
struct Aim {
    /// Where guesses go.
    confirm: String,
    /// Where another message is asked for.
    again: String,
    exhausted: bool,
    dead: bool,
}

/// What it was told.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// 409/5134.
    pub wrong: usize,
    /// The first 429/5131 of `attempts_per_tan` for a TAN: its last wrong try.
    pub last_wrong: usize,
    pub solved: usize,
    /// 429/10006.
    pub blocked: usize,
    /// All tries.
    pub tries: usize,
    /// Messages that it got sent.
    pub messages: usize,
}

pub struct Guesser {
    username: String,
    arms: Vec<Arm>,
    /// Tries at once, on each challenge and at each instance.
    hands: usize,
    /// Messages are asked for while TANs are tried, not before.
    pub mixed: bool,
    clients: Vec<Client>,
    logged_in: Option<Duration>,
    aims: Vec<Aim>,
    dice: Dice,
    /// What was told last: how long until something may work again.
    waits: Vec<u64>,
    pub tally: Tally,
}

impl Guesser {
    pub fn of(username: &str, arms: Vec<Arm>, hands: usize) -> Self {
        Self {
            username: username.to_owned(),
            arms,
            hands,
            mixed: false,
            clients: Vec::new(),
            logged_in: None,
            aims: Vec::new(),
            dice: Dice::new(0x5eed_0f9e_55e5),
            waits: Vec::new(),
            tally: Tally::default(),
        }
    }

    /// Wants challenges on these channels.
    pub fn on(username: &str, channels: &[&str], hands: usize) -> Self {
        let arm =
            |channel: &&str| Arm { path: format!("/accounts/{username}/tan/challenge/{channel}"), body: json!({}) };
        Self::of(username, channels.iter().map(arm).collect(), hands)
    }

    /// The service was restarted, or the session is to be stolen anew.
    pub fn forget_session(&mut self) {
        self.logged_in = None;
    }

    /// All that can be tried at this moment.
    pub async fn storm(&mut self, fleet: &Fleet) {
        self.steal_session(fleet).await;
        loop {
            let before = (self.tally.wrong, self.tally.last_wrong, self.tally.messages);
            self.waits.clear();
            if self.mixed {
                self.volley(true).await;
            } else {
                self.rearm().await;
                self.volley(false).await;
            }
            self.aims.retain(|aim| !aim.dead);
            if before == (self.tally.wrong, self.tally.last_wrong, self.tally.messages) {
                return;
            }
        }
    }

    /// Storms now, and a second before the next moment at which something may work; stays at that very moment.
    pub async fn storm_on(&mut self, fleet: &mut Fleet) {
        self.storm(fleet).await;
        let wait = self.waits.iter().copied().min().unwrap_or(60).max(1);
        fleet.advance(Duration::from_secs(wait - 1));
        if wait > 1 {
            self.storm(fleet).await;
        }
        fleet.advance(Duration::from_secs(1));
    }

    async fn steal_session(&mut self, fleet: &Fleet) {
        let stale = self.logged_in.is_none_or(|since| fleet.passed > since + Duration::from_hours(20));
        if stale {
            self.clients = fleet.log_in(&self.username).await;
            self.logged_in = Some(fleet.passed);
        }
    }

    /// Asks for challenges and messages, everywhere at once.
    async fn rearm(&mut self) {
        let asked = self.requests();
        let answers =
            join_all(asked.iter().map(|(client, path, body)| {
                self.clients[*client].send(Method::POST, path, &[], Some(body.to_string()))
            }));
        for ((_, path, _), answer) in asked.iter().zip(answers.await) {
            self.asked(path, &answer);
        }
    }

    fn requests(&mut self) -> Vec<(usize, String, Value)> {
        let again = self.aims.iter().map(|aim| Arm { path: aim.again.clone(), body: json!({}) });
        let wanted: Vec<Arm> = self.arms.iter().cloned().chain(again).collect();
        let everywhere =
            |arm: Arm| (0..self.clients.len()).map(move |client| (client, arm.path.clone(), arm.body.clone()));
        let mut all: Vec<_> = wanted.into_iter().flat_map(everywhere).collect();
        self.dice.shuffle(&mut all);
        all
    }

    fn asked(&mut self, path: &str, answer: &Answer) {
        let known = self.aims.iter_mut().find(|aim| aim.again == path);
        match (answer.error(), known) {
            ((200, 0), Some(aim)) => {
                self.tally.messages += 1;
                aim.exhausted = false;
            }
            ((200 | 202, 0), None) => self.got(answer),
            ((409, 5144) | (404, 5107 | 5143) | (410, 10001), Some(aim)) => aim.dead = true,
            ((429, 5131 | 10006), _) => self.waits.push(answer.retry_after()),
            // Overrun: to be asked again at once.
            ((503, 10090), _) => {}
            (told, _) => panic!("{told:?} to a request for a message at {path}: {answer:?}"),
        }
    }

    /// Something to guess: a challenge, one that proves an address, or ids of Taler's, which are to be sent yet.
    fn got(&mut self, answer: &Answer) {
        let account = format!("/accounts/{}", self.username);
        if let Some(offered) = answer.body["challenges"].as_array() {
            for offer in offered.iter().take(2_usize.saturating_sub(self.aims.len())) {
                let again = format!("{account}/challenge/{}", offer["challenge_id"].as_str().unwrap());
                self.aims.push(Aim { confirm: format!("{again}/confirm"), again, exhausted: false, dead: false });
            }
            return;
        }
        self.tally.messages += 1;
        let id = answer.body["challenge_id"].as_str().or_else(|| answer.body["challenge"]["challenge_id"].as_str());
        let challenge = format!("{account}/tan/challenge/{}", id.unwrap_or_else(|| panic!("no id in {answer:?}")));
        let (confirm, again) = (format!("{challenge}/confirm"), format!("{challenge}/retransmit"));
        self.aims.push(Aim { confirm, again, exhausted: false, dead: false });
    }

    /// Tries TANs on all that it has, everywhere at once; and asks for messages meanwhile, where that is `mixed` in.
    async fn volley(&mut self, mixed: bool) {
        let mut shots: Vec<(usize, String, Value)> = Vec::new();
        for aim in &self.aims {
            for client in 0..self.clients.len() {
                for _ in 0..self.hands {
                    shots.push((client, aim.confirm.clone(), json!({"tan": self.dice.tan()})));
                }
            }
        }
        if mixed {
            shots.extend(self.requests());
        }
        self.dice.shuffle(&mut shots);
        let answers =
            join_all(shots.iter().map(|(client, path, body)| {
                self.clients[*client].send(Method::POST, path, &[], Some(body.to_string()))
            }));
        for ((_, path, _), answer) in shots.iter().zip(answers.await) {
            let is_try = self.aims.iter().any(|aim| aim.confirm == *path);
            if is_try { self.tried(path, &answer) } else { self.asked(path, &answer) }
        }
    }

    fn tried(&mut self, path: &str, answer: &Answer) {
        self.tally.tries += 1;
        let aim = self.aims.iter_mut().find(|aim| aim.confirm == path).unwrap();
        match answer.error() {
            (409, 5134) => self.tally.wrong += 1,
            (429, 5131) => {
                assert_eq!(answer.text("limit"), "attempts_per_tan", "{answer:?}");
                self.tally.last_wrong += usize::from(!aim.exhausted);
                aim.exhausted = true;
                self.waits.push(answer.retry_after());
            }
            (429, 10006) => {
                self.tally.blocked += 1;
                self.waits.push(answer.retry_after());
            }
            (200 | 204, 0) => {
                self.tally.solved += 1;
                aim.dead = true;
            }
            // Its TAN ran out, or it did, or it is not sent yet, or many came at once: what can be had is told by asking.
            (409, 5144) | (404, 5143 | 5107) | (410, 10001) | (503, 10090) => {}
            told => panic!("{told:?} to a try: {answer:?}"),
        }
    }
}
