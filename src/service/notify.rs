//! Telling a customer of something that he did not just ask for. Never in the way of a request, and under the channel's
//! ceiling like every other message.

use std::time::Duration;

use super::{Failure, Service};
use crate::{
    channel::Envelope,
    domain::{account::Account, channel::Channel, id::TransmissionId, rules::factors::Notice, time::Timestamp},
};

/// How often a notice waits for a place under its channel's ceiling before it is given up.
const WAITS: u32 = 30;
/// The shortest and the longest of these waits.
const WAIT: (Duration, Duration) = (Duration::from_millis(200), Duration::from_mins(1));

impl Service {
    /// Sends the notices in the background. What cannot be sent is logged.
    pub(super) fn notify(&self, account: &Account, now: Timestamp, notices: &[Notice]) {
        for notice in notices {
            let transmission = TransmissionId::new(now, self.chance());
            let Ok(envelope) = self.notice_message(account, notice, transmission) else { continue };
            let service = self.clone();
            self.spawn(async move { service.tell(&envelope).await });
        }
    }

    async fn tell(&self, envelope: &Envelope) {
        let Some(outlet) = self.0.parts.outlets.of(envelope.channel) else { return };
        let outcome = match self.wait_for_place(envelope.channel).await {
            Err(failure) => Err(failure.to_string()),
            Ok(false) => Err("the channel's ceiling (limits.channel_per_minute) left it no place".to_owned()),
            Ok(true) => match outlet.admit().await {
                Ok(admission) => outlet.send(admission, envelope).await.outcome.map_err(|error| error.to_string()),
                Err(busy) => Err(busy.to_string()),
            },
        };
        if let Err(error) = outcome {
            tracing::warn!(channel = envelope.channel.name(), error, "a notice could not be handed over");
        }
    }

    /// Takes a place under the channel's ceiling, where it has one. `false`: none became free for too long, or the end
    /// has begun.
    async fn wait_for_place(&self, channel: Channel) -> Result<bool, Failure> {
        let ceiling = self.limits().channel_per_minute;
        if ceiling == 0 {
            return Ok(true);
        }
        for _ in 0..WAITS {
            let now = self.store().now().await?;
            if self.store().take_place(channel, ceiling, now).await? {
                return Ok(true);
            }
            let free_at = self.store().place_free_at(channel, ceiling).await?;
            let wait = free_at.map_or(WAIT.1, |free_at| free_at.since(now).clamp(WAIT.0, WAIT.1));
            if self.0.closing.run_until_cancelled(tokio::time::sleep(wait)).await.is_none() {
                return Ok(false);
            }
        }
        Ok(false)
    }

    /// Sees to it that each channel that sends has its places under the ceiling, where there is one. To be called before
    /// anything is served.
    pub async fn prepare_ceilings(&self) -> Result<(), Failure> {
        let ceiling = self.limits().channel_per_minute;
        for (channel, _) in self.0.parts.outlets.iter().filter(|_| ceiling > 0) {
            self.store().prepare_ceiling(channel, ceiling).await?;
        }
        Ok(())
    }
}
