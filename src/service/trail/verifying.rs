//! The trail held against its MACs: for operators over HTTP, one at a time, and for the command line.

use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};

use super::{Failure, Service, Verdict};
use crate::{
    domain::{
        caller::{AccessToken, Deed},
        username::Username,
    },
    service::permit,
};

/// When it makes sense to ask again for a verification of the whole trail while one runs.
const ASK_AGAIN: Duration = Duration::from_mins(1);

/// The one place of an instance for a verification of the whole trail: it reads every event there is.
pub struct Verifying(Semaphore);

impl Default for Verifying {
    fn default() -> Self {
        Self(Semaphore::new(1))
    }
}

impl Verifying {
    /// The place, until what is returned is dropped; who asks while it is taken is told to come again.
    fn begin(&self) -> Result<SemaphorePermit<'_>, Failure> {
        self.0.try_acquire().map_err(|_| Failure::Busy { retry_after: ASK_AGAIN })
    }
}

impl Service {
    /// What [`Self::verify_trail`] finds, for operators. The whole trail is verified for one at a time; one account's
    /// chain for anyone who may.
    pub async fn show_verdict(&self, caller: &AccessToken, only: Option<&Username>) -> Result<Verdict, Failure> {
        permit(caller, Deed::Operate, &Username::system())?;
        let _place = if only.is_none() { Some(self.0.verifying.begin()?) } else { None };
        self.verify_trail(only).await
    }

    /// Follows every chain of the trail, or one account's, and names the first event that does not fit.
    pub async fn verify_trail(&self, only: Option<&Username>) -> Result<Verdict, Failure> {
        let only = match only {
            Some(username) => Some(self.account_of_trail(username).await?),
            None => None,
        };
        Ok(self.store().verify_trail(only).await?)
    }
}
