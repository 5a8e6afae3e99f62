//! A log-in whose password only the bank core can check (`identity = "response"`, `api.md` section 6a): who calls is known
//! by the core's own 2xx, which is withheld until a proof comes with a repeat.

use super::{
    Failure, Service,
    operations::{CoreOperation, Hold, TalerChallenge},
};
use crate::domain::{
    refusal::Refusal,
    rules::protect::{Objection, Proof},
};

/// Who this is in the trail: nobody is known yet.
const ACTOR: &str = "customer";

impl Service {
    /// Holds the proof that came with a log-in; `None` when none suffices, of which nothing is told before the core has
    /// checked the password.
    pub async fn begin_log_in(&self, operation: &CoreOperation<'_>) -> Result<Option<Hold>, Failure> {
        self.refuse_spelling(operation.username)?;
        if operation.proof.taler.is_empty() {
            return Ok(None);
        }
        let begun = self.decide_operation(ACTOR, operation, |account, terms| {
            match account.clear(terms, operation.demand, &operation.digest, &operation.proof) {
                Ok(clearance) => self.hold(account, terms, ACTOR, operation, clearance),
                Err(Objection::Reserved { retry_after }) => Err(Refusal::TokenReserved { retry_after }.into()),
                Err(_) => Ok(None),
            }
        });
        begun.await?.unwrap_or(Ok(None))
    }

    /// What becomes of the core's yes, which proved the password, when no proof was held: `None`, it passes, where the
    /// account needs none; otherwise it is withheld, and one of these is to be solved, or the refusal told. Withheld
    /// answers are limited like messages.
    pub async fn judge_log_in(&self, operation: &CoreOperation<'_>) -> Result<Option<Vec<TalerChallenge>>, Failure> {
        self.admit(ACTOR, operation.username).await?;
        let judged = self.decide_operation(ACTOR, operation, |account, terms| {
            match account.clear(terms, operation.demand, &operation.digest, &Proof::default()) {
                Ok(_) => Ok(Ok(None)),
                Err(objection) => {
                    account.withhold(terms)?;
                    // Also an account that can be asked for nothing has begun a session at the core: it is counted.
                    Ok(self.ask(account, terms, None, operation, objection).map(Some))
                }
            }
        });
        judged.await?.unwrap_or_else(|| Err(Refusal::Forbidden.into()))?
    }
}
