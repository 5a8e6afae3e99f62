//! The database, as the service uses it: load an account, decide, write what follows.

use std::{sync::Arc, time::Duration};

use deadpool_postgres::{GenericClient, Object, Pool};
use tokio::time::{error::Elapsed, timeout};
use tokio_postgres::{Row, types::ToSql};
use uuid::Uuid;

pub use super::wanted::{Author, Wanted};
use super::{
    account_rows::{self, Stored},
    decisions::Decisions,
    error::{StoreError, TOLERANCE_SECONDS, is_over_cap},
    meters,
    moment::Moment,
    seal::Sealer,
    sql,
    traffic::{Counted, Counter, counting},
    transition::{Parameters, Transition, Writing},
    turns::Turns,
};
use crate::{
    clock::Clock,
    domain::{account::Account, chance::Chance, keys::KeyRing, limits::Limits, time::Timestamp},
};

/// What the storage layer is handed once.
#[derive(Clone)]
pub struct Parts {
    /// Connections.
    pub pool: Pool,
    /// The keys that rows are sealed with.
    pub ring: Arc<KeyRing>,
    /// For nonces.
    pub chance: Arc<dyn Chance>,
    /// The time that decisions are made for.
    pub clock: Arc<dyn Clock>,
    /// Which challenges stay live.
    pub limits: Arc<Limits>,
    /// How long the database is waited for once it has a request; longer than its own statement time-out, which is
    /// the usual end.
    pub patience: Duration,
}

/// The database. Cheap to clone.
#[derive(Clone)]
pub struct Datastore {
    parts: Parts,
    turns: Arc<Turns>,
    decisions: Arc<Decisions>,
    pub(super) counter: Arc<Counter>,
}

