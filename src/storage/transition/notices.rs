//! The notices that a transition posts, and those that it ends.

use uuid::Uuid;

use super::{Parameters, small};
use crate::{
    domain::{account::Account, id::TransmissionId, notice::PostedNotice},
    storage::{
        error::StoreError,
        moment::Moment,
        seal::{Column, Sealer},
    },
};

/// $112 to $121: notices that are posted, and those that are over.
#[derive(Default)]
pub(super) struct NoticeColumns {
    ids: Vec<Uuid>,
    kinds: Vec<&'static str>,
    channels: Vec<&'static str>,
    addresses: Vec<Vec<u8>>,
    references: Vec<String>,
    languages: Vec<Option<String>>,
    made_at: Vec<Moment>,
    due_at: Vec<Moment>,
    tries: Vec<i16>,
    concluded: Vec<Uuid>,
}

impl NoticeColumns {
    pub(super) fn of(after: &Account, sealer: &Sealer<'_>) -> Result<Self, StoreError> {
        let concluded = after.concluded.iter().map(|id| id.as_uuid()).collect();
        let mut columns = Self { concluded, ..Self::default() };
        for posted in &after.posted {
            columns.put(after, posted, sealer)?;
        }
        Ok(columns)
    }

    fn put(&mut self, account: &Account, posted: &PostedNotice, sealer: &Sealer<'_>) -> Result<(), StoreError> {
        let PostedNotice { id, notice, reference, language, made_at, due_at, tries } = posted;
        let column = Column::NoticeAddress(account.id.as_uuid(), TransmissionId::as_uuid(*id));
        self.ids.push(id.as_uuid());
        self.kinds.push(notice.kind.name());
        self.channels.push(notice.address.channel().name());
        self.addresses.push(sealer.seal(column, notice.address.reveal())?);
        self.references.push(reference.as_str().to_owned());
        self.languages.push(language.as_ref().map(ToString::to_string));
        self.made_at.push(Moment(*made_at));
        self.due_at.push(Moment(*due_at));
        self.tries.push(small(*tries));
        Ok(())
    }

    pub(super) fn is_of_any(&self) -> bool {
        !self.ids.is_empty() || !self.concluded.is_empty()
    }

    pub(super) fn parameters(&self) -> Parameters<'_> {
        parameters![
            self.ids,
            self.kinds,
            self.channels,
            self.addresses,
            self.references,
            self.languages,
            self.made_at,
            self.due_at,
            self.tries,
            self.concluded,
        ]
    }
}
