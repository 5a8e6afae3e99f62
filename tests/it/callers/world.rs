//! Alice and Bob: their credentials of each kind, and what stands in the paths and bodies of requests. Each is made when it
//! is first asked for; what cannot be made is said.

mod things;

use std::{collections::HashMap, time::Duration};

use serde_json::{Value, json};
use tanager::domain::caller::Scope;

use super::{
    kind::Kind,
    stage::{Identity, Listener, Snapshot, Stage},
};
use crate::{
    app::{Answer, addresses_of, issue},
    bank_core::{CORE_PASSWORD, basic},
    gateway::TRANSFER,
};

/// What could not be made, and why.
pub type Trouble = String;

/// Whose something is, in [`World::names`].
pub const ALICE: usize = 0;
/// The other one.
pub const BOB: usize = 1;
/// A bank core's operation, with a token of Alice's.
const RESERVE: &str = r#"{"username":"{username}","operation":{"method":"POST","path":"/pay","body_sha256":"{empty}"},
    "tan_token":"{one_shot}"}"#;
const AHEAD: &str = r#"{"username":"{username}","method":"POST","path":"/pay","body_sha256":"{empty}"}"#;

/// Two accounts, and what was made for them.
pub struct World<'a> {
    pub stage: &'a Stage,
    pub names: [String; 2],
    credentials: HashMap<Kind, Result<Vec<String>, Trouble>>,
    things: HashMap<&'static str, String>,
}

/// A request without its credentials.
#[derive(Clone, Debug)]
pub struct Request {
    pub method: &'static str,
    pub path: String,
    pub body: Option<String>,
}

/// A good body of a route, where it reads one.
pub fn body_of(method: &str, path: &str) -> Option<&'static str> {
    Some(match (method, path) {
        ("POST", "/accounts") => r#"{"username":"{username}.new"}"#,
        ("PATCH", "/accounts/{username}") => r#"{"contact_data":{"phone":"+41790000099"}}"#,
        ("POST", "/accounts/{username}/tan/{channel=email}") => r#"{"address":"{username}.new@example.com"}"#,
        ("PUT", "/accounts/{username}/tan/{channel=sms}") => r#"{"address":"+41790000097"}"#,
        ("POST", "/accounts/{username}/tan/challenge/{challenge}/confirm") => r#"{"tan":"{tan}"}"#,
        ("POST", "/accounts/{username}/challenge/{challenge_id}/confirm") => r#"{"tan":"{taler_tan}"}"#,
        ("POST", "/accounts/{username}/token") => r#"{"scope":"readonly"}"#,
        ("POST", "/tokens/reserve" | "/tokens/redeem") => RESERVE,
        ("POST", "/operations") => AHEAD,
        ("POST", "/accounts/{username}/transactions") => TRANSFER,
        ("POST", path) if has_optional_body(path) => "{}",
        ("PUT", "/accounts/{username}/limits/{kind}") => "{}",
        _ => return None,
    })
}

fn has_optional_body(path: &str) -> bool {
    let Some(rest) = path.strip_prefix("/accounts/{username}/") else { return false };
    rest.starts_with("tan/{channel=")
        || matches!(rest, "tan/challenge/{challenge=sms}" | "contacts" | "vault" | "notes" | "withdrawals/{id}/confirm")
}

impl<'a> World<'a> {
    pub fn new(stage: &'a Stage, names: [String; 2]) -> Self {
        Self { stage, names, credentials: HashMap::new(), things: HashMap::new() }
    }

    pub fn alice(&self) -> &str {
        &self.names[ALICE]
    }

    /// The phone number of Alice or Bob.
    pub fn phone(&self, of_bob: bool) -> String {
        addresses_of(&self.names[usize::from(of_bob)]).0
    }

    pub async fn snapshot(&self) -> Snapshot {
        self.stage.snapshot(&self.names).await
    }

