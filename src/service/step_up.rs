//! Stepping the calling session up (`api.md` section 7): one of the service's own protected operations.

use super::{Failure, ProtectedRequest, Service};
use crate::{
    domain::{
        caller::{AccessToken, Deed},
        time::Timestamp,
        username::Username,
    },
    message::Phrase,
    storage::datastore::Wanted,
};

impl Service {
    /// Steps the caller's session up, with the one-shot token that came with the request; returns until when. Where
    /// nothing protects the account nothing is asked for, and the step-up ends with the first factor.
    pub async fn step_up(
        &self,
        caller: &AccessToken,
        username: &Username,
        request: &ProtectedRequest,
    ) -> Result<Timestamp, Failure> {
        let minutes = self.limits().step_up_lifetime.as_secs().div_ceil(60);
        self.change(caller, Deed::StepUp, Wanted::account(username), |account, terms| {
            let summary = self.phrase(account, request, &Phrase::StepUp(minutes));
            let cleared = self.clear(account, terms, caller, request, &summary)?;
            Ok(account.step_up(terms, caller.id, caller.expires_at, cleared))
        })
        .await
    }
}
