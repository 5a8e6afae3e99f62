//! A customer who goes on with whatever instance lives, and remembers what he was told.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use reqwest::Method;
use serde_json::{Value, json};
use tokio::time::sleep;

use super::{
    super::witness::Witness,
    fleet::{Door, Doors},
};
use crate::{
    app::{Answer, Client, Customer, other_than},
    attack::Dice,
    gateway::taler,
};

/// The longest pause between two requests of a customer.
const LONGEST_PAUSE: usize = 120;
/// So that nobody is blocked.
const MOST_WRONG_TRIES: usize = 2;

/// What a customer does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Habit {
    Asks,
    Enrols,
    PaysWithTaler,
    /// An operator gives him another number again and again, of which he and the number before are told.
    IsMoved,
}

/// A wrong try, as far as its customer knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tried {
    Counted,
    /// The instance died before it answered.
    Unknown,
}

pub struct Walker {
    pub customer: Customer,
    pub habit: Habit,
    /// The challenges that he was told of: their messages were handed over.
    pub told: Vec<String>,
    pub wrong: BTreeMap<String, Tried>,
    /// Answered requests by status and code, and 0 for those that nobody lived to answer.
    pub answers: BTreeMap<(u16, u64), u32>,
    operator: String,
    taler_id: Option<String>,
    /// Whether he was told that its message was handed over.
    handed_over: bool,
    doors: Doors,
    witness: Arc<Witness>,
    dice: Dice,
}

impl Walker {
    pub fn new(customer: Customer, habit: Habit, doors: Doors, witness: Arc<Witness>, seed: u64) -> Self {
        Self {
            customer,
            habit,
            told: Vec::new(),
            wrong: BTreeMap::new(),
            answers: BTreeMap::new(),
            operator: String::new(),
            taler_id: None,
            handed_over: false,
            doors,
            witness,
            dice: Dice::new(seed),
        }
    }

    /// The credential of the operator who moves him.
    pub fn with_operator(mut self, token: &str) -> Self {
        token.clone_into(&mut self.operator);
        self
    }

    /// Goes on until it is over.
    pub async fn walk(&mut self, over: &AtomicBool) {
        while !over.load(Ordering::SeqCst) {
            let door = self.doors.any(&mut self.dice).await;
            match self.habit {
                Habit::Asks => self.ask(&door).await,
                Habit::Enrols => self.enrol(&door).await,
                Habit::PaysWithTaler => self.pay(&door).await,
                Habit::IsMoved => self.be_moved(&door).await,
            }
            sleep(Duration::from_millis(u64::try_from(self.dice.below(LONGEST_PAUSE)).unwrap())).await;
        }
    }

    async fn ask(&mut self, door: &Door) {
        let chosen = self.one_of_his("token").await;
        match (self.dice.below(10), chosen) {
            (0..=3, Some(id)) => self.send_again(door, &id).await,
            (4, Some(id)) => {
                let path = format!("/tan/challenge/{id}");
                self.tell(door, Method::DELETE, &path, None, &[204, 409, 410]).await;
            }
            (5..=6, Some(id)) => self.confirm(door, &id).await,
            (7, Some(id)) => self.guess(door, &id).await,
            _ => {
                let asked =
                    self.tell(door, Method::POST, "/tan/challenge/sms", Some(json!({})), &[200, 429, 502]).await;
                self.remember(asked.as_ref().filter(|asked| asked.status == 200).map(|asked| &asked.body));
            }
        }
    }

    /// A challenge of his that lives: one that he was told of, and seldom one whose instance did not live to tell him.
    async fn one_of_his(&mut self, kind: &str) -> Option<String> {
        let mut open = self.witness.open(&self.customer.username, kind).await;
        if self.dice.below(10) > 0 {
            open.retain(|id| self.told.contains(id));
        }
        (!open.is_empty()).then(|| open[self.dice.below(open.len())].clone())
    }

    async fn enrol(&mut self, door: &Door) {
        match (self.dice.below(10), self.one_of_his("address").await) {
            (0..=4, Some(id)) => self.send_again(door, &id).await,
            (5, Some(id)) => self.confirm(door, &id).await,
            _ => {
                let allowed = [202, 429, 502, 403, 409];
                let asked = self.tell(door, Method::POST, "/tan/sms", Some(json!({})), &allowed).await;
                let status = asked.as_ref().map(|asked| asked.status.as_u16());
                self.remember(asked.as_ref().filter(|_| status == Some(202)).map(|pending| &pending.body["challenge"]));
                if matches!(status, Some(403 | 409)) {
                    // The address is in force: he goes on as its owner.
                    self.habit = Habit::Asks;
                }
            }
        }
    }

    async fn pay(&mut self, door: &Door) {
        let Some(id) = self.taler_id.clone() else { return self.withdraw(door).await };
        let open = self.witness.open(&self.customer.username, "taler").await.pop();
        let most = if self.handed_over { 3 } else { 1 };
        let arrived = match open.filter(|_| self.dice.below(10) < most) {
            Some(open) => self.witness.arrived(&open).await,
            None => None,
        };
        let path = format!("/challenge/{id}");
        let gateway = door.gateway("");
        let answer = match arrived {
            Some(tan) => {
                let (path, tan) = (format!("{path}/confirm"), Some(json!({"tan": tan})));
                self.send(&gateway, Method::POST, &path, tan, &[204, 410]).await
            }
            None => self.send(&gateway, Method::POST, &path, None, &[200, 410, 429, 502]).await,
        };
        let status = answer.map_or(0, |answer| answer.status.as_u16());
        if matches!(status, 204 | 410) {
            self.taler_id = None;
        }
        self.handed_over = status == 200;
    }

