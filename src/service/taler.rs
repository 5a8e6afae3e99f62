//! Taler's flow (`api.md` section 6c): challenges offered with an operation, sent and solved by whoever has their id.

use super::{
    Failure, Service,
    challenges::{count, notices, refusal},
    operations::{CoreOperation, TalerChallenge},
    sending::{Begun, Place},
};
use crate::{
    domain::{
        account::{Account, Terms},
        caller::AccessToken,
        id::{AccessTokenId, ChallengeId},
        language::Language,
        refusal::{OfferedChannel, Refusal},
        rules::request::NewChallenge,
        taler::TalerId,
        tan::Candidate,
        username::Username,
        view::ChallengeView,
    },
    storage::datastore::Wanted,
};

impl Service {
    /// One sealed id for each channel that can prove the operation. Nothing is stored.
    pub(super) fn offer_taler(
        &self,
        account: &Account,
        terms: &Terms<'_>,
        caller: Option<&AccessToken>,
        operation: &CoreOperation<'_>,
    ) -> Result<Vec<TalerChallenge>, Failure> {
        let offered = account.offered_to_taler(terms, operation.demand);
        let seal = |offer: OfferedChannel| {
            let id = TalerId {
                account: account.id,
                username: account.username.clone(),
                challenge: ChallengeId::new(terms.now, self.chance()),
                epoch: account.epoch,
                channel: offer.channel,
                operation: operation.digest,
                expires_at: terms.now.plus(terms.limits.ticket_lifetime),
                session: caller.map(|caller| caller.id),
                summary: operation.summary.clone(),
            };
            let id = id.seal(self.ring(), self.chance())?;
            Ok(TalerChallenge { id, tan_channel: offer.channel.name(), tan_info: offer.tan_info })
        };
        offered.into_iter().map(seal).collect()
    }

    /// Whether this is an id that was offered here to the account of that name, whatever became of it. Looks nothing up.
    #[must_use]
    pub fn has_given_out(&self, username: &Username, raw: &str) -> bool {
        self.offered_id(username, raw).is_some()
    }

    /// Nobody comes with one account's id to another: no row of that is read for it.
    fn offered_id(&self, username: &Username, raw: &str) -> Option<TalerId> {
        TalerId::open(raw, self.ring()).filter(|id| id.username == *username)
    }

    /// Sends the TAN of one of Taler's challenges, again or for the first time; answers when its message was handed
    /// over. No credentials: the id is unguessable.
    pub async fn transmit_taler(
        &self,
        username: &Username,
        raw: &str,
        languages: &[Language],
    ) -> Result<ChallengeView, Failure> {
        let id = self.offered_id(username, raw).ok_or(Refusal::TransactionNotFound)?;
        self.refuse_ended_session(&id).await?;
        let language = self.spoken(languages);
        self.send_from(async |place| self.begin_taler(username, &id, language.as_ref(), place).await).await
    }

    async fn refuse_ended_session(&self, id: &TalerId) -> Result<(), Failure> {
        let Some(session) = id.session else { return Ok(()) };
        let known = !session.is_local() || self.store().has_access_token(session).await?;
        known.then_some(()).ok_or_else(|| Refusal::TransactionNotFound.into())
    }

    /// Claims the sending at the place given, or at one that is free at this moment. A place is always taken before
    /// anything is claimed.
    async fn begin_taler(
        &self,
        username: &Username,
        id: &TalerId,
        language: Option<&Language>,
        mut place: Option<Place>,
    ) -> Result<Begun, Failure> {
        self.with_taler(username, id.challenge, id.session, |account, terms| {
            let outlet = self.way_out(id.channel)?;
            let new = NewChallenge {
                id: id.challenge,
                tan_key: self.ring().active(),
                access_token: id.session,
                sending: outlet.as_ref().map(|outlet| self.sending(terms, outlet)),
                language: language.cloned(),
            };
            let mut tried = account.clone();
            tried.transmit_taler(terms, id, &new)?;
            let Some(outlet) = outlet else {
                *account = tried;
                let view = account.view(account.challenge(id.challenge)?, terms);
                // These clients need a moment: nothing is sent, so that nothing has to be waited for.
                return Ok(Begun::Known(ChallengeView { earliest_retransmission: Some(terms.now), ..view }));
            };
            let Some(place) = place.take().or_else(|| Place::free_now(outlet)) else {
                return Ok(Begun::NeedsPlace(id.channel));
            };
            *account = tried;
            Ok(Begun::ToSend(place, Box::new(self.dispatch(account, terms, id.challenge)?)))
        })
        .await?
        .unwrap_or_else(|| Err(Refusal::TransactionNotFound.into()))
    }

    /// Tries a TAN. The id itself is what an operation is shown once it is solved.
    pub async fn confirm_taler(&self, username: &Username, raw: &str, candidate: &Candidate) -> Result<(), Failure> {
        let id = self.offered_id(username, raw).ok_or(Refusal::ChallengeNotFound)?;
        let tried = self.with_taler(username, id.challenge, id.session, |account, terms| {
            if account.id != id.account {
                return Err(Refusal::ChallengeNotFound.into());
            }
            account.refuse_unsent_taler(id.challenge)?;
            let outcome = account.attempt(terms, self.ring(), id.challenge, candidate, TalerId::proof(raw))?;
            self.tell(account, terms, notices(&outcome, account));
            Ok(outcome)
        });
        let outcome = tried.await?.unwrap_or_else(|| Err(Refusal::ChallengeNotFound.into()))?;
        count(&outcome);
        refusal(&outcome).map_or(Ok(()), |refusal| Err(refusal.into()))
    }

    async fn with_taler<T>(
        &self,
        username: &Username,
        challenge: ChallengeId,
        session: Option<AccessTokenId>,
        mut decide: impl FnMut(&mut Account, &Terms<'_>) -> Result<T, Failure>,
    ) -> Result<Option<Result<T, Failure>>, Failure> {
        let actor = session.map_or_else(|| "customer".to_owned(), |session| format!("customer:{session}"));
        self.decide(Wanted::challenge(username, challenge), &actor, |account, terms| decide(account, terms)).await
    }
}
