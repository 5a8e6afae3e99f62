//! Handing a message over: admitted, claimed and committed, sent, recorded and committed. Nothing is sent inside a
//! transaction (architecture, idea 7).

use std::{sync::Arc, time::Duration};

use super::{Failure, Service, message::Carried};
use crate::{
    channel::{Admission, Delivery, Envelope, Outlet, SendError},
    domain::{
        account::{Account, Terms},
        caller::AccessToken,
        channel::Channel,
        id::{ChallengeId, TransmissionId},
        language::Language,
        refusal::Refusal,
        rules::{
            request::{NewChallenge, Sending},
            transmission::{HandOver, Way},
        },
        username::Username,
        view::ChallengeView,
    },
    storage::datastore::{Author, Wanted},
};

/// What a claim's lease has over what a hand-over may take: the time to record.
const LEASE_MARGIN: Duration = Duration::from_secs(4);

/// What a transition decided.
pub(super) enum Begun {
    /// The same request came before: nothing is to be sent.
    Known(ChallengeView),
    /// A message was claimed, at this place.
    ToSend(Place, Box<Dispatch>),
    /// Nothing was changed: a place at this channel's outlet has to be waited for.
    NeedsPlace(Channel),
}

/// A place at an outlet, taken before anything is claimed.
pub(super) struct Place {
    pub(super) outlet: Arc<Outlet>,
    pub(super) admission: Admission,
}

impl Place {
    /// One that is free at this moment.
    pub(super) fn free_now(outlet: Arc<Outlet>) -> Option<Self> {
        let admission = outlet.admit_now()?;
        Some(Self { outlet, admission })
    }
}

/// A message that was claimed and is to be handed over now.
pub(super) struct Dispatch {
    pub(super) challenge: ChallengeId,
    pub(super) transmission: TransmissionId,
    pub(super) envelope: Envelope,
}

impl Service {
    /// Begins a sending at a place that is free at this moment or, when none is, at one that was waited for.
    pub(super) async fn send_from(
        &self,
        claim: impl AsyncFn(Option<Place>) -> Result<Begun, Failure>,
    ) -> Result<ChallengeView, Failure> {
        let begun = match claim(None).await? {
            Begun::NeedsPlace(channel) => claim(Some(self.place(channel).await?)).await?,
            begun => begun,
        };
        match begun {
            Begun::Known(view) => Ok(view),
            Begun::ToSend(place, dispatch) => self.deliver(place, *dispatch).await,
            Begun::NeedsPlace(_) => Err(Failure::Busy { retry_after: Duration::from_secs(1) }),
        }
    }

    /// A place at the channel's outlet; refused when the channel is not configured, or its queue is full.
    pub(super) async fn place(&self, channel: Channel) -> Result<Place, Failure> {
        let outlet = self.outlet(channel)?;
        let admission = outlet.admit().await.map_err(|busy| Failure::Busy { retry_after: busy.retry_after })?;
        Ok(Place { outlet, admission })
    }

    /// The channel's outlet; `None` where it needs none. Refused when the channel is not configured, or off.
    pub(super) fn way_out(&self, channel: Channel) -> Result<Option<Arc<Outlet>>, Refusal> {
        match (channel.transmits(), self.0.parts.policy.serves(channel)) {
            (true, _) => self.outlet(channel).map(Some),
            (false, true) => Ok(None),
            (false, false) => Err(Refusal::ChannelNotSupported),
        }
    }

    /// The outlet of a channel that sends; refused when the channel is not configured.
    pub(super) fn outlet(&self, channel: Channel) -> Result<Arc<Outlet>, Refusal> {
        self.0.parts.outlets.of(channel).map(Arc::clone).ok_or(Refusal::ChannelNotSupported)
    }

    /// A sending that is about to begin at this outlet.
    pub(super) fn sending(&self, terms: &Terms<'_>, outlet: &Outlet) -> Sending {
        Sending { transmission: TransmissionId::new(terms.now, self.chance()), lease: lease(outlet) }
    }

