//! Lock-out is no weapon: who knows a customer's name alone cannot block the account, use its limits up, or leave any
//! trace at it.

use reqwest::Method;
use serde_json::{Value, json};

use super::{Dice, Fleet};
use crate::{
    app::{Client, Customer},
    bank_core::basic,
};

/// All that there is of the victim, whole: every column of every row, and the trail.
const ROWS: &str = "
  with victim as (select account_id from accounts where username = 'alice')
  select to_jsonb(a)::text from accounts a join victim using (account_id)
  union all select to_jsonb(c)::text from challenges c join victim using (account_id)
  union all select to_jsonb(c)::text from channels c join victim using (account_id)
  union all select to_jsonb(e)::text from events e join victim using (account_id)
  union all select to_jsonb(t)::text from access_tokens t join victim using (account_id)
  union all select to_jsonb(w)::text from windows w
  order by 1";

struct Siege {
    fleet: Fleet,
    alice: Customer,
    /// A challenge of hers that waits for its TAN, and one that was never sent: an id of Taler's.
    challenge: String,
    taler: String,
    dice: Dice,
}

impl Siege {
    async fn laid() -> Self {
        let fleet = Fleet::with_gateways(2, "").await;
        let alice = fleet.customer("alice", &["sms", "email"]).await;
        fleet.customer("bob", &["sms"]).await;
        let asked = alice.client.post("/accounts/alice/tan/challenge/sms", json!({})).await;
        let challenge = asked.text("challenge_id").to_owned();
        let offered = alice.client.post("/accounts/alice/withdrawals/7/confirm", json!({"amount": "KUDOS:5"})).await;
        let taler = offered.body["challenges"][0]["challenge_id"].as_str().unwrap().to_owned();
        Self { fleet, alice, challenge, taler, dice: Dice::new(5) }
    }

