//! Operators' and bank cores' tokens on the command line: whom they name, `token list` and `token revoke`.

use std::process::Output;

use serde_json::json;

use crate::app::{Installation, eventually};

const NOBODYS: &str = "0197f5a0-8c2e-7c3a-9d61-0a1b2c3d4e5f";

async fn installation() -> Installation {
    Installation::new().await.with("USER", "erika").with("SUDO_USER", "")
}

fn said(output: &Output) -> String {
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{errors}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

async fn create(place: &Installation, arguments: &[&str]) -> String {
    said(&place.run(&[&["token", "create"], arguments].concat()).await).trim().to_owned()
}

/// The line of `token list` that ends so.
async fn line(place: &Installation, description: &str) -> Option<String> {
    let listed = said(&place.run(&["token", "list"]).await);
    listed.lines().find(|line| line.ends_with(&format!("  {description}"))).map(ToOwned::to_owned)
}

async fn id_of(place: &Installation, description: &str) -> String {
    let line = line(place, description).await.unwrap_or_else(|| panic!("{description} is not listed"));
    line.split_whitespace().next().unwrap().to_owned()
}

/// The newest event of the system's trail: kind, actor, details.
async fn newest(place: &Installation) -> (String, String, String) {
    let query = "select kind, actor, details::text from events \
                 where account_id = '00000000-0000-0000-0000-000000000000' order by sequence desc limit 1";
    let row = place.database.owner().await.query_one(query, &[]).await.unwrap();
    (row.get(0), row.get(1), row.get(2))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_without_a_description_names_whoever_made_it() {
    let place = Installation::new().await.with("USER", "erika");
    let process = place.serve().await;
    let token = create(&place, &["--scope", "admin"]).await;
    let made = process.stranger().with_token(&token).post("/accounts", json!({"username": "alice"})).await;
    assert_eq!(made.status, 201, "{made:?}");
    let actor = "select actor from events where kind = 'account.created'";
    let actor: String = place.database.owner().await.query_one(actor, &[]).await.unwrap().get(0);
    assert_eq!(actor, format!("operator:{}:erika", id_of(&place, "erika").await));
    let of_account = create(&place, &["--scope", "readonly", "--account", "alice"]).await;
    let listed = process.stranger().with_token(&of_account).get("/accounts/alice/tokens").await;
    assert!(listed.body["tokens"][0].get("description").is_none_or(serde_json::Value::is_null), "{listed:?}");
    for nobody in ["", "  ", "a\nb"] {
        let refused = place.run(&["token", "create", "--scope", "admin", "--description", nobody]).await;
        assert_eq!(refused.status.code(), Some(2), "{nobody:?}");
    }
    let nameless = place.with("USER", "");
    create(&nameless, &["--scope", "service"]).await;
    assert!(line(&nameless, "command-line").await.is_some(), "somebody at the command line");
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_of_operators_and_bank_cores_are_listed_without_their_secrets() {
    let place = installation().await;
    let process = place.serve().await;
    place.customer(&process, "alice", &["sms"]).await;
    let admin = create(&place, &["--scope", "admin", "--description", "the night shift"]).await;
    let core = create(&place, &["--scope", "service", "--description", "core", "--duration", "30 days"]).await;
    let listed = said(&place.run(&["token", "list"]).await);
    assert_eq!(listed.lines().count(), 3, "and the one of the installation, none of an account: {listed}");
    for secret in [&admin, &core] {
        assert!(!listed.contains(secret.trim_start_matches("secret-token:")), "a secret is listed");
    }
    let night = line(&place, "the night shift").await.unwrap();
    let columns: Vec<&str> = night.split_whitespace().collect();
    assert_eq!((columns[0].len(), columns[1], columns[3]), (36, "admin", "never"), "{night}");
    assert!(columns[2].ends_with('Z') && columns[2].contains('T'), "{night}");
    let core = line(&place, "core").await.unwrap();
    let columns: Vec<&str> = core.split_whitespace().collect();
    assert!(columns[1] == "service" && columns[3].ends_with('Z'), "{core}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_token_is_refused_and_the_trail_says_who_ended_it() {
    let place = installation().await;
    let process = place.serve().await;
    let fresh = create(&place, &["--scope", "admin", "--description", "fresh"]).await;
    let used = create(&place, &["--scope", "service", "--description", "used"]).await;
    let with = |token: &str| process.stranger().with_token(token);
    assert_eq!(with(&used).get("/accounts").await.error(), (403, 44));

    for (description, scope) in [("fresh", "admin"), ("used", "service")] {
        let id = id_of(&place, description).await;
        assert!(said(&place.run(&["token", "revoke", &id]).await).contains(&id));
        assert_eq!(line(&place, description).await, None);
        let (kind, actor, details) = newest(&place).await;
        assert_eq!((kind.as_str(), actor.as_str()), ("session.closed", "command-line:erika"));
        assert!([&id, scope, description].iter().all(|part| details.contains(*part)), "{details}");
    }
    assert_eq!(with(&fresh).get("/accounts").await.error(), (401, 40), "at once where it was not remembered");
    eventually("the used one is forgotten", async || with(&used).get("/accounts").await.error() == (401, 40)).await;
    assert_eq!(process.admin.get("/accounts").await.status, 200, "the others are as they were");
    assert!(said(&place.run(&["audit", "verify"]).await).starts_with("whole"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_operators_or_bank_cores_token_is_not_ended() {
    let place = installation().await;
    let process = place.serve().await;
    let alice = place.customer(&process, "alice", &["sms"]).await;
    let listed = alice.client.get("/accounts/alice/tokens").await;
    let hers = listed.body["tokens"][0]["token_id"].as_str().unwrap().to_owned();
    create(&place, &["--scope", "admin", "--description", "once"]).await;
    let once = id_of(&place, "once").await;
    said(&place.run(&["token", "revoke", &once]).await);
    let before = newest(&place).await;
    for unknown in [NOBODYS, &hers, &once] {
        let refused = place.run(&["token", "revoke", unknown]).await;
        let said = String::from_utf8(refused.stderr).unwrap();
        assert_eq!(refused.status.code(), Some(1), "{said}");
        assert!(said.contains("there is no admin or service token of that id") && refused.stdout.is_empty(), "{said}");
    }
    assert_eq!(place.run(&["token", "revoke", "erika"]).await.status.code(), Some(2), "no id at all");
    assert_eq!(newest(&place).await, before, "nothing was written");
    assert_eq!(alice.client.get("/accounts/alice").await.status, 200);
}
