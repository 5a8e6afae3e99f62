//! Telling a customer of something that he did not just ask for. A notice is posted with the transition that it is about, and
//! sent once that is committed: at once where there is a place, else by the worker of any instance. It is never in the way of a
//! request, comes under the channel's ceiling like every other message, and no crash loses it.

use std::time::Duration;

use futures_util::future::join_all;

use super::{Failure, Service, sending::way};
use crate::{
    channel::{Admission, Delivery, Outlet, SendError},
    domain::{
        account::{Account, Terms},
        channel::Channel,
        language::Language,
        notice::{Notice, NoticeEnd, PostedNotice},
        rules::notices::Posting,
        time::Timestamp,
    },
    storage::{
        datastore::{Author, Wanted},
        error::StoreError,
        notices::ClaimedNotice,
    },
};

/// Notices that an instance sends at once: of what it posted itself, and of what is due on each channel.
pub(super) const AT_ONCE: usize = 8;
/// For how long a notice is tried again.
const KEPT_TRYING: Duration = Duration::from_hours(24);
/// How long one that failed waits; twice as long each time, up to the second.
const PAUSE: (Duration, Duration) = (Duration::from_secs(10), Duration::from_mins(10));
/// The shortest and the longest that one waits for a place.
const WAIT: (Duration, Duration) = (Duration::from_millis(200), Duration::from_mins(1));

/// What a transition posted, to be sent once it is committed.
#[derive(Default)]
pub(super) struct Posted(Vec<ClaimedNotice>);

impl Posted {
    /// `decide`, and what it posted is kept here: of the last time that it was asked, as only that is written.
    pub(super) fn of<T>(
        &mut self,
        mut decide: impl FnMut(&mut Account, Timestamp) -> T,
    ) -> impl FnMut(&mut Account, Timestamp) -> T {
        move |account, now| {
            let decision = decide(account, now);
            let claimed = |posted: &PostedNotice| ClaimedNotice {
                account: account.id,
                username: account.username.clone(),
                posted: posted.clone(),
            };
            self.0 = account.posted.iter().map(claimed).collect();
            decision
        }
    }
}

impl Service {
    /// Posts notices with the transition that is being decided.
    pub(super) fn tell(&self, account: &mut Account, terms: &Terms<'_>, notices: Vec<Notice>) {
        let language = account.language.clone();
        self.tell_in(language.as_ref(), account, terms, notices);
    }

    /// The same, for a customer whose language the account does not know any more.
    pub(super) fn tell_in(
        &self,
        language: Option<&Language>,
        account: &mut Account,
        terms: &Terms<'_>,
        notices: Vec<Notice>,
    ) {
        for notice in notices {
            let lease = self.0.parts.outlets.of(notice.address.channel()).map(|outlet| super::sending::lease(outlet));
            let due_at = terms.now.plus(lease.unwrap_or_default());
            account.post(notice, &Posting { now: terms.now, due_at, language, chance: self.chance() });
        }
    }

    /// Sends, in the background, what a transition posted that is committed now.
    pub(super) fn send_posted(&self, posted: Posted) {
        for notice in posted.0 {
            let service = self.clone();
            self.spawn(async move { told(service.send_at_once(&notice).await) });
        }
    }

    /// Where there is no place at this moment, it is left to whoever has one.
    async fn send_at_once(&self, notice: &ClaimedNotice) -> Result<(), Failure> {
        let turn = self.0.notice_turns.try_acquire();
        let outlet = self.outlet(notice.posted.notice.address.channel());
        let place = outlet.as_ref().ok().and_then(|outlet| outlet.admit_aside_now());
        match (turn, outlet, place) {
            (Ok(_turn), Ok(outlet), Some(admission)) => self.send_notice(notice, &outlet, admission).await,
            _ => self.put_off(notice, self.store().now().await?).await,
        }
    }

    /// [Sends what is due](Self::send_due_on) on every channel, and returns when the slowest of them is done.
    pub async fn send_due_notices(&self) -> Result<usize, Failure> {
        let channels = Channel::ALL.into_iter().filter(|channel| channel.transmits());
        let sent = join_all(channels.map(|channel| self.send_due_on(channel))).await;
        sent.into_iter().sum()
    }

    /// Sends what is due on a channel: what a crash left, what failed a while ago, and what found no place. Returns how many
    /// notices that were.
    pub async fn send_due_on(&self, channel: Channel) -> Result<usize, Failure> {
        let mut sent = 0;
        loop {
            let now = self.store().now().await?;
            let most = i64::try_from(AT_ONCE).unwrap_or(i64::MAX);
            let due = self.store().claim_notices(channel, now, now.plus(self.longest_lease(channel)), most).await?;
            for outcome in join_all(due.read.iter().map(|notice| self.send_in_turn(notice))).await {
                told(outcome);
            }
            sent += due.read.len();
            if due.found < AT_ONCE || self.0.closing.is_cancelled() {
                return Ok(sent);
            }
        }
    }

    /// The end is near: those that are due are left to the next instance, but for the batch under way.
    pub fn begin_no_more(&self) {
        self.0.closing.cancel();
    }

    async fn send_in_turn(&self, notice: &ClaimedNotice) -> Result<(), Failure> {
        let Ok(outlet) = self.outlet(notice.posted.notice.address.channel()) else {
            return self.fail(notice, "its channel is not configured", None).await;
        };
        match outlet.admit_aside().await {
            Ok(admission) => self.send_notice(notice, &outlet, admission).await,
            Err(busy) => {
                let due_at = self.store().now().await?.plus(busy.retry_after);
                self.try_again(notice, due_at, "no_place", None).await
            }
        }
    }