    async fn rows(&self) -> Vec<String> {
        let owner = self.fleet.database.owner().await;
        owner.query(ROWS, &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
    }

    /// Ids that are near to that of the open challenge, and others.
    fn near(&mut self) -> Vec<String> {
        let (head, tail) = self.challenge.split_at(24);
        let number = u64::from_str_radix(tail, 16).unwrap();
        let near =
            (1..6).flat_map(|step| [number.wrapping_add(step), number.wrapping_sub(step), number ^ (1 << (step * 7))]);
        let near = near.map(|number| format!("{head}{:012x}", number & 0xffff_ffff_ffff));
        let random = (0..5).map(|_| format!("0197f5a0-8c2e-7c3a-9d61-{:012x}", self.dice.roll() & 0xffff_ffff_ffff));
        near.chain(random).collect()
    }

    /// Ids that look like the one of Taler's that is not known.
    fn invented(&mut self) -> Vec<String> {
        let letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        let length = self.taler.len();
        let random = (0..5).map(|_| (0..length).map(|_| char::from(letters[self.dice.below(64)])).collect());
        let mut all: Vec<String> = random.collect();
        for place in [0, 9, length / 2, length - 1] {
            let mut changed = self.taler.clone().into_bytes();
            changed[place] = if changed[place] == b'A' { b'B' } else { b'A' };
            all.push(String::from_utf8(changed).unwrap());
        }
        all
    }

    /// Whatever an account's client can ask for at the paths of the victim.
    fn requests(&self) -> Vec<(Method, String, Option<Value>)> {
        let challenge = format!("/tan/challenge/{}", self.challenge);
        let post = |path: &str, body: Value| (Method::POST, path.to_owned(), Some(body));
        let mut all = vec![
            post("/tan/challenge/sms", json!({})),
            post("/tan/challenge/email", json!({})),
            post(&format!("{challenge}/confirm"), json!({"tan": "12345678"})),
            post(&format!("{challenge}/retransmit"), json!({})),
            post("/tan/sms", json!({"address": "+41791112233"})),
            (Method::DELETE, challenge.clone(), None),
            (Method::GET, challenge, None),
            (Method::DELETE, "/tan/sms".to_owned(), None),
            (Method::GET, "/tan".to_owned(), None),
        ];
        for request in &mut all {
            request.1 = format!("/accounts/alice{}", request.1);
        }
        all
    }

    /// Every one of these requests, refused for want of the right credentials.
    async fn assault(&self, client: &Client, refusals: &[u16]) {
        for _ in 0..4 {
            for (method, path, body) in self.requests() {
                let body = body.map(|body| body.to_string());
                let told = client.send(method.clone(), &path, &[], body).await;
                assert!(refusals.contains(&told.status.as_u16()), "{method} {path}: {told:?}");
            }
        }
    }

    /// Nothing at the victim was touched, and she goes on as if nothing had been.
    async fn assert_untouched(self, before: &[String]) {
        assert_eq!(self.rows().await, before);
        let right = self.alice.confirm(&self.challenge, &self.fleet.apps[0].tan_sent_to(&self.alice.phone)).await;
        assert_eq!(right.status, 200, "{right:?}");
        for channel in ["sms", "email"] {
            let asked = self.alice.client.post(&self.alice.path(&format!("/tan/challenge/{channel}")), json!({})).await;
            assert_eq!((asked.status.as_u16(), asked.number("attempts_left")), (200, 3), "{asked:?}");
        }
        self.fleet.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_credentials_and_with_anybody_else_s_nothing_of_an_account_is_touched() {
    let siege = Siege::laid().await;
    let bob = siege.fleet.log_in("bob").await;
    let app = &siege.fleet.apps[0];
    let (core, admin) = (app.core.clone(), app.admin.clone());
    let bob_at_api = app.admin.with_token(&bob[0].token);
    let before = siege.rows().await;
    for stranger in
        [siege.fleet.stranger(0).clone(), app.stranger(), siege.fleet.stranger(1).with_token("secret-token:none")]
    {
        siege.assault(&stranger, &[401]).await;
    }
    siege.assault(&bob[0], &[403]).await;
    siege.assault(&bob_at_api, &[403]).await;
    siege.assault(&siege.fleet.stranger(1).with_token(&core.token), &[401]).await;
    for (method, path, body) in siege.requests() {
        // An operator and a bank core may see an account, and an operator may change a factor: no proof is theirs to ask for.
        if path.contains("/challenge/") && method != Method::GET {
            let body = body.map(|body| body.to_string());
            for client in [&core, &admin] {
                assert_eq!(
                    client.send(method.clone(), &path, &[], body.clone()).await.error(),
                    (403, 44),
                    "{method} {path}"
                );
            }
        }
    }
    siege.assert_untouched(&before).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ids_that_are_guessed_count_for_nobody() {
    let mut siege = Siege::laid().await;
    let bob = siege.fleet.log_in("bob").await;
    let (near, invented) = (siege.near(), siege.invented());
    let before = siege.rows().await;
    let wrong = json!({"tan": "12345678"});
    for id in near.iter().chain([&siege.challenge]) {
        for (name, told) in [("bob", (404, 5143)), ("alice", (403, 44))] {
            let path = format!("/accounts/{name}/tan/challenge/{id}");
            assert_eq!(bob[1].post(&format!("{path}/confirm"), wrong.clone()).await.error(), told);
            assert_eq!(bob[1].post(&format!("{path}/retransmit"), json!({})).await.error(), told);
            assert_eq!(bob[0].delete(&path).await.error(), told);
        }
    }
    let stranger = siege.fleet.stranger(1);
    for id in near.iter().chain(&invented).chain([&siege.challenge]) {
        for name in ["alice", "bob", "nobody"] {
            let path = format!("/accounts/{name}/challenge/{id}");
            assert_eq!(stranger.post(&path, json!({})).await.error(), (404, 5107), "{id}");
            assert_eq!(stranger.post(&format!("{path}/confirm"), wrong.clone()).await.error(), (404, 5143), "{id}");
        }
    }
    siege.assert_untouched(&before).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn log_ins_with_wrong_passwords_in_any_number_cost_the_customer_nothing() {
    let mut siege = Siege::laid().await;
    let (invented, before) = (siege.invented(), siege.rows().await);
    let stranger = siege.fleet.stranger(0);
    for number in 0..60 {
        let credential = basic("alice", &format!("guess{number}"));
        let mut headers = vec![("Authorization", credential.as_str())];
        if number % 2 == 1 {
            headers.push(("Taler-Challenge-Ids", &invented[number % invented.len()]));
        }
        let body = Some(json!({"scope": "readwrite"}).to_string());
        let told = stranger.send(Method::POST, "/accounts/alice/token", &headers, body).await;
        assert_eq!(told.error(), (401, 5104), "{told:?}");
    }
    siege.assert_untouched(&before).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_that_are_guessed_spend_nothing_and_void_nothing() {
    let siege = Siege::laid().await;
    let app = &siege.fleet.apps[0];
    let right = siege.alice.confirm(&siege.challenge, &app.tan_sent_to(&siege.alice.phone)).await;
    let token = right.text("tan_token").to_owned();
    let bob = siege.fleet.log_in("bob").await.remove(0);
    let before = siege.rows().await;
    let operation = json!({"method": "POST", "path": "/accounts/x/transactions", "body_sha256": "00".repeat(32)});
    for number in 0..20 {
        let guess = if number % 2 == 0 { format!("tan_{number:043}") } else { token.clone() };
        let stolen = [("TAN-Token", guess.as_str())];
        assert_eq!(bob.send(Method::DELETE, "/accounts/bob/tan/sms", &stolen, None).await.error(), (403, 10003));
        assert_eq!(bob.send(Method::DELETE, "/accounts/alice/tan/sms", &stolen, None).await.error(), (403, 44));
        let asking = json!({"username": "bob", "operation": operation, "tan_token": guess});
        for route in ["/tokens/reserve", "/tokens/redeem"] {
            assert_eq!(app.core.post(route, asking.clone()).await.error(), (403, 10003));
        }
    }
    assert_eq!(siege.rows().await, before);
    let used = siege.alice.client.send(Method::DELETE, "/accounts/alice/tan/sms", &[("TAN-Token", &token)], None).await;
    assert_eq!(used.status, 204, "{used:?}");
    siege.fleet.stop().await;
}
