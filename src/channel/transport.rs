//! A transport with its name, and with what is known of how it does.

use std::sync::Arc;

use tokio::time::{Duration, Instant, timeout};
use tracing::{Span, field};

use super::{Envelope, Reason, SendError, Sender};
use crate::{
    breaker::{Permit, SharedBreaker},
    domain::{
        breaker::{Change, Ending},
        channel::Channel,
    },
};

/// What a transport has over its own timeout to come back: it blots what it heard, and ends what it started.
const GRACE: Duration = Duration::from_secs(1);

/// A way for the messages of a channel, by the name that the operator gave it.
pub struct Transport {
    name: Arc<str>,
    sender: Arc<dyn Sender>,
    breaker: SharedBreaker,
}

impl Transport {
    /// `sender` under that name, which stands in the audit trail and in metrics.
    #[must_use]
    pub fn new(name: &str, sender: Arc<dyn Sender>) -> Self {
        Self { name: name.into(), sender, breaker: SharedBreaker::default() }
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &Arc<str> {
        &self.name
    }

    /// Whether a message could be tried now; see [`Sender::readiness`].
    pub fn readiness(&self) -> Result<(), String> {
        self.sender.readiness()
    }

    /// Starts what runs all the time; see [`Sender::begin`].
    pub(super) fn begin(&self) {
        self.sender.begin();
    }

    /// Ends what runs all the time; see [`Sender::end`].
    pub(super) async fn end(&self) {
        self.sender.end().await;
    }

    /// Whether it failed so often in a row that it is left in peace while another one can be tried.
    #[must_use]
    pub fn rests(&self) -> bool {
        !self.breaker.is_closed()
    }

    /// The longest that handing one message over takes.
    #[must_use]
    pub fn timeout(&self) -> Duration {
        self.sender.timeout() + GRACE
    }

    /// Leave to try it; `None`: it is left in peace at this moment.
    pub(super) fn admit(&self) -> Option<Permit<'_>> {
        self.breaker.admit().ok()
    }

    /// Hands `envelope` over. Without a permit, because nobody else is left to be tried, it says nothing about whether the
    /// transport is to be left in peace.
    #[tracing::instrument(
        name = "channel.transport.send",
        skip_all,
        fields(
            channel.name = envelope.channel.name(),
            transmission.id = %envelope.transmission,
            transport.name = &*self.name,
            outcome = field::Empty,
        )
    )]
    pub(super) async fn send(&self, envelope: &Envelope, permit: Option<Permit<'_>>) -> Result<(), SendError> {
        let begun = Instant::now();
        let sent = timeout(self.timeout(), self.sender.send(envelope)).await;
        let sent = sent.unwrap_or_else(|_| Err(SendError::TimedOut(Reason::new("it did not come back in time"))));
        Span::current().record("outcome", name_of(&sent));
        self.count(envelope.channel, &sent, begun.elapsed());
        if let Some(permit) = permit {
            self.tell(envelope.channel, permit.settle(ending(&sent)));
        }
        sent
    }

    /// Writes down for operators' metrics how it stands at this moment.
    pub(super) fn measure(&self, channel: Channel) {
        self.measure_rest(channel);
        let unready = u32::from(self.readiness().is_err());
        metrics::gauge!("tanager_transport_unready", "channel" => channel.name(), "transport" => Arc::clone(&self.name))
            .set(unready);
    }

    fn measure_rest(&self, channel: Channel) {
        let rests = u32::from(self.rests());
        metrics::gauge!("tanager_transport_resting", "channel" => channel.name(), "transport" => Arc::clone(&self.name))
            .set(rests);
    }

    fn count(&self, channel: Channel, sent: &Result<(), SendError>, took: Duration) {
        let (channel, transport) = (channel.name(), Arc::clone(&self.name));
        let outcome = name_of(sent);
        metrics::counter!("tanager_hand_overs_total", "channel" => channel, "transport" => Arc::clone(&transport), "outcome" => outcome)
            .increment(1);
        metrics::histogram!("tanager_hand_over_seconds", "channel" => channel, "transport" => transport)
            .record(took.as_secs_f64());
    }

    fn tell(&self, on: Channel, change: Change) {
        let channel = on.name();
        match change {
            Change::None => return,
            Change::Opened(rest) => {
                tracing::error!(
                    channel,
                    transport = &*self.name,
                    "a transport fails again and again; it is left in peace for {rest:?} while another can be tried"
                );
            }
            Change::Closed => tracing::info!(channel, transport = &*self.name, "a transport carries messages again"),
        }
        self.measure_rest(on);
    }
}

/// What became of a hand-over, in a word.
pub(super) fn name_of(sent: &Result<(), SendError>) -> &'static str {
    sent.as_ref().map_or_else(SendError::name, |()| "sent")
}

/// What a hand-over says of the transport. One that refuses an address or a message works: no customer takes it away from others
/// by what he writes, or by where he has it sent.
fn ending(sent: &Result<(), SendError>) -> Ending {
    match sent {
        Err(error) if !error.is_of_the_message() => Ending::Failed,
        Ok(()) | Err(_) => Ending::Answered,
    }
}
