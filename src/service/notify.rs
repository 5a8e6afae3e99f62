//! Telling a customer of something that he did not just ask for. Never in the way of a request.

use super::{Service, message};
use crate::domain::{account::Account, id::TransmissionId, rules::factors::Notice, time::Timestamp};

impl Service {
    /// Sends the notices in the background. What cannot be sent is logged.
    pub(super) fn notify(&self, account: &Account, now: Timestamp, notices: &[Notice]) {
        for notice in notices {
            let transmission = TransmissionId::new(now, self.chance());
            let envelope = message::notice_message(&self.0.parts.bank, account, notice, transmission);
            let service = self.clone();
            self.spawn(async move {
                let Some(outlet) = service.0.parts.outlets.of(envelope.channel) else { return };
                let outcome = match outlet.admit().await {
                    Ok(admission) => outlet.send(admission, &envelope).await.map_err(|error| error.to_string()),
                    Err(busy) => Err(busy.to_string()),
                };
                if let Err(error) = outcome {
                    tracing::warn!(channel = envelope.channel.name(), error, "a notice could not be handed over");
                }
            });
        }
    }
}
