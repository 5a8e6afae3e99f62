//! The guard against SMS pumping at work: prefixes are closed and opened as their messages say.

use super::{Failure, Service};
use crate::{
    domain::{
        account::Account,
        event::{Event, EventKind},
        prefix_guard::{ClosedPrefix, Ripe, Span, Verdict, judge},
        time::Timestamp,
    },
    storage::{
        datastore::Author,
        prefixes::{KnownPrefix, Turn},
    },
};

impl Service {
    /// Judges every prefix that has messages enough, and closes or opens it. What another instance was faster to do is
    /// left as it is.
    pub async fn judge_prefixes(&self) -> Result<(), Failure> {
        let known = self.store().known_prefixes().await?;
        show_closed(&known);
        let judged = if self.limits().prefix_floor > 0 { self.ripe(&known).await? } else { closed(&known) };
        if judged.is_empty() {
            return Ok(());
        }
        let now = self.store().now().await?;
        for (prefix, ripe) in judged {
            let closed = known.iter().find(|known| known.prefix == prefix).map(|known| known.closed);
            match judge(self.limits(), now, closed.as_ref(), &ripe) {
                Verdict::Stays => {}
                Verdict::Close(share) => {
                    let turned = ClosedPrefix::closing(self.limits(), now);
                    self.turn(&Turn { prefix: &prefix, judged: closed, turned, share }).await?;
                }
                Verdict::Open(share) => {
                    let Some(judged) = closed else { continue };
                    let turned = judged.opening(now);
                    self.turn(&Turn { prefix: &prefix, judged: closed, turned, share }).await?;
                }
            }
        }
        Ok(())
    }

    /// The messages that prefixes are judged by now.
    async fn ripe(&self, known: &[KnownPrefix]) -> Result<Vec<(String, Ripe)>, Failure> {
        self.write_traffic().await?;
        let now = self.store().now().await?;
        let span = |closed| Span::of(self.limits(), now, closed);
        let own: Vec<_> = known.iter().map(|known| (known.prefix.as_str(), span(Some(&known.closed)))).collect();
        Ok(self.store().ripe_traffic(span(None), &own).await?)
    }

    /// Closes or opens a prefix and tells the trail, both or neither; then the log.
    async fn turn(&self, turn: &Turn<'_>) -> Result<(), Failure> {
        let (prefix, sent, solved) = (turn.prefix, turn.share.sent, turn.share.solved);
        let opened = turn.turned.opened_at.is_some();
        let until = turn.turned.half_open_at.as_seconds();
        let event = if opened {
            Event::of(EventKind::PrefixOpened)
        } else {
            Event::of(EventKind::PrefixClosed).with("until", until.to_string())
        };
        let event = event.with("prefix", prefix).with("sent", sent.to_string()).with("solved", solved.to_string());
        let note = |account: &mut Account, _: Timestamp| account.note(event.clone());
        let turned = self.store().turn_prefix(turn, Author::durable("worker"), note).await?;
        match (turned, opened) {
            (false, _) => {}
            (true, true) => tracing::warn!(prefix, sent, solved, "a prefix is opened again"),
            (true, false) => {
                tracing::warn!(prefix, sent, solved, until, "a prefix is closed: too few of its messages were solved");
            }
        }
        Ok(())
    }
}

/// Those that would be opened because the guard was switched off.
fn closed(known: &[KnownPrefix]) -> Vec<(String, Ripe)> {
    let shut = known.iter().filter(|known| known.closed.opened_at.is_none());
    shut.map(|known| (known.prefix.clone(), Ripe::default())).collect()
}

#[expect(clippy::cast_precision_loss, reason = "a gauge is a float, and there are fewer prefixes than 2^52")]
fn show_closed(known: &[KnownPrefix]) {
    let shut = known.iter().filter(|known| known.closed.opened_at.is_none()).count();
    metrics::gauge!("tanager_prefixes_closed").set(shut as f64);
}