    /// The values of `Authorization` of a kind of caller.
    pub async fn credential(&mut self, kind: Kind) -> Result<Vec<String>, Trouble> {
        if let Some(made) = self.credentials.get(&kind) {
            return made.clone();
        }
        let made = Box::pin(self.make(kind)).await.map_err(|trouble| format!("{kind:?}: {trouble}"));
        self.credentials.insert(kind, made.clone());
        made
    }

    /// The one value of a kind that has one.
    pub async fn session(&mut self, kind: Kind) -> Result<String, Trouble> {
        Ok(self.credential(kind).await?.remove(0))
    }

    async fn make(&mut self, kind: Kind) -> Result<Vec<String>, Trouble> {
        Ok(match kind {
            Kind::Nobody => Vec::new(),
            Kind::Malformed => {
                let own = self.session(Kind::Own).await?;
                vec![format!("{own} {own}")]
            }
            Kind::Unknown => vec![format!("Bearer secret-token:{}", "A".repeat(43))],
            Kind::Expired => {
                let wish = json!({"scope": "readwrite", "duration": {"d_us": 1_000_000}});
                let expired = self.minted(ALICE, wish).await?;
                self.stage.app.advance(Duration::from_secs(2));
                vec![expired]
            }
            Kind::Ended => {
                let ended = self.minted(ALICE, json!({"scope": "readwrite"})).await?;
                let path = format!("/accounts/{}/token", self.alice());
                self.asked(Listener::Api, ("DELETE", &path), &ended, &[], None, 204).await?;
                vec![ended]
            }
            Kind::OneShot => vec![format!("Bearer {}", self.thing("one_shot").await?)],
            Kind::Basic if self.stage.identity == Identity::Upstream => vec![basic(self.alice(), CORE_PASSWORD)],
            Kind::Basic => {
                let own = self.session(Kind::Own).await?;
                vec![basic(self.alice(), own.trim_start_matches("Bearer "))]
            }
            Kind::Twice => {
                let own = self.session(Kind::Own).await?;
                vec![own.clone(), own]
            }
            Kind::Own | Kind::Looks | Kind::Other | Kind::OtherLooks => vec![self.log_in(kind).await?],
            Kind::Stepped | Kind::OtherStepped => {
                let session = self.log_in(kind).await?;
                self.step_up(whose(kind), &session, "sms").await?;
                vec![session]
            }
            Kind::Api | Kind::OtherApi => {
                let made = self.api_token(whose(kind)).await?;
                vec![format!("Bearer {}", made.text("access_token"))]
            }
            Kind::Minted => {
                let token = issue(&self.stage.app.running, Scope::ReadWrite, Some(self.alice())).await;
                vec![format!("Bearer {token}")]
            }
            Kind::Admin => vec![format!("Bearer {}", self.stage.app.admin.token)],
            Kind::Core => vec![format!("Bearer {}", self.stage.app.core.token)],
        })
    }

    /// A new log-in; at the bank core, where that says who calls.
    pub async fn log_in(&self, kind: Kind) -> Result<String, Trouble> {
        let name = &self.names[whose(kind)];
        let scope = if matches!(kind, Kind::Looks | Kind::OtherLooks) { "readonly" } else { "readwrite" };
        match (self.stage.identity, kind) {
            (Identity::Local, _) => self.minted(whose(kind), json!({"scope": scope})).await,
            (Identity::Upstream, Kind::Own | Kind::Other) => Ok(format!("Bearer core-{name}")),
            (Identity::Upstream, _) => Ok(format!("Bearer core-{name}!{scope}")),
        }
    }

    async fn minted(&self, whose: usize, wish: Value) -> Result<String, Trouble> {
        let path = format!("/accounts/{}/token", self.names[whose]);
        let core = format!("Bearer {}", self.stage.app.core.token);
        let minted = self.asked(Listener::Api, ("POST", &path), &core, &[], Some(wish), 200).await?;
        Ok(format!("Bearer {}", minted.text("access_token")))
    }

