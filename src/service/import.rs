//! Accounts made from a list, batch by batch: each row is held to the rules of one that an operator makes, those that are
//! there already are compared, and a batch is written whole or not at all.

use std::{collections::HashMap, time::Duration};

use super::{Failure, NewAccount, Service};
use crate::{
    domain::{
        account::{Account, Contact},
        address::AddressError,
        channel::Channel,
        event::{Event, EventKind},
        language::Language,
        refusal::Refusal,
        secret::SecretHash,
        username::Username,
    },
    storage::{datastore::Author, import::Known},
};

/// How often a batch is looked at anew when somebody else gave out one of its names meanwhile.
const TRIES: usize = 8;

/// Whether an import writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImportMode {
    /// Accounts are made.
    Write,
    /// Everything is checked, nothing is written.
    Rehearse,
}

/// What became of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Imported {
    /// Its account was made, or would be.
    Created,
    /// Its account is there with the same data.
    Unchanged,
    /// Nothing was done.
    Refused(ImportRefusal),
}

/// Why nothing was done for a row. The sentences never say an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ImportRefusal {
    /// No account may have such a name here.
    #[error("username: it is not spelled as usernames are here; see [identity] username_case and username_pattern")]
    Spelling,
    /// No message would be sent to the number.
    #[error("phone: {0}")]
    Address(AddressError),
    /// The channel cannot be active here.
    #[error("tan_channels: the channel {0} is not configured here")]
    ChannelNotConfigured(Channel),
    /// The channel has no address.
    #[error("tan_channels: the row has no address for the channel {0}")]
    NoAddress(Channel),
    /// The account is there, otherwise.
    #[error("the account exists with other data; nothing was changed")]
    OtherData,
    /// A row before says otherwise.
    #[error("an earlier row has the same username with other data")]
    OtherRow,
    /// The customer left.
    #[error("the username belonged to an account that was deleted; it is not given out again")]
    Deleted,
}

/// How many rows came to what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ImportTally {
    /// Accounts made.
    pub created: u64,
    /// Accounts that were there with the same data.
    pub unchanged: u64,
    /// Rows that nothing was done for.
    pub bad: u64,
}

/// What is known of a name before its row is looked at. Data is compared by its hash.
enum Taken {
    Deleted,
    There(SecretHash),
    EarlierRow(SecretHash),
}

/// An import under way.
pub struct Import {
    service: Service,
    actor: String,
    mode: ImportMode,
    /// What a rehearsal would have made so far: nothing in the database tells of it.
    rehearsed: HashMap<Username, SecretHash>,
}

impl Service {
    /// Begins an import in the name of `actor`.
    #[must_use]
    pub fn begin_import(&self, actor: &str, mode: ImportMode) -> Import {
        Import { service: self.clone(), actor: actor.to_owned(), mode, rehearsed: HashMap::new() }
    }

    /// What the rules have against a row, whatever accounts there are.
    fn refuse_row(&self, row: &NewAccount) -> Result<(), ImportRefusal> {
        self.refuse_spelling(&row.username).map_err(|_| ImportRefusal::Spelling)?;
        for address in row.contact.addresses() {
            self.refuse_unserved(&address).map_err(|refusal| match refusal {
                Refusal::AddressInvalid(error) => ImportRefusal::Address(error),
                _ => ImportRefusal::Address(AddressError::NotServed),
            })?;
        }
        for channel in &row.channels {
            self.outlet(*channel).map_err(|_| ImportRefusal::ChannelNotConfigured(*channel))?;
            row.contact.of(*channel).ok_or(ImportRefusal::NoAddress(*channel))?;
        }
        Ok(())
    }
}

impl Import {
    /// Does one batch: what became of each row, in their order. When this fails, nothing of the batch was written or,
    /// after a lost connection, that is not known; doing the batch again is safe.
    pub async fn take(&mut self, rows: &[NewAccount]) -> Result<Vec<Imported>, Failure> {
        for _ in 0..TRIES {
            if let Some(outcomes) = self.take_once(rows).await? {
                return Ok(outcomes);
            }
        }
        Err(Failure::Busy { retry_after: Duration::from_secs(1) })
    }

