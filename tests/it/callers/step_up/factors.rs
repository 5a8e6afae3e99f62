//! Another account's factor: its TAN, the code of its app, its recovery code, the id of its challenge.

use std::time::Duration;

use serde_json::{Value, json};

use crate::{
    app::{Answer, Authenticator},
    callers::{
        kind::Kind,
        stage::{Identity, Listener, Stage},
        world::{ALICE, BOB, World},
    },
};

const UNKNOWN: &str = "0197f5a0-8c2e-7c3a-9d61-0a1b2c3d4e5f";
const WRONG: (u16, u64) = (409, 5134);

/// Alice and Bob, each with a session and a challenge of one kind.
struct Two<'a> {
    world: World<'a>,
    sessions: [String; 2],
}

impl<'a> Two<'a> {
    async fn of(stage: &'a Stage) -> Self {
        let mut world = stage.world().await;
        let sessions = [world.session(Kind::Own).await.unwrap(), world.session(Kind::Other).await.unwrap()];
        Self { world, sessions }
    }

    async fn challenges(&self, channel: &str) -> [String; 2] {
        let of = |whose: usize| self.world.challenge(whose, &self.sessions[whose], channel, json!({}));
        [of(ALICE).await.unwrap(), of(BOB).await.unwrap()]
    }

    /// A request of Alice's or Bob's for an account.
    async fn send(&self, method: &str, who: usize, whose: usize, rest: &str, body: Option<Value>) -> Answer {
        let path = format!("/accounts/{}{rest}", self.world.names[whose]);
        let credentials = [self.sessions[who].clone()];
        self.world
            .stage
            .send(Listener::Api, (method, &path), &credentials, &[], body.map(|body| body.to_string()))
            .await
    }

    async fn confirm(&self, who: usize, id: &str, code: &str) -> Answer {
        self.send("POST", who, who, &format!("/tan/challenge/{id}/confirm"), Some(json!({"tan": code}))).await
    }

    /// Each other's code is wrong here, each one's own solves, and the token that it yields is good to its owner alone.
    async fn assert_each_by_its_own(&self, ids: &[String; 2], codes: &[String; 2]) {
        for (who, other) in [(ALICE, BOB), (BOB, ALICE)] {
            assert_eq!(self.confirm(who, &ids[who], &codes[other]).await.error(), WRONG);
            for id in [&ids[other], UNKNOWN] {
                assert_eq!(self.confirm(who, id, &codes[who]).await.error(), (404, 5143));
                assert_eq!(self.confirm(who, id, &codes[other]).await.error(), (404, 5143));
            }
        }
        for (who, other) in [(ALICE, BOB), (BOB, ALICE)] {
            let solved = self.confirm(who, &ids[who], &codes[who]).await;
            assert_eq!(solved.status, 200, "it was not used up by another: {solved:?}");
            let token = [("TAN-Token", solved.text("tan_token"))];
            for (whose, told) in [(other, (403, 10003)), (who, (200, 0))] {
                let path = format!("/accounts/{}/session/step-up", self.world.names[whose]);
                let credentials = [self.sessions[whose].clone()];
                let answer = self.world.stage.send(Listener::Api, ("POST", &path), &credentials, &token, None).await;
                assert_eq!(answer.error(), told);
            }
        }
    }

    /// Enrols what needs no message, with a proof by SMS.
    async fn enrolled(&self, who: usize, channel: &str, status: u16) -> Answer {
        let session = &self.sessions[who];
        let proof = self.world.proof(who, session, "sms", json!({})).await.unwrap();
        let path = format!("/accounts/{}/tan/{channel}", self.world.names[who]);
        let headers = [("TAN-Token", proof.as_str())];
        self.world.asked(Listener::Api, ("POST", &path), session, &headers, Some(json!({})), status).await.unwrap()
    }

    /// Puts an app in force.
    async fn device(&self, who: usize) -> Authenticator {
        let enrolled = self.enrolled(who, "totp", 202).await;
        let device = Authenticator::from_secret(enrolled.text("secret"));
        let id = enrolled.body["challenge"]["challenge_id"].as_str().unwrap();
        let proven = self.confirm(who, id, &self.code(&device).await).await;
        assert_eq!((proven.status.as_u16(), &proven.body["state"]), (200, &json!("active")), "{proven:?}");
        device
    }

    /// What an app shows at this moment.
    async fn code(&self, device: &Authenticator) -> String {
        device.code_at(self.world.stage.now().await.as_seconds())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tan_that_went_to_another_account_solves_nothing_here() {
    let stage = Stage::open(Identity::Local).await;
    let two = Two::of(&stage).await;
    let ids = two.challenges("sms").await;
    let tans = [false, true].map(|of_bob| stage.app.tan_sent_to(&two.world.phone(of_bob)));
    two.assert_each_by_its_own(&ids, &tans).await;
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_of_another_accounts_app_solves_nothing_here() {
    let stage = Stage::open(Identity::Local).await;
    let two = Two::of(&stage).await;
    let devices = [two.device(ALICE).await, two.device(BOB).await];
    // The steps by which they were put in force are not accepted again.
    stage.app.advance(Duration::from_mins(2));
    let ids = two.challenges("totp").await;
    let codes = [two.code(&devices[ALICE]).await, two.code(&devices[BOB]).await];
    two.assert_each_by_its_own(&ids, &codes).await;
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_accounts_recovery_code_solves_nothing_here() {
    let stage = Stage::open(Identity::Local).await;
    let two = Two::of(&stage).await;
    let mut codes = Vec::new();
    for who in [ALICE, BOB] {
        let made = two.enrolled(who, "recovery", 201).await;
        codes.push(made.body["recovery_codes"][3].as_str().expect("there are ten").to_owned());
    }
    let ids = two.challenges("recovery").await;
    two.assert_each_by_its_own(&ids, &codes.try_into().unwrap()).await;
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_id_of_another_accounts_challenge_is_that_of_none() {
    let stage = Stage::open(Identity::Local).await;
    let two = Two::of(&stage).await;
    let ids = two.challenges("sms").await;
    let tan = stage.app.tan_sent_to(&two.world.phone(true));
    let before = two.world.snapshot().await;
    for (method, rest) in [("GET", ""), ("DELETE", ""), ("POST", "/retransmit"), ("POST", "/confirm")] {
        let body = rest.ends_with("confirm").then(|| json!({"tan": tan}));
        let mut replies = Vec::new();
        for id in [&ids[BOB], UNKNOWN] {
            let path = format!("/tan/challenge/{id}{rest}");
            let answer = two.send(method, ALICE, ALICE, &path, body.clone()).await;
            assert_eq!(answer.error(), (404, 5143), "{method} {rest}");
            replies.push(answer.raw);
            let theirs = two.send(method, ALICE, BOB, &path, body.clone()).await;
            assert_eq!(theirs.error(), (403, 44), "{method} {rest}");
        }
        assert_eq!(replies[0], replies[1], "{method} {rest}");
    }
    assert_eq!(before.difference(&two.world.snapshot().await), "");
    let solved = two.confirm(BOB, &ids[BOB], &tan).await;
    assert_eq!(solved.status, 200, "{solved:?}");
    stage.close().await;
}
