//! `serve` says what is wrong, in a sentence that says what to do, and exits with 1.

use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt,
};

use tanager::{app::key_file, chance::SystemChance};

use tanager::storage::schema::newest_version;

use super::{empty, refused, said};
use crate::app::{Database, Installation};

#[tokio::test(flavor = "multi_thread")]
async fn a_database_without_a_schema_is_refused() {
    let place = empty().await;
    Database::write_keys(&place.path(""));

    let said = place.refusal().await;

    assert!(said.contains("run 'tanager migrate'"), "{said}");
    let tables = "select count(*) from pg_tables where schemaname = 'public'";
    let left: i64 = place.database.owner().await.query_one(tables, &[]).await.unwrap().get(0);
    assert_eq!(left, 0, "who refuses changes nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_and_a_newer_schema_are_refused() {
    let place = Installation::new().await;
    let owner = place.database.owner().await;
    let older =
        "delete from refinery_schema_history where version = (select max(version) from refinery_schema_history)";
    owner.batch_execute(older).await.unwrap();
    let said = place.refusal().await;
    let newest = newest_version();
    let expected = format!("schema is version {}, this program needs {newest}: run 'tanager migrate'", newest - 1);
    assert!(said.contains(&expected), "{said}");

    let newer = "insert into refinery_schema_history values (99, 'future', '2030-01-01T00:00:00Z', '1')";
    owner.batch_execute(newer).await.unwrap();
    let said = place.refusal().await;
    assert!(said.contains(&format!("schema is version 99, this program knows only {newest}")), "{said}");
    assert!(said.contains("newer release"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_that_are_not_the_databases_are_refused() {
    let place = Installation::new().await;
    fs::remove_file(place.path("keys.toml")).unwrap();
    key_file::create(&place.path("keys.toml"), &SystemChance).unwrap();

    let said = place.refusal().await;

    assert!(said.contains("the key file's keys are not the database's"), "{said}");
    let said = refused(&place.run(&["migrate"]).await);
    assert!(said.contains("the key file's keys are not the database's"), "migrate: {said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_key_file_is_refused_and_none_is_made() {
    let place = Installation::new().await;
    fs::remove_file(place.path("keys.toml")).unwrap();

    let said = place.refusal().await;

    assert!(said.contains("there is no key file"), "{said}");
    assert!(said.contains(place.path("keys.toml").to_str().unwrap()), "{said}");
    let said = refused(&place.run(&["migrate"]).await);
    assert!(said.contains("there is no key file"), "migrate of a database that knows keys: {said}");
    assert!(!place.path("keys.toml").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_file_that_is_open_to_others_is_refused() {
    let place = Installation::new().await;
    for mode in [0o644, 0o640, 0o604, 0o620] {
        fs::set_permissions(place.path("keys.toml"), Permissions::from_mode(mode)).unwrap();
        let said = place.refusal().await;
        assert!(said.contains("open to others: run 'chmod 600"), "{mode:o}: {said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_that_is_wrong_with_a_configuration_is_said_at_once() {
    let place = Installation::new().await;
    let wrong = "[server]\nlisten = \"nowhere\"\nporte = 1\n[limits]\ntan_digits = 3\n[tls]\non = true\n";
    fs::write(place.path("tanager.toml"), wrong).unwrap();

    let serve = place.refusal().await;
    let check = refused(&place.run(&["check-config"]).await);

    for said in [serve, check] {
        for trouble in ["server.listen", "server.porte", "limits.tan_digits", "tls", "database.url"] {
            assert!(said.contains(trouble), "{trouble} is not in: {said}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_variable_is_refused_and_one_without_a_section_is_not_ours() {
    let place = Installation::new().await.with("TANAGER_SERVER__PORTE", "1").with("TANAGER_COLOUR", "red");
    let said = place.refusal().await;
    assert!(said.contains("TANAGER_SERVER__PORTE") && !said.contains("COLOUR"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_port_that_is_taken_is_refused() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let place = Installation::new().await.with("TANAGER_SERVER__LISTEN", &address);

    let said = place.refusal().await;

    assert!(said.contains(&format!("cannot listen on {address}")), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_not_there_is_refused_without_its_password() {
    let place = Installation::new().await.with("TANAGER_DATABASE__URL", "postgres://t:hunter2@127.0.0.1:1/t");
    let said = place.refusal().await;
    assert!(said.contains("check database.url") && !said.contains("hunter2"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_configuration_that_is_not_there_is_refused_and_a_checked_one_is_shown() {
    let place = Installation::new().await;
    let elsewhere = place.path("elsewhere.toml");
    let output = place.run(&["check-config", "--config", elsewhere.to_str().unwrap()]).await;
    assert!(refused(&output).contains("there is no such configuration file"));

    let report = said(&place.run(&["check-config"]).await);

    assert!(report.contains("chance to guess a TAN within one block of attempts: 5.0e-8"), "{report}");
    assert!(!report.contains("postgresql://"), "the connection string may hold a password: {report}");
}
