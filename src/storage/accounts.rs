//! Accounts as operators make and list them.

use super::{
    account_rows::{self, SealedContact},
    columns,
    datastore::{Author, Datastore},
    error::StoreError,
    moment::Moment,
    seal::Column,
    sql,
    transition::{EventColumns, seal_contact},
};
use crate::domain::{
    account::{Account, Contact},
    channel::Channel,
    id::AccountId,
    language::Language,
    time::Timestamp,
    username::Username,
};

/// An account as a list shows it.
pub struct Listed {
    /// Its name.
    pub username: Username,
    /// Its contact data, in clear.
    pub contact: Contact,
    /// The customer's language.
    pub language: Option<Language>,
    /// When its latest block ends or ended.
    pub blocked_until: Option<Timestamp>,
    /// Its active channels, by name; one that has several devices as often.
    pub channels: Vec<Channel>,
}

/// Which part of the list.
pub struct Page<'a> {
    /// What the names begin with.
    pub filter: &'a str,
    /// The name behind which it begins; `None`: with the first.
    pub behind: Option<&'a Username>,
    /// How many at most.
    pub limit: i64,
    /// How many are passed over.
    pub offset: i64,
}

/// Whether there is an account of a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// There never was.
    Absent,
    /// There is.
    There,
    /// There was; the name is not given out again.
    Deleted,
}

impl Datastore {
    /// Whether there is an account of that name, with the moment it was read.
    pub async fn presence(&self, username: &Username) -> Result<(Presence, Timestamp), StoreError> {
        let rows = self.query(sql::ACCOUNT_PRESENCE, &[&username.as_str()]).await?;
        let row = rows.first().ok_or(StoreError::Corrupt("no answer about an account's presence"))?;
        let read_at = self.shift(row.try_get::<_, Moment>("read_at")?.0);
        let presence = match (row.try_get("is_given_out")?, row.try_get("is_deleted")?) {
            (false, _) => Presence::Absent,
            (true, false) => Presence::There,
            (true, true) => Presence::Deleted,
        };
        Ok((presence, read_at))
    }

    /// Writes a new account with its channels and first events. `false` when the username is taken.
    pub async fn create(&self, account: &Account, author: Author<'_>, now: Timestamp) -> Result<bool, StoreError> {
        let events = EventColumns::chain(account, &self.sealer(), &self.writing(author, now))?;
        let SealedContact { phone, email, meters } = seal_contact(account, &self.sealer())?;
        let language = account.language.as_ref().map(ToString::to_string);
        let (mut kinds, mut addresses) = (Vec::new(), Vec::new());
        for active in &account.channels {
            let channel = active.address.channel();
            kinds.push(channel.name());
            addresses.push(
                self.sealer().seal(Column::ChannelAddress(account.id.as_uuid(), channel), active.address.reveal())?,
            );
        }
        let (id, username, mac, at) =
            (account.id.as_uuid(), account.username.as_str(), events.head.mac.to_vec(), Moment(now));
        let mut parameters: super::transition::Parameters<'_> =
            vec![&id, &username, &phone, &email, &language, &events.head.sequence, &mac, &at, &kinds, &addresses];
        parameters.extend(events.creation_parameters());
        parameters.push(&meters);
        Ok(!self.query(sql::ACCOUNT_CREATE, &parameters).await?.is_empty())
    }

    /// The accounts whose names begin with the page's filter, by name.
    pub async fn list(&self, page: &Page<'_>) -> Result<Vec<Listed>, StoreError> {
        // `~` is the last character a username can have, so this is behind every name that begins with the filter.
        let end = format!("{}\u{7f}", page.filter);
        let behind = page.behind.map_or("", Username::as_str);
        let rows = self.query(sql::ACCOUNT_LIST, &[&page.filter, &end, &page.limit, &page.offset, &behind]).await?;
        rows.iter().map(|row| self.read_listed(row)).collect()
    }

    fn read_listed(&self, row: &tokio_postgres::Row) -> Result<Listed, StoreError> {
        let sealed = SealedContact {
            phone: row.try_get("contact_phone")?,
            email: row.try_get("contact_email")?,
            meters: Vec::new(),
        };
        let kinds: Vec<&str> = row.try_get("kinds")?;
        Ok(Listed {
            username: Username::stored(row.try_get("username")?),
            contact: account_rows::read_contact(row.try_get("account_id")?, &sealed, &self.sealer())?,
            language: row.try_get::<_, Option<&str>>("language")?.and_then(Language::parse),
            blocked_until: columns::moment(row, "blocked_until")?,
            channels: kinds.into_iter().map(columns::channel).collect::<Result<_, _>>()?,
        })
    }

    /// A new account's id is not in use: `UUIDv7` of that moment.
    #[must_use]
    pub fn new_account_id(&self, now: Timestamp) -> AccountId {
        AccountId::new(now, self.sealer().chance)
    }
}
