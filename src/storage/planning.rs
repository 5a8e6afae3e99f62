//! Statements over many rows at once, for commands and sweeps: they are rare, so a plan of their own costs nothing.

use tokio::time::timeout;
use tokio_postgres::{Row, types::ToSql};

use super::{
    datastore::{Datastore, settled},
    error::StoreError,
};

impl Datastore {
    /// One statement, planned for what the tables hold at this moment: a plan that was kept since they were small would
    /// read them from end to end, again and again, until the database has counted their rows.
    pub(super) async fn query_planned_anew(
        &self,
        statement: &str,
        parameters: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<Row>, StoreError> {
        let connection = self.connection().await?;
        let answered = timeout(self.patience(), async { Ok(connection.query(statement, parameters).await?) });
        let outcome = answered.await;
        settled(connection, outcome)
    }
}
