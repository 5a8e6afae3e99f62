//! A customer with an authenticator app and recovery codes: what they follow from is shown once, and lies about nowhere.

use reqwest::Method;
use serde_json::{Value, json};

use super::life::Life;
use crate::app::{Answer, Authenticator, Client, Database};

impl Life {
    /// Bob enrols an app, proves himself with it, makes recovery codes and uses one; and puts each where it does not belong.
    pub async fn prove_without_messages(&mut self, bob: &Client, database: &Database) {
        let owner = database.owner().await;
        let now = "select extract(epoch from clock_timestamp())::bigint";
        let now: i64 = owner.query_one(now, &[]).await.unwrap().get(0);
        let enrolled = bob.post("/accounts/bob/tan/totp", json!({"name": "telephone"})).await;
        assert_eq!(enrolled.status, 202, "{enrolled:?}");
        let (secret, address) = (enrolled.text("secret").to_owned(), enrolled.text("otpauth_uri").to_owned());
        self.secrets.add("secret of an app", &secret);
        let bytes = data_encoding::BASE32_NOPAD.decode(secret.as_bytes()).unwrap();
        self.secrets.add_bytes("bytes of that", &bytes);
        let app = Authenticator::from_secret(&secret);
        let challenge = enrolled.body["challenge"]["challenge_id"].as_str().unwrap();
        assert_eq!(try_code(bob, challenge, &app.code_at(now)).await.status, 200);
        self.keep(&bob.post("/accounts/bob/tan/totp", json!({"name": "telephone"})).await);
        let again = bob.post("/accounts/bob/tan/totp", json!({"name": secret})).await;
        assert_eq!(again.error(), (403, 10002));
        self.keep(&bob.post("/accounts/bob/tan/totp", json!({"name": address.repeat(2)})).await);
        let token = self.token(bob, "totp", &app.code_at(now + 30)).await;
        self.use_codes(bob, &token).await;
        self.keep(&bob.delete(&format!("/accounts/bob/tan/totp?name={secret}&name={secret}")).await);
    }

    async fn use_codes(&mut self, bob: &Client, token: &str) {
        let made = bob.send(Method::POST, "/accounts/bob/tan/recovery", &[("TAN-Token", token)], None).await;
        assert_eq!(made.status, 201, "{made:?}");
        let codes: Vec<&str> =
            made.body["recovery_codes"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
        for (number, code) in codes.iter().enumerate() {
            self.secrets.add(&format!("recovery code {number}"), code);
            self.secrets.add(&format!("recovery code {number} without dashes"), &code.replace('-', ""));
        }
        let token = self.token(bob, "recovery", codes[0]).await;
        let challenge = challenge(bob, "recovery").await;
        self.keep(&try_code(bob, &challenge, codes[0]).await);
        self.keep(&try_code(bob, &challenge, &codes[1..4].concat()).await);
        self.keep(&bob.get(&format!("/accounts/bob/tan/challenge/{}", codes[2])).await);
        let removal = ("/accounts/bob/tan/totp?name=telephone", [("TAN-Token", token.as_str())]);
        assert_eq!(bob.send(Method::DELETE, removal.0, &removal.1, None).await.status, 204);
    }

    async fn token(&mut self, bob: &Client, channel: &str, code: &str) -> String {
        let solved = try_code(bob, &challenge(bob, channel).await, code).await;
        assert_eq!(solved.status, 200, "{solved:?}");
        self.secrets.add(&format!("one-shot token by {channel}"), solved.text("tan_token"));
        solved.text("tan_token").to_owned()
    }
}

async fn challenge(bob: &Client, channel: &str) -> String {
    let asked = bob.post(&format!("/accounts/bob/tan/challenge/{channel}"), json!({})).await;
    assert_eq!(asked.status, 200, "{asked:?}");
    asked.text("challenge_id").to_owned()
}

async fn try_code(bob: &Client, challenge: &str, code: &str) -> Answer {
    bob.post(&format!("/accounts/bob/tan/challenge/{challenge}/confirm"), json!({"tan": code})).await
}
