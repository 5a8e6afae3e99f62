//! `tanager account import`: the real program, over files as they come.

mod rows;
mod together;

use std::{fmt::Write as _, process::Output};

use crate::app::Installation;

const HEADER: &str = "username,phone,email,tan_channels,language\n";

/// What an import said.
struct Said {
    code: i32,
    out: String,
    errors: String,
}

impl Said {
    fn of(output: &Output) -> Self {
        Self {
            code: output.status.code().expect("it ended by itself"),
            out: String::from_utf8(output.stdout.clone()).unwrap(),
            errors: String::from_utf8(output.stderr.clone()).unwrap(),
        }
    }

    /// The summary: created, unchanged, bad.
    fn counts(&self) -> [u64; 3] {
        let numbers = self.out.split([' ', ';', '\n']).filter_map(|word| word.parse().ok());
        numbers.collect::<Vec<_>>().try_into().unwrap_or_else(|_| panic!("{}{}", self.out, self.errors))
    }
}

/// Imports a file of these rows behind the header.
async fn import(place: &Installation, rows: &str) -> Said {
    import_whole(place, (HEADER.to_owned() + rows).as_bytes(), &[]).await
}

/// Imports a file of these bytes.
async fn import_whole(place: &Installation, file: &[u8], arguments: &[&str]) -> Said {
    let path = place.path("customers.csv");
    std::fs::write(&path, file).unwrap();
    let command = ["account", "import", path.to_str().unwrap()];
    Said::of(&place.run(&[&command, arguments].concat()).await)
}

/// Rows of that many customers, each with both channels active.
fn crowd(customers: std::ops::Range<usize>) -> String {
    let mut rows = String::new();
    for n in customers {
        writeln!(rows, "customer-{n},+4179{n:07},customer-{n}@example.com,sms email,de").unwrap();
    }
    rows
}

async fn count(place: &Installation, table: &str) -> i64 {
    let owner = place.database.owner().await;
    let accounts = "where account_id <> '00000000-0000-0000-0000-000000000000'";
    owner.query_one(&format!("select count(*) from {table} {accounts}"), &[]).await.unwrap().get(0)
}

/// The whole trail, by the program's own word.
async fn is_whole(place: &Installation) {
    let verified = place.run(&["audit", "verify"]).await;
    assert_eq!(verified.status.code(), Some(0), "{}", String::from_utf8_lossy(&verified.stdout));
}
