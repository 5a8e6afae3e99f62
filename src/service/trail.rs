//! The audit trail: verified, and written for what belongs to no account.

use super::{Failure, Service};
pub use crate::storage::trail::Verdict;
use crate::{
    domain::{
        event::{Event, EventKind},
        refusal::Refusal,
        username::Username,
    },
    storage::datastore::{Author, Wanted},
};

impl Service {
    /// Follows every chain of the trail, or one account's, and names the first event that does not fit.
    pub async fn verify_trail(&self, only: Option<&Username>) -> Result<Verdict, Failure> {
        let only = match only {
            Some(username) => {
                let account = self.store().look(Wanted::account(username), |account, _| account.id).await?;
                Some(account.ok_or(Refusal::UnknownAccount)?)
            }
            None => None,
        };
        Ok(self.store().verify_trail(only).await?)
    }

    /// Writes an event of the service that belongs to no account.
    pub async fn note_system(&self, kind: EventKind, name: &'static str, value: &str) -> Result<(), Failure> {
        self.note_system_event("service", Event::of(kind).with(name, value)).await
    }

    /// Writes an event that belongs to no account.
    pub(super) async fn note_system_event(&self, actor: &str, event: Event) -> Result<(), Failure> {
        let system = Username::system();
        let noted = self.store().transact(Wanted::account(&system), Author::durable(actor), |account, _| {
            account.note(event.clone());
        });
        noted.await?.ok_or(Failure::Unavailable)
    }
}
