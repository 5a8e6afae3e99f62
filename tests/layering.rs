//! The layout of folders is the architecture: this reads the sources and says, with file and line, where they leave it.
//! The second half plants violations, so that these rules cannot fall silent unnoticed.
#![cfg(test)]

#[path = "layering/rules.rs"]
mod rules;
#[path = "layering/source.rs"]
mod source;

use std::{
    fs,
    path::{Path, PathBuf},
};

use rules::{query_violation, violations};

/// The files below `folder` with that extension, by their path from the project's root.
fn files(folder: &str, extension: &str) -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    let mut folders = vec![root.join(folder)];
    while let Some(folder) = folders.pop() {
        let entries: Vec<PathBuf> =
            fs::read_dir(&folder).into_iter().flatten().map(|entry| entry.unwrap().path()).collect();
        folders.extend(entries.iter().filter(|path| path.is_dir()).cloned());
        found.extend(entries.into_iter().filter(|path| path.extension().is_some_and(|found| found == extension)));
    }
    found.sort();
    let from_root = |path: &PathBuf| path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
    found.iter().map(|path| (from_root(path), fs::read_to_string(path).unwrap())).collect()
}

#[test]
fn every_source_file_stays_in_its_layer() {
    let sources = files("src", "rs");
    assert!(sources.iter().any(|(path, _)| path == "src/lib.rs"), "no sources were found");
    let found: Vec<String> = sources.iter().flat_map(|(path, text)| violations(path, text)).collect();
    assert!(found.is_empty(), "\n{}\n", found.join("\n"));
}

#[test]
fn every_query_begins_with_its_name() {
    let found: Vec<String> =
        files("sql/queries", "sql").iter().filter_map(|(path, text)| query_violation(path, text)).collect();
    assert!(found.is_empty(), "\n{}\n", found.join("\n"));
}

/// The violations of a file with documentation and this code on line 2.
fn planted(path: &str, code: &str) -> Vec<String> {
    violations(path, &format!("//! Why.\n{code}\n"))
}

fn is_refused(path: &str, code: &str, rule: &str) {
    let found = planted(path, code);
    let expected = format!("{path}:2: {rule}");
    assert!(found.iter().any(|violation| violation.starts_with(&expected)), "{code}: {found:?}, not {expected}");
}

fn is_allowed(path: &str, code: &str) {
    assert_eq!(planted(path, code), Vec::<String>::new(), "{code}");
}

#[test]
fn a_layer_above_is_refused_however_it_is_spelled() {
    for code in [
        "use crate::storage::Datastore;",
        "pub(crate) use crate::{domain::time, storage};",
        "use crate::{domain::{self, time}, storage::{account as a, challenge}};",
        "use {crate::domain, crate::storage::Datastore};",
        "use super::storage::Datastore;",
        "use super::{super::storage, error};",
        "use tanager::storage::Datastore;",
        "fn f() { crate::storage::load() }",
        "fn f() -> Vec<crate::storage::Row> { Vec::<crate::storage::Row>::new() }",
        "fn f() { log!(\"{}\", crate::storage::name()) }",
        "#[derive(crate::storage::Row)] struct S;",
        "mod inner { use super::super::super::storage; }",
        "#[cfg(test)] mod tests { use crate::storage; }",
    ] {
        let path = if code.contains("use super::storage") { "src/http/mod.rs" } else { "src/http/accounts.rs" };
        is_refused(path, code, "`http` may not use crate::storage");
    }
}

#[test]
fn what_the_table_allows_is_allowed() {
    is_allowed("src/http/accounts.rs", "use crate::{service::confirm, domain::time}; use super::{error, wire::*};");
    is_allowed("src/service/confirm.rs", "use crate::{storage, channel, identity, clock};");
    is_allowed("src/app.rs", "use crate::{http, gateway, worker, demo};");
    is_allowed("src/main.rs", "fn main() { tanager::cli::run() }");
    is_allowed("src/domain/tan.rs", "use super::{channel::Channel, *}; pub(crate) fn f() {} // use crate::http;");
    is_allowed("src/domain/tan.rs", "/// See `crate::http`; select it from there.\npub(in crate::domain) struct S;");
}

#[test]
fn each_layer_has_its_limits() {
    for (path, code, other) in [
        ("src/domain/tan.rs", "use crate::service;", "service"),
        ("src/storage/mod.rs", "use crate::service;", "service"),
        ("src/channel/smtp.rs", "use crate::storage;", "storage"),
        ("src/identity/mod.rs", "use crate::channel;", "channel"),
        ("src/service/mod.rs", "use crate::settings;", "settings"),
        ("src/gateway/mod.rs", "use crate::storage;", "storage"),
        ("src/worker/mod.rs", "use crate::storage;", "storage"),
        ("src/http/mod.rs", "use crate::demo;", "demo"),
        ("src/demo/mod.rs", "use crate::http;", "http"),
        ("src/guard/mod.rs", "use crate::domain;", "domain"),
        ("src/service/mod.rs", "use crate::guard;", "guard"),
        ("src/settings.rs", "use super::service;", "service"),
        ("src/settings.rs", "use super::*;", "*"),
        ("src/clock.rs", "use crate::storage;", "storage"),
    ] {
        let layer = path.trim_start_matches("src/").split(['/', '.']).next().unwrap();
        is_refused(path, code, &format!("`{layer}` may not use crate::{other}"));
    }
}

