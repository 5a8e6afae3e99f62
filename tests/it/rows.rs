//! What a database holds, row by row, past the service.

use std::collections::{BTreeMap, BTreeSet};

use tokio_postgres::Client;

/// The rows of every table by the table's name, each with its place and the transaction that wrote it: a row that was
/// rewritten with the same values is another one.
#[derive(Debug, PartialEq, Eq)]
pub struct Rows(BTreeMap<String, Vec<String>>);

/// The tables that hold rows: partitions, not what they are parts of.
pub async fn tables(owner: &Client) -> Vec<String> {
    let query = "select oid::regclass::text from pg_class \
                 where relkind = 'r' and relnamespace = 'public'::regnamespace order by 1";
    owner.query(query, &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
}

impl Rows {
    /// Of every table, at this moment.
    pub async fn of(owner: &Client) -> Self {
        let mut all = BTreeMap::new();
        for table in tables(owner).await {
            let query = format!(
                "select ctid::text || ' ' || xmin::text || ' ' || to_jsonb(t)::text from {table} t order by ctid"
            );
            let rows = owner.query(&query, &[]).await.unwrap();
            all.insert(table, rows.iter().map(|row| row.get(0)).collect());
        }
        Self(all)
    }

    /// The tables whose rows are others now; the parts of `challenges` count as one.
    pub fn changed_in(&self, later: &Self) -> BTreeSet<String> {
        let whole =
            |table: &str| table.split('_').next().filter(|name| *name == "challenges").unwrap_or(table).to_owned();
        let differs = |(table, rows): &(&String, &Vec<String>)| later.0.get(*table) != Some(rows);
        self.0.iter().filter(differs).map(|(table, _)| whole(table)).collect()
    }
}
