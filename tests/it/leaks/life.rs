//! A life in which everything goes wrong that can, and a client that puts secrets where they do not belong.

use reqwest::Method;
use serde_json::json;

use super::{program::Program, secrets::Secrets};
use crate::app::{Answer, Client, Database, other_than};

const PHONE: &str = "+41791234567";
const MAIL: &str = "alice.unmasked@example.com";
const NEW_MAIL: &str = "alice.elsewhere@example.com";

pub struct Life {
    pub secrets: Secrets,
    /// Every reply of 400 or more: headers and body.
    pub errors: Vec<String>,
    /// What operators are shown of the trail: headers and body.
    pub trail: Vec<String>,
}

/// What a confused client has at hand.
struct AtHand<'a> {
    tan: &'a str,
    one_shot: &'a str,
    access: &'a str,
    challenge: &'a str,
}

impl Life {
    pub async fn live(program: &Program, database: &Database) -> Self {
        let mut life = Self { secrets: Secrets::default(), errors: Vec::new(), trail: Vec::new() };
        for (name, text) in [("phone", PHONE), ("mailbox", MAIL), ("new mailbox", NEW_MAIL), ("key", &program.key())] {
            life.secrets.add(name, text);
        }
        let [admin, core] = ["admin", "service"].map(|scope| {
            let token = program.token(scope);
            life.secrets.add(scope, &token);
            program.client.with_token(&token)
        });
        let account = json!({"username": "alice", "contact_data": {"phone": PHONE, "email": MAIL}});
        assert_eq!(admin.post("/accounts", account).await.status, 201);
        let session = core.post("/accounts/alice/token", json!({"scope": "readwrite"})).await;
        life.secrets.add("session", session.text("access_token"));
        let alice = program.client.with_token(session.text("access_token"));

        life.enrol(program, &alice).await;
        let bob = life.new_customer(program, &admin, &core).await;
        life.prove_without_messages(&bob, database).await;
        let (challenge, tan, one_shot) = life.solve(program, &alice).await;
        life.fail_to_send(program, &alice, &one_shot).await;
        life.fail_to_write(database, &alice).await;
        let at_hand = AtHand { tan: &tan, one_shot: &one_shot, access: &alice.token, challenge: &challenge };
        life.confuse(&alice, &admin, &at_hand).await;
        life.leave(program, &admin, &alice, &one_shot).await;
        life.read_trail(&admin).await;
        life
    }

    /// Bob, logged in.
    async fn new_customer(&mut self, program: &Program, admin: &Client, core: &Client) -> Client {
        assert_eq!(admin.post("/accounts", json!({"username": "bob"})).await.status, 201);
        let session = core.post("/accounts/bob/token", json!({"scope": "readwrite"})).await;
        self.secrets.add("session of bob", session.text("access_token"));
        program.client.with_token(session.text("access_token"))
    }

    /// The trail as pages and as lines, whole and of one account, and the verdict on it.
    async fn read_trail(&mut self, admin: &Client) {
        for path in ["/audit?limit=1000", "/audit?account=alice&limit=2", "/audit?account=.", "/audit/verify"] {
            for accept in ["application/json", "application/x-ndjson"] {
                let shown = admin.send(Method::GET, path, &[("Accept", accept)], None).await;
                assert_eq!(shown.status, 200, "{shown:?}");
                self.trail.push(format!("{:?} {}", shown.headers, shown.raw));
            }
        }
    }

    pub fn keep(&mut self, answer: &Answer) {
        assert!(answer.status.as_u16() >= 400, "{answer:?}");
        let mut body = answer.body.clone();
        if let Some(members) = body.as_object_mut().filter(|_| answer.code() == 10002) {
            // The customer is shown what he asked for himself, in full (PSD2 RTS art. 5(1)(a)).
            members.remove("summary");
        }
        // A name that the caller gave to the request comes back to it.
        let headers: Vec<_> = answer.headers.iter().filter(|(name, _)| *name != "x-request-id").collect();
        let raw = if body.is_object() { body.to_string() } else { answer.raw.clone() };
        self.errors.push(format!("{} {headers:?} {raw}", answer.status));
    }

    async fn confirm(&mut self, alice: &Client, challenge: &str, tan: &str, status: u16) -> Answer {
        let path = format!("/accounts/alice/tan/challenge/{challenge}/confirm");
        let answer = alice.post(&path, json!({"tan": tan})).await;
        assert_eq!(answer.status, status, "{answer:?}");
        if status >= 400 {
            self.keep(&answer);
        }
        answer
    }