#[test]
fn what_comes_from_outside_is_limited_too() {
    for (path, code, rule) in [
        ("src/domain/tan.rs", "use actix_web::web;", "`domain` may not use actix_web"),
        ("src/domain/tan.rs", "pub async fn f() {}", "`domain` may not use async"),
        ("src/domain/tan.rs", "use std::{fmt, time::{Duration, SystemTime}};", "`domain` may not use SystemTime"),
        ("src/domain/tan.rs", "use std::{fmt, fs};", "`domain` may not use std::fs"),
        ("src/domain/tan.rs", "#[derive(serde::Serialize)] struct S;", "`domain` may not use serde"),
        ("src/domain/tan.rs", "fn f() { ::tracing::info!(\"x\") }", "`domain` may not use tracing"),
        ("src/domain/tan.rs", "use tokio as t;", "`domain` may not use tokio"),
        ("src/service/send.rs", "fn f() { lettre::send() }", "`service` may not use lettre"),
        ("src/service/send.rs", "use reqwest::Client;", "`service` may not use reqwest"),
        ("src/service/send.rs", "use actix_web::HttpResponse;", "`service` may not use actix_web"),
        ("src/service/send.rs", "use tokio_postgres::Row;", "`service` may not use tokio_postgres"),
        ("src/http/mod.rs", "use tokio_postgres::Row;", "`http` may not use tokio_postgres"),
        ("src/storage/mod.rs", "use actix_web::web;", "`storage` may not use actix_web"),
        ("src/service/import.rs", "use csv_core::Reader;", "`service` may not use csv_core"),
        ("src/service/import.rs", "use indicatif::ProgressBar;", "`service` may not use indicatif"),
    ] {
        is_refused(path, code, rule);
    }
}

#[test]
fn names_that_only_look_alike_and_tests_beside_the_code_are_allowed() {
    is_allowed("src/domain/tan.rs", "fn f(metrics: u8) -> u8 { let log = metrics; log }");
    is_allowed(
        "src/domain/tan.rs",
        "#[cfg(test)] mod tests { use serde_json::Value; fn f() { std::fs::read(\"x\"); } }",
    );
    is_refused("src/domain/tan.rs", "#[cfg(test)] mod tests {} use serde::Serialize;", "`domain` may not use serde");
    is_refused("src/domain/tan.rs", "#[cfg(test)] use a::b; use serde::Serialize;", "`domain` may not use serde");
    is_refused("src/domain/tan.rs", "#[cfg(not(test))] fn f() { tokio::run() }", "`domain` may not use tokio");
}

#[test]
fn sql_in_a_literal_is_refused() {
    for text in [
        r#""select 1""#,
        r#""SELECT a FROM b""#,
        r##"r#"insert into a values (1)"#"##,
        r#""\n  update accounts set version = 1""#,
        r#""with acct as (select 1) select 2""#,
        r#""delete from accounts""#,
        r#""create table t (n int)""#,
    ] {
        is_refused("src/storage/mod.rs", &format!("const Q: &str = {text};"), "SQL text stands in sql/");
    }
    for text in [
        r#""selected""#,
        r#""Update the address.""#,
        r#""../sql/queries/a/b.sql""#,
        r#""Delete it""#,
        r#""commit""#,
        "'b'",
    ] {
        is_allowed("src/storage/mod.rs", &format!("const Q: u8 = f({text});"));
    }
}

#[test]
fn the_shape_of_a_file_is_checked() {
    assert_eq!(violations("src/clock.rs", "fn f() {}\n"), ["src/clock.rs:1: no module documentation (`//!`)"]);
    assert_eq!(violations("src/clock.rs", "mod a { //! Inner.\n}\n").len(), 1);
    assert_eq!(
        planted("src/clock.rs", &"\n".repeat(299)),
        ["src/clock.rs:301: more than 300 lines: a noun is missing"]
    );
    is_refused("src/clock.rs", &format!("fn f() {{{}}}", "\n".repeat(40)), "the function `f` has 41 lines");
    is_allowed("src/clock.rs", &format!("fn f() {{{}}}", "\n".repeat(39)));
    is_allowed("src/clock.rs", &format!("#[cfg(test)] mod tests {{ fn f() {{{}}} }}", "\n".repeat(80)));
}

#[test]
fn a_layer_that_nobody_thought_of_is_refused() {
    assert!(planted("src/helpers.rs", "").iter().any(|violation| violation.contains("`helpers` is not in the table")));
    is_refused("src/http/mod.rs", "use crate::helpers;", "`http` may not use crate::helpers");
}

#[test]
fn a_query_with_another_name_is_refused() {
    let path = "sql/queries/challenge/confirm.sql";
    assert_eq!(query_violation(path, "-- challenge.confirm\nselect 1\n"), None);
    for text in ["", "select 1", "-- challenge.abort\n", "-- challenge.confirm again\n"] {
        assert!(query_violation(path, text).is_some(), "{text}");
    }
}