    /// The operation that is refused with an id to prove it by.
    async fn withdraw(&mut self, door: &Door) {
        let gateway = door.gateway(&self.customer.client.token);
        let body = Some(json!({"amount": "KUDOS:5"}));
        let offered = self.send(&gateway, Method::POST, "/withdrawals/7/confirm", body, &[202]).await;
        self.taler_id = offered.filter(|offered| offered.status == 202).map(|offered| taler::ids(&offered).remove(0));
    }

    async fn be_moved(&mut self, door: &Door) {
        if self.dice.below(3) > 0 {
            return;
        }
        let number = format!("{}{}", &self.customer.phone[..11], self.dice.below(10));
        let address = Some(json!({"address": number}));
        self.send(&door.api(&self.operator), Method::PUT, "/tan/sms", address, &[204]).await;
    }

    async fn send_again(&mut self, door: &Door, id: &str) {
        let path = format!("/tan/challenge/{id}/retransmit");
        let again = self.tell(door, Method::POST, &path, Some(json!({})), &[200, 409, 410, 429, 502]).await;
        self.remember(again.as_ref().filter(|again| again.status == 200).map(|again| &again.body));
    }

    /// Nobody but him tries its TANs, so that it is right as long as the challenge lives.
    async fn confirm(&mut self, door: &Door, id: &str) {
        let Some(tan) = self.witness.arrived(id).await else { return };
        let path = format!("/tan/challenge/{id}/confirm");
        let confirmed = self.tell(door, Method::POST, &path, Some(json!({"tan": tan})), &[200, 409, 410]).await;
        assert_ne!(confirmed.map(|confirmed| confirmed.error()), Some((409, 5134)), "the TAN that arrived is wrong");
    }

    async fn guess(&mut self, door: &Door, id: &str) {
        let Some(tan) = self.witness.arrived(id).await else { return };
        if self.wrong.len() >= MOST_WRONG_TRIES || self.wrong.contains_key(id) {
            return;
        }
        let path = format!("/tan/challenge/{id}/confirm");
        let guess = Some(json!({"tan": other_than(&tan)}));
        let tried = self.tell(door, Method::POST, &path, guess, &[409, 410]).await;
        match tried.map(|tried| tried.error()) {
            Some((409, 5134)) => _ = self.wrong.insert(id.to_owned(), Tried::Counted),
            None | Some((503, _)) => _ = self.wrong.insert(id.to_owned(), Tried::Unknown),
            Some(_) => {}
        }
    }

    fn remember(&mut self, told: Option<&Value>) {
        self.told.extend(told.and_then(|body| body["challenge_id"].as_str()).map(str::to_owned));
    }

    async fn tell(
        &mut self,
        door: &Door,
        method: Method,
        rest: &str,
        body: Option<Value>,
        allowed: &[u16],
    ) -> Option<Answer> {
        let client = door.api(&self.customer.client.token);
        self.send(&client, method, rest, body, allowed).await
    }

    /// `None`: the connection broke. What is not allowed, nor "not now", is a fault.
    async fn send(
        &mut self,
        client: &Client,
        method: Method,
        rest: &str,
        body: Option<Value>,
        allowed: &[u16],
    ) -> Option<Answer> {
        let path = self.customer.path(rest);
        let answer = client.attempt(method, &path, &[], body.map(|body| body.to_string())).await.ok();
        let error = answer.as_ref().map_or((0, 0), Answer::error);
        *self.answers.entry(error).or_default() += 1;
        let fine = error == (0, 0) || error == (503, 10090) || allowed.contains(&error.0);
        assert!(fine, "{path}: {answer:?}");
        answer
    }

    /// Whatever is still open is solved by the TAN that arrived last.
    pub async fn confirm_all(&self) {
        let door = self.doors.any(&mut Dice::new(1)).await;
        let api = door.api(&self.customer.client.token);
        for kind in ["token", "address"] {
            for id in self.witness.open(&self.customer.username, kind).await {
                let Some(tan) = self.witness.arrived(&id).await else { continue };
                let path = self.customer.path(&format!("/tan/challenge/{id}/confirm"));
                let confirmed = api.post(&path, json!({"tan": tan})).await;
                assert_eq!(confirmed.error(), (200, 0), "{path}: {confirmed:?}");
            }
        }
        let open = self.witness.open(&self.customer.username, "taler").await;
        assert!(open.len() <= 1, "he uses one id at a time: {open:?}");
        if let (Some(open), Some(id)) = (open.first(), &self.taler_id)
            && let Some(tan) = self.witness.arrived(open).await
        {
            let path = self.customer.path(&format!("/challenge/{id}/confirm"));
            let confirmed = door.gateway("").post(&path, json!({"tan": tan})).await;
            assert_eq!(confirmed.error(), (204, 0), "{path}: {confirmed:?}");
        }
    }
}
