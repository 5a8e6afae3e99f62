//! The service's own access tokens.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use moka::sync::Cache;

use crate::{
    domain::{caller::AccessToken, id::AccessTokenId, secret::SecretHash, time::Timestamp, username::Username},
    storage::{datastore::Datastore, error::StoreError},
};

/// How long a look-up is remembered: an access token that ends on another instance is refused here within it.
const REMEMBERED_FOR: Duration = Duration::from_secs(3);
/// Look-ups remembered at once.
const REMEMBERED: u64 = 100_000;

/// A look-up, and when it was made by either clock.
#[derive(Clone)]
struct Known {
    token: AccessToken,
    read: Timestamp,
    at: Instant,
}

impl Known {
    /// The moment, as far as this look-up knows it.
    fn now(&self) -> Timestamp {
        self.read.plus(self.at.elapsed())
    }

    fn is_valid(&self) -> bool {
        self.now() < self.token.expires_at
    }
}

/// When access tokens were last used: each at most once, however often it is used.
pub type Uses = BTreeMap<AccessTokenId, Timestamp>;

/// Finds callers by the hash of their access token. Only hits are remembered: a new token works at once.
#[derive(Clone)]
pub struct LocalIdentity {
    store: Datastore,
    known: Cache<[u8; 32], Known>,
    /// What is not written yet: no request waits for that.
    uses: Arc<Mutex<Uses>>,
}

impl LocalIdentity {
    /// Over this datastore.
    #[must_use]
    pub fn new(store: Datastore) -> Self {
        let known = Cache::builder()
            .max_capacity(REMEMBERED)
            .time_to_live(REMEMBERED_FOR)
            .support_invalidation_closures()
            .build();
        Self { store, known, uses: Arc::default() }
    }

    /// The caller whose access token this is; `None` when it is unknown, expired or ended.
    pub async fn caller(&self, presented: &SecretHash) -> Result<Option<AccessToken>, StoreError> {
        let known = match self.known.get(presented.as_bytes()) {
            Some(known) => Some(known),
            None => self.look_up(presented).await?,
        };
        let known = known.filter(Known::is_valid);
        if let Some(known) = &known {
            self.note_use(known.token.id, known.now());
        }
        Ok(known.map(|known| known.token))
    }

    async fn look_up(&self, presented: &SecretHash) -> Result<Option<Known>, StoreError> {
        let Some((token, read)) = self.store.find_access_token(presented).await? else { return Ok(None) };
        let known = Known { token, read, at: Instant::now() };
        if known.is_valid() {
            self.known.insert(*presented.as_bytes(), known.clone());
        }
        Ok(Some(known))
    }

    /// The uses since this was last asked: whoever takes them writes them, or notes them again.
    #[must_use]
    pub fn take_uses(&self) -> Uses {
        std::mem::take(&mut *self.uses())
    }

    /// Notes a use that is to be written; a later one that is noted already stays.
    pub fn note_use(&self, id: AccessTokenId, at: Timestamp) {
        let mut uses = self.uses();
        let noted = uses.entry(id).or_insert(at);
        *noted = at.max(*noted);
    }

    fn uses(&self) -> MutexGuard<'_, Uses> {
        self.uses.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Forgets an access token that was ended here, so that it is refused at once.
    pub fn forget(&self, ended: AccessTokenId) {
        self.forget_where(move |token| token.id == ended);
    }

    /// Forgets every access token of an account.
    pub fn forget_all(&self, owner: &Username) {
        let owner = owner.clone();
        self.forget_where(move |token| token.owner.as_ref() == Some(&owner));
    }

    fn forget_where(&self, ended: impl Fn(&AccessToken) -> bool + Send + Sync + 'static) {
        // The closure is registered at once and consulted on each look-up from then on. It cannot fail: the cache is
        // built with support for it.
        if let Err(error) = self.known.invalidate_entries_if(move |_, known| ended(&known.token)) {
            tracing::error!(error = %error, "ended access tokens may be honoured for {REMEMBERED_FOR:?}");
            self.known.invalidate_all();
        }
    }
}
