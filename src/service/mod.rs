//! The use cases: each loads, lets the domain decide, writes and sends. No HTTP, no SQL, no rule of its own.

mod accounts;
mod api_tokens;
mod back_channel;
mod challenges;
mod channels;
mod contact;
mod customers;
mod factors;
mod failure;
#[cfg(test)]
pub(crate) mod fixture;
mod import;
mod lapses;
mod listing;
mod log_in;
mod message;
mod notices;
mod operations;
mod outlook;
mod protection;
mod pumping;
mod retention;
mod sending;
mod settlement;
mod step_up;
mod takeover;
mod taler;
mod tokens;
mod traffic;
mod trail;
mod warning;

use std::sync::Arc;

use futures_util::future::join_all;
use tokio::{runtime::Handle, sync::Semaphore, task::JoinHandle};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

pub use accounts::{AccountListing, Created, NewAccount};
pub use back_channel::{AheadOfTime, Reserved};
pub use challenges::{ChallengeRequest, Confirmed};
pub use channels::{ChannelListing, ChannelRow, Enrolment, Pending};
pub use contact::{ContactPatch, Edit, Patched};
pub use customers::{Customers, Spelling};
pub use factors::DeviceEnrolment;
pub use failure::Failure;
pub use import::{Import, ImportMode, ImportRefusal, ImportTally, Imported};
pub use listing::{Part, WantedAccounts};
use notices::Posted;
pub use operations::{Cleared, CoreOperation, Hold, TalerChallenge};
pub use protection::ProtectedRequest;
pub use retention::{Removed, Sweep, SweepMode};
pub use settlement::Settlement;
pub use tokens::{Minted, TokenRequest};
pub use traffic::{PrefixFigures, Statistics};
pub use trail::{
    Beginning, CheckpointError, CheckpointFile, Checkpointed, Checkpoints, Entry, EventQuery, Export, Position, Verdict,
};
pub use warning::Loss;

use crate::{
    channel::Outlets,
    domain::{
        account::{Account, Terms},
        assurance::{Assurance, NamedDemand},
        caller::{AccessToken, Deed, Provenance},
        chance::Chance,
        channel::Strengths,
        event::EventKind,
        keys::KeyRing,
        limits::Limits,
        policy::Policy,
        refusal::Refusal,
        time::Timestamp,
        username::Username,
    },
    identity::local::LocalIdentity,
    message::Catalog,
    storage::datastore::{Author, Datastore, Wanted},
};

/// What the bank calls itself in messages.
#[derive(Clone, Debug)]
pub struct Bank {
    /// Its name.
    pub name: String,
    /// The host that closes SMS texts (`@host #TAN`), if one is configured.
    pub host: Option<String>,
    /// How customers reach it, as the operator words it, if he does.
    pub contact: Option<String>,
}

/// What the service is made of.
pub struct Parts {
    /// The database.
    pub store: Datastore,
    /// The keys.
    pub ring: Arc<KeyRing>,
    /// Chance.
    pub chance: Arc<dyn Chance>,
    /// The ways out.
    pub outlets: Outlets,
    /// The limits.
    pub limits: Arc<Limits>,
    /// The strength of each channel.
    pub strengths: Strengths,
    /// What else the bank has decided about channels.
    pub policy: Policy,
    /// The bank.
    pub bank: Bank,
    /// What messages say.
    pub catalog: Arc<Catalog>,
    /// What the service's own protected operations ask for.
    pub own_operations: Assurance,
    /// The bank core's protected operations.
    pub core_operations: Vec<NamedDemand>,
    /// Where customers are known.
    pub customers: Customers,
    /// Where checkpoints of the trail are kept; `None`: nowhere.
    pub checkpoints: Option<Checkpoints>,
    /// Where messages are handed over: the program's own threads, which outlive those that serve a listener.
    pub runtime: Handle,
}

/// The use cases. Cheap to clone.
#[derive(Clone)]
pub struct Service(Arc<Inner>);

struct Inner {
    parts: Parts,
    identity: LocalIdentity,
    /// Sends, notices and settlements in flight; waited for at the end.
    tasks: TaskTracker,
    verifying: trail::Verifying,
    /// Bounds how many notices are sent at once.
    notice_turns: Semaphore,
    /// The end has begun: what waits to be tried again is tried a last time.
    closing: CancellationToken,
}