    async fn enrol(&mut self, program: &Program, alice: &Client) {
        let enrolled = alice.post("/accounts/alice/tan/sms", json!({})).await;
        assert_eq!(enrolled.status, 202, "{enrolled:?}");
        let challenge = enrolled.body["challenge"]["challenge_id"].as_str().unwrap();
        let tan = program.tan("sms", PHONE);
        self.secrets.add("first TAN", &tan);
        self.confirm(alice, challenge, &other_than(&tan), 409).await;
        self.confirm(alice, challenge, &tan, 200).await;
        self.confirm(alice, challenge, &tan, 410).await;
    }

    /// A challenge for a mailbox to be enrolled: its id, its TAN and its token.
    async fn solve(&mut self, program: &Program, alice: &Client) -> (String, String, String) {
        let refused = alice.post("/accounts/alice/tan/email", json!({"address": NEW_MAIL})).await;
        assert_eq!(refused.code(), 10002, "{refused:?}");
        self.keep(&refused);
        let ticket = json!({"operation": refused.text("operation")});
        let requested = alice.post("/accounts/alice/tan/challenge/sms", ticket).await;
        assert_eq!(requested.status, 200, "{requested:?}");
        let (challenge, tan) = (requested.text("challenge_id").to_owned(), program.tan("sms", PHONE));
        self.secrets.add("second TAN", &tan);
        self.confirm(alice, &challenge, &other_than(&tan), 409).await;
        let solved = self.confirm(alice, &challenge, &tan, 200).await;
        self.secrets.add("one-shot token", solved.text("tan_token"));
        (challenge, tan, solved.text("tan_token").to_owned())
    }

    /// The mail's script says the TAN and the address, and fails.
    async fn fail_to_send(&mut self, program: &Program, alice: &Client, one_shot: &str) {
        let body = Some(json!({"address": NEW_MAIL}).to_string());
        let failed = alice.send(Method::POST, "/accounts/alice/tan/email", &[("TAN-Token", one_shot)], body).await;
        assert_eq!(failed.error(), (502, 5133), "{failed:?}");
        self.secrets.add("unsent TAN", &program.tan("email", NEW_MAIL));
        self.keep(&failed);
        // An unbound one, exhausted.
        let requested = alice.post("/accounts/alice/tan/challenge/sms", json!({})).await;
        assert_eq!(requested.status, 200, "{requested:?}");
        let tan = program.tan("sms", PHONE);
        self.secrets.add("exhausted TAN", &tan);
        for status in [409, 409, 429, 429] {
            self.confirm(alice, requested.text("challenge_id"), &other_than(&tan), status).await;
        }
    }

    /// The database refuses, and says with which row.
    async fn fail_to_write(&mut self, database: &Database, alice: &Client) {
        let owner = database.owner().await;
        let tell = "create function tell() returns trigger language plpgsql as \
                    $$ begin raise exception 'told: %', new using detail = new::text; end $$; \
                    create trigger tell before insert or update on {} for each row execute function tell()";
        for (table, undo) in [("events", "drop function tell cascade"), ("accounts", "drop function tell cascade")] {
            owner.batch_execute(&tell.replace("{}", table)).await.unwrap();
            let failed = alice.patch("/accounts/alice", json!({"language": "de"})).await;
            assert_eq!(failed.error(), (503, 10090), "{failed:?}");
            self.keep(&failed);
            owner.batch_execute(undo).await.unwrap();
        }
        owner.batch_execute("alter table channels rename to elsewhere").await.unwrap();
        let failed = alice.get("/accounts/alice").await;
        assert_eq!(failed.error(), (503, 10090), "{failed:?}");
        self.keep(&failed);
        owner.batch_execute("alter table elsewhere rename to channels").await.unwrap();
    }

