//! The audit trail: written for what belongs to no account, listed for operators, verified, and
//! witnessed by checkpoints outside of the database.

mod checkpointing;
mod known;
mod listing;
mod verifying;

pub use self::{
    checkpointing::{Beginning, CheckpointError, Checkpointed, Checkpoints},
    listing::{EventQuery, Export},
    verifying::{Verdict, Verifying},
};
use super::{Failure, Service};
pub use crate::storage::{
    checkpoint_file::CheckpointFile,
    trail::{Entry, Position},
};
use crate::{
    domain::{event::Event, id::AccountId, refusal::Refusal, username::Username},
    storage::datastore::{Author, Wanted},
};

impl Service {
    /// Writes an event of the service that belongs to no account.
    pub async fn note_event(&self, event: &Event) -> Result<(), Failure> {
        self.note_system_event("service", event.clone()).await
    }

    /// Writes an event that belongs to no account.
    pub(super) async fn note_system_event(&self, actor: &str, event: Event) -> Result<(), Failure> {
        let system = Username::system();
        let noted = self.store().transact(Wanted::account(&system), Author::durable(actor), |account, _| {
            account.note(event.clone());
        });
        noted.await?.ok_or(Failure::Unavailable)
    }

    /// The id of an account, be it deleted.
    async fn account_of_trail(&self, username: &Username) -> Result<AccountId, Failure> {
        let found = self.store().look(Wanted::account(username), |account, _| account.id).await?;
        Ok(found.ok_or(Refusal::UnknownAccount)?)
    }
}