impl Service {
    /// The use cases over these parts.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        let identity = LocalIdentity::new(parts.store.clone());
        let (tasks, verifying) = (TaskTracker::new(), trail::Verifying::default());
        let notice_turns = Semaphore::new(notices::AT_ONCE);
        Self(Arc::new(Inner { parts, identity, tasks, verifying, notice_turns, closing: CancellationToken::new() }))
    }

    /// The limits in force.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.0.parts.limits
    }

    /// Waits until every message in flight is recorded, ends what transports have running, and writes what was counted.
    pub async fn finish(&self) {
        self.0.closing.cancel();
        self.0.tasks.close();
        self.0.tasks.wait().await;
        join_all(self.0.parts.outlets.iter().map(|(_, outlet)| outlet.end())).await;
        if self.write_traffic().await.is_err() {
            tracing::warn!("the counts of the last second could not be written and are lost");
        }
        if self.write_uses().await.is_err() {
            tracing::warn!("which access tokens were used in the last minute could not be written and is lost");
        }
    }

    fn store(&self) -> &Datastore {
        &self.0.parts.store
    }

    fn chance(&self) -> &dyn Chance {
        &*self.0.parts.chance
    }

    fn ring(&self) -> &KeyRing {
        &self.0.parts.ring
    }

    fn terms(&self, now: Timestamp) -> Terms<'_> {
        let Parts { strengths, policy, .. } = self.0.parts;
        Terms { now, limits: &self.0.parts.limits, strengths, policy }
    }

    /// Runs `task` to its end, whoever waits for it.
    fn spawn<T: Send + 'static>(&self, task: impl Future<Output = T> + Send + 'static) -> JoinHandle<T> {
        self.0.tasks.spawn_on(task, &self.0.parts.runtime)
    }

    /// Permission, then a transition of the account in the caller's name, as [`reverting`] says.
    async fn change<T>(
        &self,
        caller: &AccessToken,
        deed: Deed,
        wanted: Wanted<'_>,
        mut decide: impl FnMut(&mut Account, &Terms<'_>) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        permit(caller, deed, wanted.username)?;
        let actor = caller.actor();
        let decided = self.decide(wanted, &actor, |account, terms| decide(account, terms)).await?;
        decided.unwrap_or_else(|| Err(no_account(caller)))
    }

    /// A transition of the account in the name of `actor`, as [`reverting`] says; then what it posted is sent.
    async fn decide<T>(
        &self,
        wanted: Wanted<'_>,
        actor: &str,
        mut decide: impl FnMut(&mut Account, &Terms<'_>) -> Result<T, Failure>,
    ) -> Result<Option<Result<T, Failure>>, Failure> {
        let mut posted = Posted::default();
        let deciding = posted.of(reverting(|account, now| decide(account, &self.terms(now))));
        let decided = self.store().transact(wanted, Author::durable(actor), deciding).await?;
        self.send_posted(posted);
        measure(decided.as_ref());
        Ok(decided)
    }

    /// Permission, then a look at the account.
    async fn show<T>(
        &self,
        caller: &AccessToken,
        deed: Deed,
        wanted: Wanted<'_>,
        look: impl FnOnce(&Account, &Terms<'_>) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        permit(caller, deed, wanted.username)?;
        let seen = self
            .store()
            .look(wanted, |account, now| account.deleted_at.is_none().then(|| look(account, &self.terms(now))))
            .await?;
        seen.flatten().unwrap_or_else(|| Err(no_account(caller)))
    }
}

/// A decision whose failure changes nothing, but that a token which came with another operation is void from then on, and
/// that what a limit refused is counted.
fn reverting<T>(
    mut decide: impl FnMut(&mut Account, Timestamp) -> Result<T, Failure>,
) -> impl FnMut(&mut Account, Timestamp) -> Result<T, Failure> {
    move |account, now| {
        let before = account.clone();
        let decision = decide(account, now);
        let mismatched = account.events.iter().any(|event| event.kind == EventKind::TokenMismatched);
        if decision.is_err() && !mismatched {
            *account = before;
        }
        if let Err(Failure::Refused(refusal)) = &decision {
            account.count_refusal(now, refusal);
        }
        decision
    }
}

/// Counts what a limit refused, for operators' metrics.
fn measure<T>(decided: Option<&Result<T, Failure>>) {
    let Some(Err(Failure::Refused(refusal))) = decided else { return };
    if let Some(limit) = refusal.limit() {
        measure_refusal(limit);
    }
}

fn measure_refusal(limit: &'static str) {
    metrics::counter!("tanager_refusals_total", "limit" => limit).increment(1);
}

fn permit(caller: &AccessToken, deed: Deed, username: &Username) -> Result<(), Failure> {
    caller.may(deed, username).map_err(|_| Failure::Refused(Refusal::Forbidden))
}

/// An operator is told; a customer's access token ended with the account, a foreign credential did not.
fn no_account(caller: &AccessToken) -> Failure {
    match (caller.scope.is_of_account(), caller.provenance) {
        (false, _) => Failure::Refused(Refusal::UnknownAccount),
        (true, Provenance::Local) => Failure::Unauthenticated,
        (true, Provenance::Foreign(_)) => Failure::Refused(Refusal::Forbidden),
    }
}