    async fn confuse(&mut self, alice: &Client, admin: &Client, at_hand: &AtHand<'_>) {
        let AtHand { tan, one_shot, access, challenge } = at_hand;
        let confirm = format!("/accounts/alice/tan/challenge/{challenge}/confirm");
        for path in [
            format!("/accounts/alice/tan/challenge/{tan}"),
            format!("/accounts/alice/tan/challenge/{one_shot}"),
            format!("/accounts/alice/tan/challenge/{challenge}/{tan}"),
            format!("/accounts/{PHONE}"),
            format!("/accounts/{MAIL}/tan"),
            format!("/accounts/{access}"),
            format!("/{access}/{one_shot}?tan={tan}"),
            format!("/accounts/alice/tan/{tan}?phone={PHONE}&mail={MAIL}"),
        ] {
            self.keep(&alice.get(&path).await);
        }
        self.keep(&admin.get(&format!("/accounts?limit={tan}&offset={one_shot}")).await);
        self.keep(&alice.delete(&format!("/accounts/alice/tokens/{access}")).await);
        self.keep(&alice.delete(&format!("/accounts/alice/tan/{one_shot}")).await);
        self.keep(&alice.post(&format!("/accounts/alice/tan/challenge/{PHONE}"), json!({})).await);
        for body in [
            format!("{{\"tan\": {tan}}}"),
            format!("{{\"tan\": \"{tan}9\"}}"),
            format!("{{\"tan\": \"{tan}\""),
            format!("{{\"tan\": \"{tan}\", \"tan\": \"{tan}\"}}"),
            format!("{{\"{tan}\": \"{one_shot}\"}}"),
            format!("[\"{tan}\", \"{access}\"]"),
            (*tan).to_owned(),
        ] {
            self.keep(&alice.send(Method::POST, &confirm, &[], Some(body)).await);
        }
        let bad = format!("{PHONE}x");
        for body in [json!({"address": bad}), json!({"address": format!("-{NEW_MAIL}")}), json!({"address": one_shot})]
        {
            self.keep(&admin.put("/accounts/alice/tan/sms", body.clone()).await);
            self.keep(&alice.post("/accounts/alice/tan/email", body).await);
        }
        self.keep(&admin.post("/accounts", json!({"username": MAIL, "contact_data": {"phone": bad}})).await);
        self.confuse_headers(alice, at_hand).await;
    }

    async fn confuse_headers(&mut self, alice: &Client, at_hand: &AtHand<'_>) {
        let AtHand { tan, one_shot, access, .. } = at_hand;
        let (twice, both) = (format!("{one_shot},{one_shot}"), format!("Bearer {access} {one_shot}"));
        for headers in [
            ("TAN-Token", twice.as_str()),
            ("TAN-Token", access),
            ("Idempotency-Key", twice.as_str()),
            ("Content-Encoding", tan),
            ("X-Request-Id", one_shot),
            ("X-Request-Id", access),
            ("X-Request-Id", PHONE),
            ("Cookie", both.as_str()),
        ] {
            let path = format!("/accounts/alice/tan/challenge/{tan}?{one_shot}");
            self.keep(&alice.send(Method::POST, &path, &[headers], Some("{}".to_owned())).await);
            self.keep(&alice.send(Method::DELETE, "/accounts/alice/tan/totp", &[headers], None).await);
        }
        for credential in [both.as_str(), &format!("Basic {access}"), access, &format!("Bearer {one_shot}")] {
            let headers = [("Authorization", credential)];
            self.keep(&alice.with_token("").send(Method::GET, "/accounts/alice", &headers, None).await);
        }
        let unknown = Method::from_bytes(tan.as_bytes()).unwrap();
        self.keep(&alice.send(unknown, "/accounts/alice", &[], None).await);
    }

    /// The token still pays; then the account makes an API token, and goes.
    async fn leave(&mut self, program: &Program, admin: &Client, alice: &Client, one_shot: &str) {
        let wrong = alice.send(Method::DELETE, "/accounts/alice/tan/sms", &[("TAN-Token", one_shot)], None).await;
        assert_eq!(wrong.error(), (403, 10004), "{wrong:?}");
        self.keep(&wrong);
        assert_eq!(admin.delete("/accounts/alice/tan/sms").await.status, 204);
        let minted = alice.post("/accounts/alice/token", json!({"scope": "readonly"})).await;
        assert_eq!(minted.status, 200, "{minted:?}");
        self.secrets.add("API token", minted.text("access_token"));
        let reader = program.client.with_token(minted.text("access_token"));
        assert_eq!(reader.get("/accounts/alice/tokens").await.status, 200);
        self.keep(&reader.delete("/accounts/alice/tan/sms").await);
        assert_eq!(alice.delete("/accounts/alice/token").await.status, 204);
        self.keep(&alice.get("/accounts/alice").await);
    }
}