    /// How long whoever waits in line and sends is waited for.
    fn longest_lease(&self, channel: Channel) -> Duration {
        let lease = self.0.parts.outlets.of(channel).map(|outlet| outlet.patience() + super::sending::lease(outlet));
        lease.unwrap_or_default()
    }

    async fn send_notice(&self, notice: &ClaimedNotice, outlet: &Outlet, admission: Admission) -> Result<(), Failure> {
        let channel = notice.posted.notice.address.channel();
        let Ok(envelope) = self.notice_message(notice) else {
            return self.fail(notice, "no message could be written", None).await;
        };
        if let Some(free_at) = self.full_until(channel).await? {
            return self.try_again(notice, free_at, "channel_per_minute", None).await;
        }
        let delivery = outlet.send(admission, &envelope).await;
        match &delivery.outcome {
            Ok(()) => self.conclude_notice(notice, NoticeEnd::Sent, Some(&delivery)).await,
            Err(SendError::AddressRefused(_)) => {
                self.conclude_notice(notice, NoticeEnd::GivenUp("address_refused"), Some(&delivery)).await
            }
            Err(error) => {
                tracing::warn!(channel = channel.name(), %error, "a notice could not be handed over");
                self.fail(notice, error.name(), Some(&delivery)).await
            }
        }
    }

    /// Takes a place under the channel's ceiling, where it has one; else says when one is free.
    async fn full_until(&self, channel: Channel) -> Result<Option<Timestamp>, Failure> {
        let ceiling = self.limits().channel_per_minute;
        if ceiling == 0 {
            return Ok(None);
        }
        let now = self.store().now().await?;
        if self.store().take_place(channel, ceiling, now).await? {
            return Ok(None);
        }
        let free_at = self.store().place_free_at(channel, ceiling).await?;
        Ok(Some(now.plus(free_at.map_or(WAIT.1, |free_at| free_at.since(now).clamp(WAIT.0, WAIT.1)))))
    }

    /// It is tried again after a pause.
    async fn fail(
        &self,
        notice: &ClaimedNotice,
        reason: &'static str,
        delivery: Option<&Delivery>,
    ) -> Result<(), Failure> {
        let times = u32::from(notice.posted.tries).saturating_sub(1).min(16);
        let pause = PAUSE.0.saturating_mul(1 << times).min(PAUSE.1);
        self.try_again(notice, self.store().now().await?.plus(pause), reason, delivery).await
    }

    /// It is tried again at `due_at`, unless it is too old then.
    async fn try_again(
        &self,
        notice: &ClaimedNotice,
        due_at: Timestamp,
        reason: &'static str,
        delivery: Option<&Delivery>,
    ) -> Result<(), Failure> {
        if due_at.since(notice.posted.made_at) >= KEPT_TRYING {
            return self.conclude_notice(notice, NoticeEnd::GivenUp(reason), delivery).await;
        }
        self.put_off(notice, due_at).await
    }

    async fn put_off(&self, notice: &ClaimedNotice, due_at: Timestamp) -> Result<(), Failure> {
        measure(notice, "put_off");
        Ok(self.store().put_off_notice(notice.account, &notice.posted, due_at).await?)
    }

    /// Writes how a notice ended. That it was sent may be forgotten in a crash of the database: it is then sent once more.
    async fn conclude_notice(
        &self,
        notice: &ClaimedNotice,
        end: NoticeEnd,
        delivery: Option<&Delivery>,
    ) -> Result<(), Failure> {
        measure(notice, if end == NoticeEnd::Sent { "sent" } else { "given_up" });
        let ClaimedNotice { account, username, posted } = notice;
        let author = Author { actor: "service", may_be_lost: end == NoticeEnd::Sent };
        let way = delivery.map(way);
        let concluded = self.store().transact(Wanted::account(username), author, |account, _| {
            account.conclude_notice(posted, end, way.as_ref());
        });
        match concluded.await {
            Ok(Some(())) => return Ok(()),
            Ok(None) => {}
            // No try will write it: the customer would be told again and again.
            Err(error @ (StoreError::Corrupt(_) | StoreError::Key(_))) => {
                tracing::error!(notice = %posted.id, %error, "an account cannot be read; its notice ends without a word in its trail");
            }
            Err(error) => return Err(error.into()),
        }
        Ok(self.store().drop_notice(*account, posted.id).await?)
    }

    /// Shows operators how many notices wait.
    pub async fn measure_notices(&self) -> Result<(), Failure> {
        let waiting = self.store().notices_waiting().await?;
        for channel in Channel::ALL.into_iter().filter(|channel| channel.transmits()) {
            #[expect(clippy::cast_precision_loss, reason = "a gauge is a float, and so many notices there never are")]
            let waiting = waiting.get(&channel).copied().unwrap_or_default() as f64;
            metrics::gauge!("tanager_notices_waiting", "channel" => channel.name()).set(waiting);
        }
        Ok(())
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

fn measure(notice: &ClaimedNotice, outcome: &'static str) {
    let channel = notice.posted.notice.address.channel().name();
    metrics::counter!("tanager_notices_total", "channel" => channel, "outcome" => outcome).increment(1);
}

fn told(outcome: Result<(), Failure>) {
    if let Err(failure) = outcome {
        tracing::warn!(error = %failure, "what became of a notice could not be written; it is sent again");
    }
}
