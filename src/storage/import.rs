//! Many accounts at once: which of their names are taken, and the new ones written with COPY, a batch in one transaction.

use std::pin::{Pin, pin};

use bytes::{BufMut, BytesMut};
use deadpool_postgres::{Object, Transaction};
use tokio::time::timeout;
use tokio_postgres::{
    Row,
    binary_copy::BinaryCopyInWriter,
    error::SqlState,
    types::{IsNull, ToSql, Type, accepts, to_sql_checked},
};

use super::{
    account_rows::{self, SealedContact},
    columns,
    datastore::{Author, Datastore, settled},
    error::StoreError,
    moment::Moment,
    seal::Column,
    sql,
    transition::{EventColumns, seal_contact},
};
use crate::domain::{
    account::{Account, Contact},
    channel::Channel,
    language::Language,
    time::Timestamp,
    username::Username,
};

/// Statements of a batch, each of which the database may take its whole time for.
const STATEMENTS: u32 = 5;

/// An account whose name was given out.
pub struct Known {
    /// Its name.
    pub username: Username,
    /// Whether it was deleted; it then has no data.
    pub deleted: bool,
    /// Its contact data, in clear.
    pub contact: Contact,
    /// The customer's language.
    pub language: Option<Language>,
    /// Its active channels, each once.
    pub channels: Vec<Channel>,
}

/// A text on its way to a `jsonb` column: JSON as `serde_json` wrote it.
#[derive(Debug)]
struct Jsonb<'a>(&'a str);

impl ToSql for Jsonb<'_> {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        out.put_u8(1); // the version of jsonb's binary form
        out.put_slice(self.0.as_bytes());
        Ok(IsNull::No)
    }

    accepts!(JSONB);
    to_sql_checked!();
}

/// An account, sealed and with its events chained, ready to be copied.
struct Sealed {
    account: Account,
    contact: SealedContact,
    addresses: Vec<Vec<u8>>,
    events: EventColumns,
}

impl Datastore {
    /// Those of these names that were ever given out.
    pub async fn known_accounts(&self, names: &[&str]) -> Result<Vec<Known>, StoreError> {
        let rows = self.query(sql::ACCOUNT_KNOWN, &[&names]).await?;
        rows.iter().map(|row| self.read_known(row)).collect()
    }

    fn read_known(&self, row: &Row) -> Result<Known, StoreError> {
        let sealed = SealedContact {
            phone: row.try_get("contact_phone")?,
            email: row.try_get("contact_email")?,
            meters: Vec::new(),
        };
        let mut kinds: Vec<&str> = row.try_get("kinds")?;
        kinds.dedup();
        Ok(Known {
            username: Username::stored(row.try_get("username")?),
            deleted: row.try_get("is_deleted")?,
            contact: account_rows::read_contact(row.try_get("account_id")?, &sealed, &self.sealer())?,
            language: row.try_get::<_, Option<&str>>("language")?.and_then(Language::parse),
            channels: kinds.into_iter().map(columns::channel).collect::<Result<_, _>>()?,
        })
    }

    /// Writes new accounts with their channels and first events, all of them or none. `false`, and none, when a name was
    /// given out meanwhile.
    pub async fn create_all(
        &self,
        accounts: Vec<Account>,
        author: Author<'_>,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let sealed = self.seal_all(accounts, author.actor.to_owned(), now).await?;
        let mut connection = self.connection().await?;
        let outcome = timeout(self.patience() * STATEMENTS, copy(&mut connection, &sealed, author.actor, now)).await;
        settled(connection, outcome)
    }

    /// Sealing is work for a processor: it is done where it holds nobody up.
    async fn seal_all(
        &self,
        mut accounts: Vec<Account>,
        actor: String,
        now: Timestamp,
    ) -> Result<Vec<Sealed>, StoreError> {
        // Two batches with the same names wait for each other in one order, so never in a circle.
        accounts.sort_by(|one, other| one.username.cmp(&other.username));
        let store = self.clone();
        let sealing = tokio::task::spawn_blocking(move || {
            accounts.into_iter().map(|account| store.seal_account(account, &actor, now)).collect()
        });
        match sealing.await.map_err(tokio::task::JoinError::try_into_panic) {
            Ok(sealed) => sealed,
            Err(Ok(panic)) => std::panic::resume_unwind(panic),
            // The program ends.
            Err(Err(_)) => Err(StoreError::Silent),
        }
    }

