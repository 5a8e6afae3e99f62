//! What stands in the paths and bodies of requests: each is made when a line first names it.

use serde_json::json;

use super::{ALICE, Request, Trouble, World, body_of};
use crate::{
    app::addresses_of,
    callers::{kind::Kind, stage::Listener, table::Line},
};

const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// What stands for itself in paths and bodies.
const THINGS: [&str; 7] = ["one_shot", "token_id", "reservation_id", "challenge", "tan", "challenge_id", "taler_tan"];

impl World<'_> {
    /// The request of a line, of good form.
    pub async fn request(&mut self, line: &Line) -> Result<Request, Trouble> {
        let path = self.filled(line.path).await?;
        let body = match body_of(line.method, line.path) {
            Some(body) => Some(self.filled(body).await?),
            None => None,
        };
        Ok(Request { method: line.method, path, body })
    }

    async fn filled(&mut self, template: &str) -> Result<String, Trouble> {
        let mut text = template.replace("{username}", self.alice()).replace("{empty}", EMPTY);
        text = text.replace("{kind}", "daily").replace("{id}", "7");
        for channel in ["sms", "email", "totp", "recovery"] {
            text = text.replace(&format!("{{channel={channel}}}"), channel);
            text = text.replace(&format!("{{challenge={channel}}}"), channel);
        }
        for name in THINGS {
            let place = format!("{{{name}}}");
            if text.contains(&place) {
                text = text.replace(&place, &self.thing(name).await?);
            }
        }
        Ok(text)
    }

    /// One of [`THINGS`].
    pub async fn thing(&mut self, name: &'static str) -> Result<String, Trouble> {
        if let Some(made) = self.things.get(name) {
            return Ok(made.clone());
        }
        let made = Box::pin(self.make_thing(name)).await.map_err(|trouble| format!("{name}: {trouble}"))?;
        self.things.insert(name, made.clone());
        Ok(made)
    }

    async fn make_thing(&mut self, name: &str) -> Result<String, Trouble> {
        let own = self.session(Kind::Own).await?;
        let core = format!("Bearer {}", self.stage.app.core.token);
        match name {
            "one_shot" => self.proof(ALICE, &own, "sms", json!({})).await,
            "token_id" => Ok(self.api_token(ALICE).await?.text("token_id").to_owned()),
            "reservation_id" => {
                let proof = self.proof(ALICE, &own, "sms", json!({})).await?;
                let operation = json!({"method": "POST", "path": "/pay", "body_sha256": EMPTY});
                let wish = json!({"username": self.alice(), "operation": operation, "tan_token": proof});
                let held = self.asked(Listener::Api, ("POST", "/tokens/reserve"), &core, &[], Some(wish), 200).await?;
                Ok(held.text("reservation_id").to_owned())
            }
            "challenge" => self.challenge(ALICE, &own, "email", json!({})).await,
            "tan" => {
                self.thing("challenge").await?;
                Ok(self.stage.app.tan_sent_to(&addresses_of(self.alice()).1))
            }
            "challenge_id" => self.taler_id(ALICE, &own).await,
            "taler_tan" => {
                let id = self.thing("challenge_id").await?;
                let path = format!("/accounts/{}/challenge/{id}", self.alice());
                self.asked(Listener::Gateway, ("POST", &path), &own, &[], Some(json!({})), 200).await?;
                Ok(self.stage.app.tan_sent_to(&self.phone(false)))
            }
            name => panic!("{name} stands for nothing"),
        }
    }
}
