//! Every kind of wrong proof, made once.

use std::time::Duration;

use serde_json::json;

use super::TOKEN_INVALID;
use crate::callers::{
    kind::Kind,
    stage::{Listener, Stage},
    table::Cell,
    world::{ALICE, BOB, Request, Trouble, World},
};

/// A proof that proves nothing.
pub struct Wrong {
    pub what: &'static str,
    credential: String,
    headers: Vec<(&'static str, String)>,
    /// What it is told where a one-shot token is asked for.
    pub told: Cell,
}

/// Alice with a session that is not stepped up, all that does not prove it, and what must stay good.
pub struct Proofs<'a> {
    pub world: World<'a>,
    /// The credential of that session.
    pub own: String,
    /// A token of Alice's that is good.
    pub good: String,
    /// A token of Bob's that is good, to him.
    pub theirs: String,
    pub wrong: Vec<Wrong>,
}

impl Wrong {
    fn new(what: &'static str, credential: &str, headers: &[(&'static str, &str)], told: Cell) -> Self {
        let headers = headers.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        Self { what, credential: credential.to_owned(), headers, told }
    }

    pub fn token(what: &'static str, credential: &str, token: &str, told: Cell) -> Self {
        Self::new(what, credential, &[("TAN-Token", token)], told)
    }

    /// Whether it comes in Alice's name, in a form that can be read.
    pub fn is_hers_to_try(&self) -> bool {
        !self.told.is_about_the_caller()
    }
}

impl<'a> Proofs<'a> {
    pub async fn of(stage: &'a Stage) -> Result<Self, Trouble> {
        let mut world = stage.world().await;
        let own = world.session(Kind::Own).await?;
        // First: it takes time to run out.
        let expired = world.proof(ALICE, &own, "sms", json!({})).await?;
        stage.app.advance(Duration::from_mins(5));
        let (other, stepped) = (world.session(Kind::Other).await?, world.session(Kind::OtherStepped).await?);
        world.session(Kind::Stepped).await?;
        let good = world.proof(ALICE, &own, "sms", json!({})).await?;
        let theirs = world.proof(BOB, &other, "sms", json!({})).await?;
        let mut proofs = Self { world, own, good, theirs, wrong: Vec::new() };
        proofs.add_dead(&expired).await?;
        proofs.add_another_accounts(&other, &stepped).await?;
        proofs.add_malformed();
        Ok(proofs)
    }

    async fn add_dead(&mut self, expired: &str) -> Result<(), Trouble> {
        let (own, world) = (self.own.clone(), &self.world);
        let path = |rest: &str| format!("/accounts/{}{rest}", world.alice());
        let spent = world.proof(ALICE, &own, "sms", json!({})).await?;
        let rename = path("");
        let (headers, body) = ([("TAN-Token", spent.as_str())], Some(json!({})));
        world.asked(Listener::Gateway, ("PATCH", &rename), &own, &headers, body.clone(), 200).await?;
        let void = self.bound_to_a_transfer().await?;
        let headers = [("TAN-Token", void.as_str())];
        world.asked(Listener::Gateway, ("PATCH", &rename), &own, &headers, body, 403).await?;
        let id = world.challenge(ALICE, &own, "sms", json!({})).await?;
        let aborted = world.solved(ALICE, &own, "sms", &id).await?;
        let challenge = path(&format!("/tan/challenge/{id}"));
        world.asked(Listener::Api, ("DELETE", &challenge), &own, &[], None, 204).await?;
        let ended = world.log_in(Kind::Own).await?;
        let logged_out = world.proof(ALICE, &ended, "sms", json!({})).await?;
        world.asked(Listener::Api, ("DELETE", &path("/token")), &ended, &[], None, 204).await?;
        let access = own.trim_start_matches("Bearer ");
        let dead = [
            ("a token past its time", expired),
            ("a token that was spent", &spent),
            ("a token that is void", &void),
            ("a token that was aborted", &aborted),
            ("a token of a session that was logged out", &logged_out),
            ("an access token as a token", access),
            ("the id of a challenge as a token", &id),
            ("a token that nobody made", "tan_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"),
            ("what is no token", "tan"),
            ("a good token in capitals", &self.good.to_uppercase()),
            ("a good token without its beginning", self.good.trim_start_matches("tan_")),
        ];
        self.wrong.extend(dead.map(|(what, token)| Wrong::token(what, &own, token, TOKEN_INVALID)));
        Ok(())
    }

    async fn add_another_accounts(&mut self, other: &str, stepped: &str) -> Result<(), Trouble> {
        let (mine, theirs) = (self.taler(ALICE, &self.own).await?, self.taler(BOB, other).await?);
        let bound = self.bound(BOB, other).await?;
        let own = self.own.clone();
        let wrong = [
            Wrong::token("another account's token", &own, &self.theirs, TOKEN_INVALID),
            Wrong::token("another account's bound token", &own, &bound, TOKEN_INVALID),
            Wrong::token("another account's Taler id as a token", &own, &theirs, TOKEN_INVALID),
            Wrong::token("a Taler id of one's own as a token", &own, &mine, TOKEN_INVALID),
            Wrong::new("another account's Taler id", &own, &[("Taler-Challenge-Ids", &theirs)], Cell::TAN),
            Wrong::new("another account's Taler id, as of old", &own, &[("X-Challenge-Id", &theirs)], Cell::TAN),
            Wrong::new("nothing, beside a session that is stepped up", &own, &[], Cell::TAN),
            Wrong::new("another account's session that is stepped up", stepped, &[], Cell::FORBIDDEN),
            Wrong::token("that with a token of its own", stepped, &self.theirs, Cell::FORBIDDEN),
            Wrong::token("that with a token of this account's", stepped, &self.good, Cell::FORBIDDEN),
        ];
        self.wrong.extend(wrong);
        Ok(())
    }