    /// `None` when somebody else gave out one of the names meanwhile: nothing was written.
    async fn take_once(&mut self, rows: &[NewAccount]) -> Result<Option<Vec<Imported>>, Failure> {
        let mut taken = self.taken(rows).await?;
        let now = self.service.store().now().await?;
        let (mut outcomes, mut made) = (Vec::with_capacity(rows.len()), Vec::new());
        for row in rows {
            let outcome = self.judge(row, &mut taken);
            if outcome == Imported::Created {
                made.push(self.service.build_account(row, now)?);
            }
            outcomes.push(outcome);
        }
        let done = match self.mode {
            ImportMode::Rehearse => {
                self.rehearsed.extend(made.iter().map(|account| (account.username.clone(), fingerprint_of(account))));
                true
            }
            ImportMode::Write if made.is_empty() => true,
            ImportMode::Write => self.service.store().create_all(made, Author::durable(&self.actor), now).await?,
        };
        Ok(done.then_some(outcomes))
    }

    async fn taken(&self, rows: &[NewAccount]) -> Result<HashMap<Username, Taken>, Failure> {
        let names: Vec<&str> = rows.iter().map(|row| row.username.as_str()).collect();
        let known = self.service.store().known_accounts(&names).await?;
        let mut taken: HashMap<Username, Taken> = known.into_iter().map(in_database).collect();
        for row in rows {
            if let Some(data) = self.rehearsed.get(&row.username) {
                taken.entry(row.username.clone()).or_insert(Taken::EarlierRow(*data));
            }
        }
        Ok(taken)
    }

    fn judge(&self, row: &NewAccount, taken: &mut HashMap<Username, Taken>) -> Imported {
        if let Err(refusal) = self.service.refuse_row(row) {
            return Imported::Refused(refusal);
        }
        let data = fingerprint(&row.contact, row.language.as_ref(), &row.channels);
        match taken.get(&row.username) {
            None => {
                taken.insert(row.username.clone(), Taken::EarlierRow(data));
                Imported::Created
            }
            Some(Taken::Deleted) => Imported::Refused(ImportRefusal::Deleted),
            Some(Taken::There(known) | Taken::EarlierRow(known)) if *known == data => Imported::Unchanged,
            Some(Taken::There(_)) => Imported::Refused(ImportRefusal::OtherData),
            Some(Taken::EarlierRow(_)) => Imported::Refused(ImportRefusal::OtherRow),
        }
    }

    /// Writes to the trail what came of the rows of that file. A rehearsal leaves no trace.
    pub async fn finish(self, file: &str, tally: &ImportTally) -> Result<(), Failure> {
        if self.mode == ImportMode::Rehearse {
            return Ok(());
        }
        let event = Event::of(EventKind::AccountsImported)
            .with("file", file)
            .with("created", tally.created.to_string())
            .with("unchanged", tally.unchanged.to_string())
            .with("bad", tally.bad.to_string());
        self.service.note_system_event(&self.actor, event).await
    }
}

impl ImportTally {
    /// Counts what became of one row.
    pub fn count(&mut self, outcome: Imported) {
        let counted = match outcome {
            Imported::Created => &mut self.created,
            Imported::Unchanged => &mut self.unchanged,
            Imported::Refused(_) => &mut self.bad,
        };
        *counted += 1;
    }

    /// All rows.
    #[must_use]
    pub const fn rows(&self) -> u64 {
        self.created + self.unchanged + self.bad
    }
}

fn in_database(known: Known) -> (Username, Taken) {
    let made: Vec<Channel> = known.channels.iter().copied().filter(|channel| channel.transmits()).collect();
    let data = fingerprint(&known.contact, known.language.as_ref(), &made);
    (known.username, if known.deleted { Taken::Deleted } else { Taken::There(data) })
}

fn fingerprint_of(account: &Account) -> SecretHash {
    let channels: Vec<Channel> = account.channels.iter().map(|active| active.address.channel()).collect();
    fingerprint(&account.contact, account.language.as_ref(), &channels)
}

/// Equal for equal data, whatever the order of the channels. No part can hold the separator.
fn fingerprint(contact: &Contact, language: Option<&Language>, channels: &[Channel]) -> SecretHash {
    let mut names: Vec<&str> = channels.iter().map(|channel| channel.name()).collect();
    names.sort_unstable();
    let phone = contact.phone.as_ref().map_or("", |phone| phone.reveal());
    let email = contact.email.as_ref().map_or("", |mailbox| mailbox.reveal());
    let language = language.map_or("", Language::as_str);
    SecretHash::of(&[phone, email, language, &names.join(" ")].join("\n"))
}
