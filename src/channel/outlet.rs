//! The way out of one channel: its transports in order of preference, behind one gate.

use std::{sync::Arc, time::Duration};

use futures_util::future::join_all;
use tracing::{Span, field};

use super::{Admission, Busy, Envelope, GateSettings, Reason, SendError, Transport, gate::Gate, transport::name_of};
use crate::domain::channel::Channel;

/// What became of a message, and on which ways.
#[derive(Debug)]
pub struct Delivery {
    /// The transport that carried the message; that was the last to fail, where none did.
    pub transport: Arc<str>,
    /// Those that failed before it, in order.
    pub failed_before: Vec<(Arc<str>, SendError)>,
    /// Whether it was handed over.
    pub outcome: Result<(), SendError>,
}

/// The transports of a channel behind its gate.
pub struct Outlet {
    transports: Vec<Transport>,
    gate: Gate,
}

impl Outlet {
    /// These transports, the preferred one first, behind a gate of their own. One at least: without any, every hand-over
    /// fails as misconfigured.
    #[must_use]
    pub fn new(transports: Vec<Transport>, settings: GateSettings) -> Self {
        Self { transports, gate: Gate::new(settings) }
    }

    /// A place, if one is free at this moment and nobody waits for it.
    #[must_use]
    pub fn admit_now(&self) -> Option<Admission> {
        self.gate.admit_now()
    }

    /// Waits for a place, first come, first served. To be called before the transmission is claimed.
    pub async fn admit(&self) -> Result<Admission, Busy> {
        self.gate.admit().await
    }

    /// How long one waits for a place at most.
    #[must_use]
    pub fn patience(&self) -> Duration {
        self.gate.patience()
    }

    /// A place for a message that nobody waits for, if one is free at this moment. Such messages take half of the places at
    /// most, so that a TAN never waits for them alone; of an outlet with a single place, that one.
    #[must_use]
    pub fn admit_aside_now(&self) -> Option<Admission> {
        self.gate.admit_aside_now()
    }

    /// Waits for such a place, as long as for any other; not in the line, whose length is for those who are waited for.
    pub async fn admit_aside(&self) -> Result<Admission, Busy> {
        self.gate.admit_aside().await
    }

    /// How many wait for a place at this moment.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.gate.waiting()
    }

    /// Hands `envelope` over in the place of `admission` (one of this outlet), which is given up afterwards, also
    /// when the future is dropped. A transport that fails gives way to the next one, unless it says that the address is
    /// bad; one that is left in peace is passed over while another can be tried.
    #[tracing::instrument(
        name = "channel.message.send",
        skip_all,
        fields(
            channel.name = envelope.channel.name(),
            message.kind = envelope.kind.name(),
            transmission.id = %envelope.transmission,
            transport.name = field::Empty,
            outcome = field::Empty,
        )
    )]
    pub async fn send(&self, admission: Admission, envelope: &Envelope) -> Delivery {
        let delivery = self.try_each(envelope).await;
        drop(admission);
        Span::current().record("transport.name", &*delivery.transport).record("outcome", name_of(&delivery.outcome));
        delivery
    }

    async fn try_each(&self, envelope: &Envelope) -> Delivery {
        let mut course = Course::default();
        let mut resting = Vec::new();
        for transport in &self.transports {
            let Some(permit) = transport.admit() else {
                resting.push(transport);
                continue;
            };
            course.tell_retry(transport, envelope.channel);
            if course.takes(transport, transport.send(envelope, Some(permit)).await) {
                return course.end();
            }
        }
        // Nobody else is left: what failed a while ago is better than nothing.
        for transport in resting {
            course.tell_retry(transport, envelope.channel);
            if course.takes(transport, transport.send(envelope, None).await) {
                break;
            }
        }
        course.end()
    }

    /// The longest that [`Outlet::send`] may take; a claim's lease is longer.
    #[must_use]
    pub fn timeout(&self) -> Duration {
        self.transports.iter().map(Transport::timeout).sum()
    }

    /// Starts what its transports have running all the time: a message need not wait for it then.
    pub fn begin(&self) {
        self.transports.iter().for_each(Transport::begin);
    }

    /// Ends what [`Outlet::begin`] or a message started, within a few seconds. To be called when nothing is being sent any more.
    pub async fn end(&self) {
        join_all(self.transports.iter().map(Transport::end)).await;
    }

    /// Whether a message could be tried now on any of the transports; else why not on each.
    pub fn readiness(&self) -> Result<(), String> {
        let mut troubles = Vec::new();
        for transport in &self.transports {
            match transport.readiness() {
                Ok(()) => return Ok(()),
                Err(trouble) => troubles.push(trouble),
            }
        }
        Err(troubles.join(" "))
    }

    /// Whether no message is likely to go out at this moment: each transport is not ready, or failed again and again.
    #[must_use]
    pub fn is_down(&self) -> bool {
        self.transports.iter().all(|transport| transport.rests() || transport.readiness().is_err())
    }

    /// Writes down for operators' metrics how it stands at this moment.
    pub fn measure(&self, channel: Channel) {
        let waiting = u32::try_from(self.waiting()).unwrap_or(u32::MAX);
        metrics::gauge!("tanager_hand_overs_waiting", "channel" => channel.name()).set(waiting);
        metrics::gauge!("tanager_channel_down", "channel" => channel.name()).set(u32::from(self.is_down()));
        self.transports.iter().for_each(|transport| transport.measure(channel));
    }
}

/// What became of a message so far.
#[derive(Default)]
struct Course {
    failed: Vec<(Arc<str>, SendError)>,
    ended: Option<(Arc<str>, Result<(), SendError>)>,
}

impl Course {
    /// Notes what a transport said. Whether that is the end: it was sent, or no other can do better.
    fn takes(&mut self, transport: &Transport, sent: Result<(), SendError>) -> bool {
        let name = Arc::clone(transport.name());
        match sent {
            Ok(()) | Err(SendError::AddressRefused(_)) => {
                self.ended = Some((name, sent));
                true
            }
            Err(error) => {
                self.failed.push((name, error));
                false
            }
        }
    }

    /// Tells of the try that follows, where another one failed before it: what that one said is said nowhere else, as the
    /// message may well go out.
    fn tell_retry(&self, next: &Transport, channel: Channel) {
        let Some((failed, error)) = self.failed.last() else { return };
        let (channel, next) = (channel.name(), Arc::clone(next.name()));
        tracing::warn!(channel, transport = &**failed, error = %error, "a transport could not carry a message; {next} is tried");
        metrics::counter!("tanager_hand_over_retries_total", "channel" => channel, "transport" => next).increment(1);
    }

    fn end(mut self) -> Delivery {
        let ended = self.ended.or_else(|| self.failed.pop().map(|(name, error)| (name, Err(error))));
        let none = || ("none".into(), Err(SendError::Misconfigured(Reason::new("there is no transport"))));
        let (transport, outcome) = ended.unwrap_or_else(none);
        Delivery { transport, failed_before: self.failed, outcome }
    }
}

#[cfg(test)]
mod tests;