impl Datastore {
    /// A datastore of these parts.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        let decisions = Arc::new(Decisions::under(&parts.limits));
        Self { parts, decisions, turns: Arc::new(Turns::new()), counter: Arc::default() }
    }

    pub(super) async fn connection(&self) -> Result<Object, StoreError> {
        self.parts.pool.get().await.map_err(StoreError::Pool)
    }

    pub(super) fn sealer(&self) -> Sealer<'_> {
        Sealer { ring: &self.parts.ring, chance: &*self.parts.chance }
    }

    pub(super) fn ring(&self) -> &KeyRing {
        &self.parts.ring
    }

    pub(super) fn shift(&self, database: Timestamp) -> Timestamp {
        self.parts.clock.shift(database)
    }

    pub(super) fn writing<'a>(&'a self, author: Author<'a>, now: Timestamp) -> Writing<'a> {
        Writing { actor: author.actor, now, limits: &self.parts.limits, may_be_lost: author.may_be_lost }
    }

    pub(super) fn patience(&self) -> Duration {
        self.parts.patience
    }

    /// The moment, by the database's clock.
    pub async fn now(&self) -> Result<Timestamp, StoreError> {
        let rows = self.query(sql::SCHEMA_NOW, &[]).await?;
        let row = rows.first().ok_or(StoreError::Corrupt("the database has no time"))?;
        Ok(self.shift(row.try_get::<_, Moment>("read_at")?.0))
    }

    /// One statement in a transaction of its own; what the database does not answer in time is given up.
    pub(super) async fn query(
        &self,
        statement: &str,
        parameters: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<Row>, StoreError> {
        let connection = self.connection().await?;
        let answered = timeout(self.parts.patience, async {
            let statement = connection.prepare_cached(statement).await?;
            Ok(connection.query(&statement, parameters).await?)
        });
        let outcome = answered.await;
        settled(connection, outcome)
    }

    /// Shows an account to `look`, without changing it. `None` when there is no such account; a deleted one is shown.
    pub async fn look<T>(
        &self,
        wanted: Wanted<'_>,
        look: impl FnOnce(&Account, Timestamp) -> T,
    ) -> Result<Option<T>, StoreError> {
        let _turn = self.turns.take(wanted.username).await?;
        let connection = self.connection().await?;
        let outcome = timeout(self.parts.patience, self.load(&connection, wanted)).await;
        let stored = settled(connection, outcome)?;
        stored.map(|stored| Ok(look(&stored.account, self.decision_time(&stored)?))).transpose()
    }

    /// Lets `decide` change an account, and writes all that follows in one statement. `None` when there is no such
    /// account, or it was deleted. When another transition was faster, `decide` is asked again, under the row's lock.
    ///
    /// An error means that nothing was changed or, after a lost connection, that the outcome is not known; no answer
    /// of `decide` leaves before its consequences are written.
    pub async fn transact<T>(
        &self,
        wanted: Wanted<'_>,
        author: Author<'_>,
        mut decide: impl FnMut(&mut Account, Timestamp) -> T,
    ) -> Result<Option<T>, StoreError> {
        let _turn = self.turns.take(wanted.username).await?;
        let mut connection = self.connection().await?;
        let mut counted = Counted::default();
        let mut counting = counting(&self.parts.limits, &mut counted, &mut decide);
        let outcome = timeout(self.parts.patience, self.decide(&mut connection, wanted, author, &mut counting)).await;
        drop(counting);
        let answer = settled(connection, outcome)?;
        if answer.is_some() {
            self.counter.add(counted);
        }
        Ok(answer)
    }

    async fn decide<T>(
        &self,
        connection: &mut Object,
        wanted: Wanted<'_>,
        author: Author<'_>,
        decide: &mut impl FnMut(&mut Account, Timestamp) -> T,
    ) -> Result<Option<T>, StoreError> {
        match self.decide_once(connection, wanted, author, decide).await? {
            Decided::Now(answer) => Ok(answer),
            Decided::Overtaken => self.decide_locked(connection, wanted, author, decide).await,
        }
    }

    /// The second try.
    async fn decide_locked<T>(
        &self,
        connection: &mut Object,
        wanted: Wanted<'_>,
        author: Author<'_>,
        decide: &mut impl FnMut(&mut Account, Timestamp) -> T,
    ) -> Result<Option<T>, StoreError> {
        let transaction = connection.transaction().await?;
        let answer = self.decide_within(&transaction, wanted, author, decide).await?;
        transaction.commit().await?;
        Ok(answer)
    }

    /// Decides within a transaction: the lock is a statement of its own, the load one after it.
    pub(super) async fn decide_within<T>(
        &self,
        transaction: &impl GenericClient,
        wanted: Wanted<'_>,
        author: Author<'_>,
        decide: &mut impl FnMut(&mut Account, Timestamp) -> T,
    ) -> Result<Option<T>, StoreError> {
        let lock = transaction.prepare_cached(sql::ACCOUNT_LOCK).await?;
        transaction.query_opt(&lock, &[&wanted.username.as_str()]).await?;
        match self.decide_once(transaction, wanted, author, decide).await? {
            Decided::Now(answer) => Ok(answer),
            // Under the lock only a window over all accounts can have been filled meanwhile.
            Decided::Overtaken => Err(StoreError::Crowded),
        }
    }

    async fn decide_once<T>(
        &self,
        client: &impl GenericClient,
        wanted: Wanted<'_>,
        author: Author<'_>,
        decide: &mut impl FnMut(&mut Account, Timestamp) -> T,
    ) -> Result<Decided<T>, StoreError> {
        let Some(stored) = self.load(client, wanted).await?.filter(|stored| stored.account.deleted_at.is_none()) else {
            return Ok(Decided::Now(None));
        };
        let now = self.decision_time(&stored)?;
        let mut after = stored.account.clone();
        let answer = decide(&mut after, now);
        let transition = Transition::between(&stored, &after, &self.sealer(), &self.writing(author, now))?;
        let Some(transition) = transition else { return Ok(Decided::Now(Some(answer))) };
        let (statement, parameters) = self.decisions.writing(&transition);
        let statement = client.prepare_cached(statement).await?;
        match client.query_opt(&statement, &parameters).await {
            Ok(Some(_)) => Ok(Decided::Now(Some(answer))),
            Ok(None) => Ok(Decided::Overtaken),
            Err(error) if is_over_cap(&error) => Ok(Decided::Overtaken),
            Err(error) => Err(error.into()),
        }
    }

    async fn load(&self, client: &impl GenericClient, wanted: Wanted<'_>) -> Result<Option<Stored>, StoreError> {
        let rows = self.load_rows(client, wanted).await?;
        account_rows::read(&rows, wanted.addresses, &self.sealer(), self.decisions.guarded)
    }

    async fn load_rows(&self, client: &impl GenericClient, wanted: Wanted<'_>) -> Result<Vec<Row>, StoreError> {
        let named: Vec<Uuid> = wanted.challenge.iter().chain(wanted.also).map(|id| id.as_uuid()).collect();
        let key = wanted.idempotency.map(|key| key.as_bytes().to_vec());
        // Without a key no partition needs to be looked into; with one, the rules check the age.
        let from = if key.is_some() { Uuid::nil() } else { Uuid::max() };
        let meters = meters::keys_of(wanted.addresses.iter().cloned(), self.ring())?;
        let statement = client.prepare_cached(&self.decisions.load).await?;
        let (wanted, guards) = (wanted.username.as_str(), &*self.decisions);
        let mut parameters: Parameters<'_> = vec![&wanted, &named, &key, &from, &meters];
        if guards.guarded {
            parameters.extend::<Parameters<'_>>(vec![&guards.places, &guards.closes_prefixes]);
        }
        Ok(client.query(&statement, &parameters).await?)
    }

    /// The moment that a decision about this account is made for: never before its last event.
    fn decision_time(&self, stored: &Stored) -> Result<Timestamp, StoreError> {
        let (now, last) = (self.shift(stored.read_at), stored.account.trail.at);
        if last.since(now) > Duration::from_secs(TOLERANCE_SECONDS) {
            return Err(StoreError::ClockBehind);
        }
        Ok(now.max(last))
    }
}

/// A connection whose answer did not come is not used again: nobody knows what would come next.
pub(super) fn settled<T>(connection: Object, outcome: Result<Result<T, StoreError>, Elapsed>) -> Result<T, StoreError> {
    outcome.unwrap_or_else(|_| {
        drop(Object::take(connection));
        Err(StoreError::Silent)
    })
}

/// What became of one try to decide.
enum Decided<T> {
    /// Decided, and written where something changed; `None`: there is no such account.
    Now(Option<T>),
    /// Another transition was faster: nothing was written.
    Overtaken,
}