    async fn api_token(&mut self, whose: usize) -> Result<Answer, Trouble> {
        let session = self.session(if whose == ALICE { Kind::Own } else { Kind::Other }).await?;
        let path = format!("/accounts/{}/token", self.names[whose]);
        let wish = Some(json!({"scope": "readwrite", "operations": ["transfer"]}));
        let refused = self.asked(Listener::Api, ("POST", &path), &session, &[], wish.clone(), 403).await?;
        let ticket = json!({"operation": refused.text("operation")});
        let proof = self.proof(whose, &session, "sms", ticket).await?;
        let made = self.asked(Listener::Api, ("POST", &path), &session, &[("TAN-Token", &proof)], wish, 200).await?;
        assert!(made.body["mfa"].is_null(), "{made:?}");
        Ok(made)
    }

    /// Steps a session up by this channel.
    pub async fn step_up(&self, whose: usize, session: &str, channel: &str) -> Result<(), Trouble> {
        let proof = self.proof(whose, session, channel, json!({})).await?;
        let path = format!("/accounts/{}/session/step-up", self.names[whose]);
        let stepped = self.asked(Listener::Api, ("POST", &path), session, &[("TAN-Token", &proof)], None, 200).await?;
        assert_eq!(stepped.body["mfa"], json!(true), "{stepped:?}");
        Ok(())
    }

    /// A one-shot token by this channel.
    pub async fn proof(&self, whose: usize, session: &str, channel: &str, wish: Value) -> Result<String, Trouble> {
        let id = self.challenge(whose, session, channel, wish).await?;
        self.solved(whose, session, channel, &id).await
    }

    /// A challenge on this channel.
    pub async fn challenge(&self, whose: usize, session: &str, channel: &str, wish: Value) -> Result<String, Trouble> {
        let path = format!("/accounts/{}/tan/challenge/{channel}", self.names[whose]);
        let given = self.asked(Listener::Api, ("POST", &path), session, &[], Some(wish), 200).await?;
        Ok(given.text("challenge_id").to_owned())
    }

    /// The token of a challenge whose TAN was just sent.
    pub async fn solved(&self, whose: usize, session: &str, channel: &str, id: &str) -> Result<String, Trouble> {
        let (phone, email) = addresses_of(&self.names[whose]);
        let tan = self.stage.app.tan_sent_to(if channel == "sms" { &phone } else { &email });
        let path = format!("/accounts/{}/tan/challenge/{id}/confirm", self.names[whose]);
        let solved = self.asked(Listener::Api, ("POST", &path), session, &[], Some(json!({"tan": tan})), 200).await?;
        Ok(solved.text("tan_token").to_owned())
    }

    /// One of Taler's challenges for a withdrawal of Alice's or Bob's: by SMS, and not sent yet.
    pub async fn taler_id(&self, whose: usize, session: &str) -> Result<String, Trouble> {
        let path = format!("/accounts/{}/withdrawals/7/confirm", self.names[whose]);
        let offered = self.asked(Listener::Gateway, ("POST", &path), session, &[], Some(json!({})), 202).await?;
        let mut challenges = offered.body["challenges"].as_array().unwrap().iter();
        let by_sms = challenges.find(|challenge| challenge["tan_channel"] == "sms").expect("one goes by SMS");
        Ok(by_sms["challenge_id"].as_str().unwrap().to_owned())
    }

    /// A request that is answered so.
    pub async fn asked(
        &self,
        listener: Listener,
        request: (&str, &str),
        session: &str,
        headers: &[(&str, &str)],
        body: Option<Value>,
        status: u16,
    ) -> Result<Answer, Trouble> {
        let credentials = [session.to_owned()];
        let answer = self.stage.send(listener, request, &credentials, headers, body.map(|body| body.to_string())).await;
        let told = || format!("{} {}: {:?}", request.0, request.1, answer.error());
        if answer.status.as_u16() == status { Ok(answer) } else { Err(told()) }
    }
}

/// Whose a kind is.
fn whose(kind: Kind) -> usize {
    let of_bob = matches!(kind, Kind::Other | Kind::OtherStepped | Kind::OtherLooks | Kind::OtherApi);
    if of_bob { BOB } else { ALICE }
}