    fn seal_account(&self, account: Account, actor: &str, now: Timestamp) -> Result<Sealed, StoreError> {
        let (id, sealer) = (account.id.as_uuid(), self.sealer());
        let events = EventColumns::chain(&account, &sealer, &self.writing(Author::durable(actor), now))?;
        let address = |active: &crate::domain::factor::ActiveChannel| {
            sealer.seal(Column::ChannelAddress(id, active.address.channel()), active.address.reveal())
        };
        let addresses = account.channels.iter().map(address).collect::<Result<_, _>>()?;
        Ok(Sealed { contact: seal_contact(&account, &sealer)?, addresses, events, account })
    }
}

/// One transaction. Whoever gave out one of the names meanwhile was faster: nothing is written then.
async fn copy(connection: &mut Object, sealed: &[Sealed], actor: &str, now: Timestamp) -> Result<bool, StoreError> {
    let transaction = connection.transaction().await?;
    let copied = async {
        copy_accounts(&transaction, sealed, now).await?;
        copy_channels(&transaction, sealed).await?;
        copy_events(&transaction, sealed, actor, now).await
    };
    match copied.await {
        Ok(()) => {
            transaction.commit().await?;
            Ok(true)
        }
        Err(StoreError::Database(error)) if is_overtaken(&error) => {
            transaction.rollback().await?;
            Ok(false)
        }
        Err(error) => Err(error),
    }
}

/// Whether somebody else was faster, or is at it: looking anew shows what to do.
fn is_overtaken(error: &tokio_postgres::Error) -> bool {
    let codes = [SqlState::UNIQUE_VIOLATION, SqlState::T_R_DEADLOCK_DETECTED, SqlState::LOCK_NOT_AVAILABLE];
    error.code().is_some_and(|code| codes.contains(code))
}

async fn copy_accounts(transaction: &Transaction<'_>, sealed: &[Sealed], now: Timestamp) -> Result<(), StoreError> {
    let types = [
        Type::UUID,
        Type::TEXT,
        Type::BYTEA,
        Type::BYTEA,
        Type::BYTEA_ARRAY,
        Type::TEXT,
        Type::INT8,
        Type::BYTEA,
        Type::TIMESTAMPTZ,
        Type::TIMESTAMPTZ,
    ];
    let mut writer = pin!(BinaryCopyInWriter::new(transaction.copy_in(sql::ACCOUNT_COPY).await?, &types));
    for Sealed { account, contact, events, .. } in sealed {
        let row: [&(dyn ToSql + Sync); 10] = [
            &account.id.as_uuid(),
            &account.username.as_str(),
            &contact.phone,
            &contact.email,
            &contact.meters,
            &account.language.as_ref().map(Language::as_str),
            &events.head.sequence,
            &events.head.mac.as_slice(),
            &Moment(events.head.at),
            &Moment(now),
        ];
        writer.as_mut().write(&row).await?;
    }
    finish(writer).await
}

async fn copy_channels(transaction: &Transaction<'_>, sealed: &[Sealed]) -> Result<(), StoreError> {
    let types = [Type::UUID, Type::TEXT, Type::BYTEA, Type::TIMESTAMPTZ];
    let mut writer = pin!(BinaryCopyInWriter::new(transaction.copy_in(sql::ACCOUNT_COPY_CHANNELS).await?, &types));
    for Sealed { account, addresses, .. } in sealed {
        for (active, address) in account.channels.iter().zip(addresses) {
            let (id, channel, since) = (account.id.as_uuid(), active.address.channel().name(), Moment(active.since));
            writer.as_mut().write(&[&id, &channel, address, &since]).await?;
        }
    }
    finish(writer).await
}

async fn copy_events(
    transaction: &Transaction<'_>,
    sealed: &[Sealed],
    actor: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let types =
        [Type::UUID, Type::INT8, Type::TIMESTAMPTZ, Type::TEXT, Type::TEXT, Type::JSONB, Type::INT2, Type::BYTEA];
    let mut writer = pin!(BinaryCopyInWriter::new(transaction.copy_in(sql::ACCOUNT_COPY_EVENTS).await?, &types));
    for Sealed { account, events, .. } in sealed {
        let (id, at, key) = (account.id.as_uuid(), Moment(now), events.key());
        for (sequence, kind, details, mac) in events.rows() {
            let row: [&(dyn ToSql + Sync); 8] = [&id, &sequence, &at, &kind, &actor, &Jsonb(details), &key, &mac];
            writer.as_mut().write(&row).await?;
        }
    }
    finish(writer).await
}

async fn finish(writer: Pin<&mut BinaryCopyInWriter>) -> Result<(), StoreError> {
    writer.finish().await?;
    Ok(())
}