    fn add_malformed(&mut self) {
        let (own, good, theirs) = (&self.own, &self.good, &self.theirs);
        let name = "TAN-Token";
        let wrong = [
            Wrong::new("two tokens", own, &[(name, good), (name, good)], Cell::TWICE),
            Wrong::new("a good token and another's", own, &[(name, good), (name, theirs)], Cell::TWICE),
            Wrong::token("a list", own, &format!("{good},{good}"), Cell::TWICE),
            Wrong::token("a list with blanks", own, &format!("{theirs} , {good}"), Cell::TWICE),
            Wrong::token("an empty header", own, "", Cell::TWICE),
            Wrong::token("blanks", own, "  ", Cell::TWICE),
            Wrong::token("another's token with blanks", own, &format!("  {theirs}  "), TOKEN_INVALID),
            Wrong::token("a good token with a blank in it", own, &good.replace("tan_", "tan_ "), TOKEN_INVALID),
            Wrong::token("two tokens with a blank between", own, &format!("{good} {good}"), TOKEN_INVALID),
        ];
        self.wrong.extend(wrong);
    }

    /// One of Taler's challenges, solved.
    async fn taler(&self, whose: usize, session: &str) -> Result<String, Trouble> {
        let id = self.world.taler_id(whose, session).await?;
        let path = format!("/accounts/{}/challenge/{id}", self.world.names[whose]);
        self.world.asked(Listener::Gateway, ("POST", &path), session, &[], Some(json!({})), 200).await?;
        let tan = self.world.stage.app.tan_sent_to(&self.world.phone(whose == BOB));
        let confirm = format!("{path}/confirm");
        let body = Some(json!({"tan": tan}));
        self.world.asked(Listener::Gateway, ("POST", &confirm), session, &[], body, 204).await?;
        Ok(id)
    }

    /// A token of Alice's for a transfer of hers.
    pub async fn bound_to_a_transfer(&self) -> Result<String, Trouble> {
        self.bound(ALICE, &self.own).await
    }

    async fn bound(&self, whose: usize, session: &str) -> Result<String, Trouble> {
        let path = format!("/accounts/{}/transactions", self.world.names[whose]);
        let body = Some(serde_json::from_str(crate::gateway::TRANSFER).unwrap());
        let refused = self.world.asked(Listener::Gateway, ("POST", &path), session, &[], body, 403).await?;
        self.world.proof(whose, session, "sms", json!({"operation": refused.text("operation")})).await
    }

    /// What a request with this proof is answered.
    pub async fn send(&self, listener: Listener, request: &Request, wrong: &Wrong) -> Cell {
        let headers: Vec<_> = wrong.headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let (named, credentials) = ((request.method, request.path.as_str()), [wrong.credential.clone()]);
        Cell::of(&self.world.stage.send(listener, named, &credentials, &headers, request.body.clone()).await)
    }

    /// What is otherwise than that it is told so and nothing happens.
    pub async fn refused(
        &self,
        listener: Listener,
        request: &Request,
        wrong: &Wrong,
        expected: Cell,
    ) -> Option<Trouble> {
        let before = self.world.snapshot().await;
        let told = self.send(listener, request, wrong).await;
        let changed = before.difference(&self.world.snapshot().await);
        let (method, path) = (request.method, &request.path);
        let is_so = told == expected && changed.is_empty();
        (!is_so).then(|| format!("{method} {path} with {}: {told:?}, not {expected:?}; changed: {changed}", wrong.what))
    }

    /// Alice's session is not stepped up, and both tokens are good: each steps its owner's session up, and no other.
    pub async fn assert_as_before(mut self) {
        let other = self.world.session(Kind::Other).await.unwrap();
        let own = self.own.clone();
        for (whose, session, token) in [(BOB, &other, &self.theirs), (ALICE, &own, &self.good)] {
            assert_eq!(self.contact(ALICE, &own).await, Cell::TAN);
            let path = format!("/accounts/{}/session/step-up", self.world.names[whose]);
            let headers = [("tan-token", &*format!(" {token} "))];
            let stepped = self.world.asked(Listener::Gateway, ("POST", &path), session, &headers, None, 200).await;
            assert_eq!(stepped.unwrap().body["mfa"], json!(true));
            assert_eq!(self.contact(whose, session).await, Cell::Done(200));
        }
    }

    /// What a session is told at a route for which a session that is stepped up suffices.
    async fn contact(&self, whose: usize, session: &str) -> Cell {
        let path = format!("/accounts/{}/contacts", self.world.names[whose]);
        let stage = self.world.stage;
        let body = Some("{}".to_owned());
        Cell::of(&stage.send(Listener::Gateway, ("POST", &path), &[session.to_owned()], &[], body).await)
    }
}
