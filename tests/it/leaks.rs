//! A whole life with the real program and real scripts, everything logged; then every secret of it is looked for in
//! the logs, the error replies, what operators are shown of the trail, its checkpoints and every row of the database, in
//! the forms in which it could have been kept.

mod factors;
mod life;
mod program;
pub mod secrets;

use tempfile::TempDir;

use self::{
    life::Life,
    program::Program,
    secrets::{Secrets, everything_in},
};
use crate::app::Database;

/// Lives a life with this log, and looks for its secrets wherever it left something.
async fn live_and_search(format: &str, rust_log: &str) {
    let (database, directory) = (Database::fresh().await, TempDir::new().unwrap());
    let program = Program::start(&database, directory.path(), format, rust_log).await;
    let life = Life::live(&program, &database).await;
    let log = program.stop().await;
    let (bodies, rows) = (life.errors.join("\n"), everything_in(&database.owner().await).await);
    let (trail, checkpoints) =
        (life.trail.join("\n"), std::fs::read(directory.path().join("checkpoints.jsonl")).unwrap());
    let own_log = std::fs::read(database.directory().await.join("postgres.log")).unwrap();

    // What must be there shows that the right places are searched.
    for there in ["A request was answered.", "leaky script says", "could not be handed over"] {
        assert!(log.contains(there), "no {there:?} in the log: {log}");
    }
    assert!(rows.contains("alice") && rows.contains("challenge.exhausted") && rows.contains("+41"), "{rows}");
    assert!(bodies.contains("5134") && bodies.contains("5133") && bodies.contains("10090"), "{bodies}");
    for there in
        ["challenge.exhausted", "+41*****4567", "service.started", "\"next\"", "\"whole\":true", "application/x-ndjson"]
    {
        assert!(trail.contains(there), "no {there:?} in the trail: {trail}");
    }
    assert!(checkpoints.starts_with(b"{\"line\":1,"));
    assert!(life.secrets.count() >= 36, "{} secrets", life.secrets.count());

    let places = [
        ("the log", log.as_bytes()),
        ("error replies", bodies.as_bytes()),
        ("rows", rows.as_bytes()),
        ("what operators are shown of the trail", trail.as_bytes()),
        ("the file of checkpoints", checkpoints.as_slice()),
        ("PostgreSQL's log", own_log.as_slice()),
    ];
    for (place, text) in places {
        let found = life.secrets.found_in(text);
        assert!(found.is_empty(), "in {place}: {found:#?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_of_a_whole_life_is_in_json_logs_replies_or_rows() {
    live_and_search("json", "trace").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_of_a_whole_life_is_in_text_logs_replies_or_rows() {
    live_and_search("text", "debug,tanager=trace").await;
}

/// A search that finds nothing proves something only if it finds what is there.
#[tokio::test(flavor = "multi_thread")]
async fn the_search_finds_what_was_planted_in_any_form() {
    let owner = Database::fresh().await.owner().await;
    let planted = ["48151623", "+41791234567", "tan_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8", "alice@example.com"];
    owner.batch_execute("create table planted (said text, kept bytea, more jsonb, many text[])").await.unwrap();
    for secret in planted {
        let mut secrets = Secrets::default();
        secrets.add("planted", secret);
        assert_eq!(secrets.found_in(everything_in(&owner).await.as_bytes()), Vec::<String>::new(), "not yet: {secret}");
        let forms = ["said", "kept", "more", "many", "hash"];
        for form in forms {
            let planting = match form {
                "said" => "insert into planted (said) values ('see ' || $1)",
                "kept" => "insert into planted (kept) values ('\\x00ff'::bytea || convert_to($1, 'UTF8'))",
                "more" => {
                    "insert into planted (more) values (jsonb_build_object('a', encode(convert_to('x' || $1, 'UTF8'), 'base64')))"
                }
                "many" => "insert into planted (many) values (array['a', encode(convert_to($1, 'UTF8'), 'hex')])",
                _ => "insert into planted (kept) values (sha256(convert_to($1, 'UTF8')))",
            };
            owner.execute(planting, &[&secret]).await.unwrap();
            let found = secrets.found_in(everything_in(&owner).await.as_bytes());
            let one_shot = secret.starts_with("tan_") && form == "hash";
            assert_eq!(found.is_empty(), one_shot, "{secret} as {form}: only a token may be kept as its hash");
            owner.batch_execute("truncate planted").await.unwrap();
        }
    }
}
