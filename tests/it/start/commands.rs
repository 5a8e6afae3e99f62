//! `migrate` and `token create`.

use std::os::unix::fs::MetadataExt;

use tanager::storage::schema::newest_version;

use super::{empty, refused, said};
use crate::app::Installation;

#[tokio::test(flavor = "multi_thread")]
async fn two_migrations_at_once_make_one_schema_and_one_key_file() {
    let place = empty().await;

    let (one, other) = tokio::join!(place.run(&["migrate"]), place.run(&["migrate"]));

    let (one, other) = (said(&one), said(&other));
    let mut applied = [one.matches("applied").count(), other.matches("applied").count()];
    applied.sort_unstable();
    let all = usize::try_from(newest_version()).unwrap();
    assert_eq!(applied, [0, all], "one did it all, the other waited: {one}{other}");
    assert!(one.contains("up to date") != other.contains("up to date"), "{one}{other}");
    assert!(one.contains("made the key file") != other.contains("made the key file"), "{one}{other}");
    assert_eq!(std::fs::metadata(place.path("keys.toml")).unwrap().mode() & 0o7777, 0o600);
    let owner = place.database.owner().await;
    let rows = "select (select count(*) from refinery_schema_history), (select count(*) from key_ring)";
    let rows = owner.query_one(rows, &[]).await.unwrap();
    assert_eq!((rows.get::<_, i64>(0), rows.get::<_, i64>(1)), (i64::from(newest_version()), 1));

    let keys = std::fs::read(place.path("keys.toml")).unwrap();
    let again = said(&place.run(&["migrate"]).await);
    assert!(again.contains("up to date") && !again.contains("applied") && !again.contains("key file"), "{again}");
    assert_eq!(std::fs::read(place.path("keys.toml")).unwrap(), keys);
    let process = place.serve().await;
    assert_eq!(process.stranger().get("/health/ready").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_made_token_is_printed_alone_and_works() {
    let place = Installation::new().await;
    let process = place.serve().await;
    let alice = place.customer(&process, "alice", &["sms"]).await;

    let admin = token(&place, &["--scope", "admin", "--description", "the night shift"]).await;
    let core = token(&place, &["--scope", "service"]).await;
    let reader = token(&place, &["--scope", "readonly", "--account", "alice", "--duration", "1 h"]).await;
    let writer = token(&place, &["--scope", "readwrite", "--account", "alice"]).await;

    let with = |token: &str| process.stranger().with_token(token);
    assert_eq!(with(&admin).get("/accounts").await.status, 200);
    assert_eq!(with(&core).get("/accounts").await.error(), (403, 44));
    let log_in = with(&core).post(&alice.path("/token"), serde_json::json!({"scope": "readwrite"})).await;
    assert_eq!(log_in.status, 200, "{log_in:?}");
    assert_eq!(with(&reader).get(&alice.path("")).await.status, 200);
    let challenge = alice.path("/tan/challenge/sms");
    assert_eq!(with(&reader).post(&challenge, serde_json::json!({})).await.error(), (403, 44));
    assert_eq!(with(&writer).post(&challenge, serde_json::json!({})).await.status, 200);
    let owner = place.database.owner().await;
    let clear = "select count(*) from access_tokens t, unnest($1::text[]) as made (token) \
                 where position(made.token in t::text) > 0";
    let clear: i64 = owner.query_one(clear, &[&vec![admin, core, reader, writer]]).await.unwrap().get(0);
    assert_eq!(clear, 0, "only hashes are stored");
}

/// The one line of `token create`, and nothing else on standard output.
async fn token(place: &Installation, arguments: &[&str]) -> String {
    let output = place.run(&[&["token", "create"], arguments].concat()).await;
    let printed = said(&output);
    let token = printed.strip_suffix('\n').expect("a line");
    let secret =
        token.strip_prefix("secret-token:").unwrap_or_else(|| panic!("no RFC 8959 form, {} long", token.len()));
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    assert!(secret.len() >= 43 && secret.chars().all(plain), "one url-safe token and nothing else");
    assert!(!String::from_utf8_lossy(&output.stderr).contains(secret), "not in the log");
    token.to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scope_that_does_not_go_with_the_account_is_refused_and_nothing_is_made() {
    let place = Installation::new().await;
    let owner = place.database.owner().await;
    let tokens = async || -> i64 { owner.query_one("select count(*) from access_tokens", &[]).await.unwrap().get(0) };
    let before = tokens().await;
    for (arguments, trouble) in [
        (["--scope", "readwrite"].as_slice(), "add --account"),
        (&["--scope", "readonly"], "add --account"),
        (&["--scope", "admin", "--account", "alice"], "leave --account out"),
        (&["--scope", "service", "--account", "alice"], "leave --account out"),
        (&["--scope", "readwrite", "--account", "nobody"], "no account of that name"),
    ] {
        let output = place.run(&[&["token", "create"], arguments].concat()).await;
        assert!(refused(&output).contains(trouble), "{arguments:?}");
    }
    for arguments in [["--scope", "root"].as_slice(), &["--scope", "readwrite", "--account", ".."], &[]] {
        let output = place.run(&[&["token", "create"], arguments].concat()).await;
        assert_eq!(output.status.code(), Some(2), "a wrong argument: {arguments:?}");
        assert!(output.stdout.is_empty());
    }
    assert_eq!(tokens().await, before);
}