    /// What a new challenge is made of.
    pub(super) fn new_challenge(
        &self,
        terms: &Terms<'_>,
        caller: &AccessToken,
        outlet: Option<&Outlet>,
        language: Option<&Language>,
    ) -> NewChallenge {
        NewChallenge {
            id: ChallengeId::new(terms.now, self.chance()),
            tan_key: self.ring().active(),
            access_token: caller.scope.is_of_account().then_some(caller.id),
            sending: outlet.map(|outlet| self.sending(terms, outlet)),
            language: language.cloned(),
        }
    }

    /// The message of a challenge whose sending was claimed.
    pub(super) fn dispatch(
        &self,
        account: &Account,
        terms: &Terms<'_>,
        challenge: ChallengeId,
    ) -> Result<Dispatch, Failure> {
        let claimed = account.challenge(challenge)?;
        let (claim, address) = claimed.claim.zip(claimed.address().cloned()).ok_or(Refusal::ChallengeNotFound)?;
        let tan = claimed.tan(account.id, self.ring())?;
        let carried = Carried { challenge: claimed, address: &address, tan: &tan, transmission: claim.transmission };
        let envelope = self.tan_message(account, &carried, terms.limits)?;
        Ok(Dispatch { challenge, transmission: claim.transmission, envelope })
    }

    /// Hands the message over and records the outcome, whether or not the caller still waits.
    pub(super) async fn deliver(&self, place: Place, dispatch: Dispatch) -> Result<ChallengeView, Failure> {
        let service = self.clone();
        let delivery = self.spawn(async move { service.hand_over(place, dispatch).await });
        delivery.await.unwrap_or_else(|error| {
            tracing::error!(error = %error, "a delivery ended before its outcome was recorded; the worker takes it over");
            Err(Failure::Unavailable)
        })
    }

    pub(super) async fn hand_over(&self, place: Place, dispatch: Dispatch) -> Result<ChallengeView, Failure> {
        let Dispatch { challenge, transmission, envelope } = dispatch;
        let channel = envelope.channel;
        let delivery = place.outlet.send(place.admission, &envelope).await;
        let outcome = outcome(channel, &delivery.outcome);
        let recorded = self.record(&envelope.account, challenge, transmission, outcome, &way(&delivery)).await;
        match (recorded, delivery.outcome) {
            (Ok(view), Ok(())) => Ok(view),
            (Ok(_), Err(_)) => Err(Failure::HandOver),
            (Err(failure), _) => Err(failure),
        }
    }

    /// Records what came of a sending. That a message was sent may be forgotten in a crash of the database: it is
    /// then sent once more, with the same TAN.
    async fn record(
        &self,
        username: &Username,
        id: ChallengeId,
        transmission: TransmissionId,
        outcome: HandOver,
        way: &Way,
    ) -> Result<ChallengeView, Failure> {
        let author = Author { actor: "service", may_be_lost: outcome == HandOver::Sent };
        let wanted = Wanted::challenge(username, id);
        let recorded = self.store().transact(wanted, author, |account, now| {
            let terms = self.terms(now);
            account.record_with(&terms, id, transmission, outcome, Some(way));
            account.challenge(id).map(|challenge| account.view(challenge, &terms))
        });
        Ok(recorded.await?.unwrap_or(Err(Refusal::ChallengeNotFound))?)
    }
}

/// How long the holder of a claim is waited for.
pub(super) fn lease(outlet: &Outlet) -> Duration {
    outlet.timeout() + LEASE_MARGIN
}

/// The way that a message took, for the trail.
pub(super) fn way(delivery: &Delivery) -> Way {
    let failed = |(transport, error): &(Arc<str>, SendError)| (transport.to_string(), error.name());
    Way {
        transport: delivery.transport.to_string(),
        failed_before: delivery.failed_before.iter().map(failed).collect(),
    }
}

fn outcome(channel: Channel, sent: &Result<(), SendError>) -> HandOver {
    let name = sent.as_ref().map_or_else(SendError::name, |()| "sent");
    metrics::counter!("tanager_transmissions_total", "channel" => channel.name(), "outcome" => name).increment(1);
    match sent {
        Ok(()) => HandOver::Sent,
        Err(error) => {
            tracing::warn!(channel = channel.name(), error = %error, "a message could not be handed over");
            HandOver::Failed(error.name())
        }
    }
}
