//! Every limit of `limits.md` on messages, a row each: held by two instances that are hit at once, held by instances that
//! were started after it was reached, and told to the second: refused a second before `Retry-After`, let through at it.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::json;

use super::Fleet;
use crate::app::Answer;

/// What uses a limit up.
#[derive(Clone, Copy, PartialEq)]
enum Deed {
    /// A challenge of one account, by either channel in turn, solved at once so that nothing cools down.
    Solved,
    /// The same, which nobody solves.
    Unsolved,
    /// A challenge of one account by SMS.
    Sms,
    /// The message of one challenge once more; past that challenge's end there is nothing to send again.
    Again,
    /// A challenge of another account each time, all to one number.
    SameNumber,
    /// An enrolment of another account each time, each of another number of one prefix.
    NewNumber,
}

/// From which use on its time is counted.
#[derive(Clone, Copy, PartialEq)]
enum Since {
    First,
    Last,
}

struct Row {
    limit: &'static str,
    /// `[limits]`, beside [`AWAY`].
    limits: &'static str,
    deed: Deed,
    /// Uses that are let through.
    most: usize,
    /// How long a use counts.
    span: Duration,
    since: Since,
}

/// Limits that no row meets by accident; where a row names one, it is the row's that holds.
const AWAY: [(&str, &str); 7] = [
    ("account_per_hour", "1000"),
    ("account_per_day", "1000"),
    ("address_per_hour", "1000"),
    ("address_per_day", "1000"),
    ("open_challenges", "100"),
    ("transmissions_per_challenge", "100"),
    ("retransmission_period", "\"1 s\""),
];

const MINUTES_30: Duration = Duration::from_mins(30);
const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);
/// Uses that race for the last place.
const RACERS: usize = 12;

const fn row(limit: &'static str, limits: &'static str, deed: Deed, most: usize, span: Duration) -> Row {
    Row { limit, limits, deed, most, span, since: Since::First }
}

const ROWS: &[Row] = &[
    row("open_challenges", "open_challenges = 4", Deed::Unsolved, 4, MINUTES_30),
    Row {
        since: Since::Last,
        ..row("retransmission_period", "retransmission_period = \"7 min\"", Deed::Sms, 1, Duration::from_mins(7))
    },
    row("transmissions_per_challenge", "transmissions_per_challenge = 4", Deed::Again, 4, MINUTES_30),
    row("account_per_hour", "account_per_hour = 4", Deed::Solved, 4, HOUR),
    row("account_per_day", "account_per_hour = 5\naccount_per_day = 5", Deed::Solved, 5, DAY),
    row("address_per_hour", "address_per_hour = 4", Deed::SameNumber, 4, HOUR),
    row("address_per_day", "address_per_hour = 5\naddress_per_day = 5", Deed::SameNumber, 5, DAY),
    row("prefix_per_hour", "prefix_per_hour = 4", Deed::NewNumber, 4, HOUR),
    row("channel_per_minute", "channel_per_minute = 4", Deed::NewNumber, 4, Duration::from_mins(1)),
];

impl Row {
    fn settings(&self) -> String {
        let away = AWAY.iter().filter(|(name, _)| !self.limits.contains(name));
        away.map(|(name, value)| format!("{name} = {value}\n")).chain([self.limits.to_owned()]).collect()
    }

    /// Which account a use is of.
    fn account(&self, number: usize) -> String {
        match self.deed {
            Deed::SameNumber | Deed::NewNumber => format!("account{number}"),
            _ => "account0".to_owned(),
        }
    }

    fn channel(&self, number: usize) -> &'static str {
        let both = matches!(self.deed, Deed::Solved | Deed::Unsolved);
        if both && number % 2 == 1 { "email" } else { "sms" }
    }

    /// Whether time alone makes the limit name itself: a day's is as full as the hour's until the hour is over.
    fn settle(&self) -> Duration {
        if self.span == DAY { HOUR } else { Duration::from_secs(1) }
    }
}

struct Scene<'a> {
    row: &'a Row,
    fleet: Fleet,
    uses: usize,
    /// When the use was made that its time is counted from.
    counted_from: Option<Duration>,
    /// The challenge that is sent again.
    challenge: String,
}

impl<'a> Scene<'a> {
    async fn of(row: &'a Row) -> Self {
        let fleet = Fleet::of(2, &row.settings()).await;
        let accounts = row.most + RACERS + 5;
        for number in 0..accounts {
            let contact = json!({"phone": "+41791234567", "email": "one@example.com"});
            let channels = if row.deed == Deed::NewNumber { json!([]) } else { json!(["sms", "email"]) };
            let account =
                json!({"username": format!("account{number}"), "contact_data": contact, "tan_channels": channels});
            assert_eq!(fleet.apps[0].admin.post("/accounts", account).await.status, 201);
            if row.account(number + 1) == "account0" {
                break;
            }
        }
        let mut scene = Self { row, fleet, uses: 0, counted_from: None, challenge: String::new() };
        if row.deed == Deed::Again {
            let client = scene.fleet.log_in("account0").await.remove(0);
            let asked = client.post("/accounts/account0/tan/challenge/sms", json!({})).await;
            scene.challenge = asked.text("challenge_id").to_owned();
            scene.counted();
            scene.fleet.advance(Duration::from_secs(1));
        }
        scene
    }

    fn counted(&mut self) {
        self.uses += 1;
        if self.row.since == Since::Last || self.counted_from.is_none() {
            self.counted_from = Some(self.fleet.passed);
        }
    }

    async fn try_use(&self, number: usize, instance: usize) -> Answer {
        let account = self.row.account(number);
        let client = &self.fleet.log_in(&account).await[instance];
        let challenge = format!("/accounts/{account}/tan/challenge");
        match self.row.deed {
            Deed::NewNumber => {
                let address = json!({"address": format!("+88213100{number:03}")});
                client.post(&format!("/accounts/{account}/tan/sms"), address).await
            }
            Deed::Again => client.post(&format!("{challenge}/{}/retransmit", self.challenge), json!({})).await,
            _ => client.post(&format!("{challenge}/{}", self.row.channel(number)), json!({})).await,
        }
    }

    /// One after the other, by either instance, all but the last that is let through.
    async fn use_up(&mut self) {
        while self.uses + 1 < self.row.most {
            let (number, instance) = (self.uses, self.uses % 2);
            let used = self.try_use(number, instance).await;
            assert!(used.status.is_success(), "{}: use {number}: {used:?}", self.row.limit);
            self.counted();
            if self.row.deed == Deed::Solved {
                self.solve(number, instance, used.text("challenge_id")).await;
            }
            self.fleet.advance(Duration::from_secs(1));
        }
    }

    async fn solve(&self, number: usize, instance: usize, id: &str) {
        let address = if self.row.channel(number) == "sms" { "+41791234567" } else { "one@example.com" };
        let tan = self.fleet.apps[instance].tan_sent_to(address);
        let client = self.fleet.log_in("account0").await.remove(1 - instance);
        let confirmed =
            client.post(&format!("/accounts/account0/tan/challenge/{id}/confirm"), json!({"tan": tan})).await;
        assert_eq!(confirmed.status, 200, "{confirmed:?}");
    }

    /// All at once for the last place, by both instances.
    async fn race(&mut self) {
        let before = self.fleet.messages();
        let racers = (self.uses..self.uses + RACERS).map(|number| self.try_use(number, number % 2));
        let answers = join_all(racers).await;
        let through = answers.iter().filter(|answer| answer.status.is_success()).count();
        assert_eq!((through, self.fleet.messages() - before), (1, 1), "{}: {answers:?}", self.row.limit);
        let refused = answers.iter().filter(|answer| !answer.status.is_success());
        assert!(
            refused.clone().all(|answer| [(429, 5131), (503, 10090)].contains(&answer.error())),
            "{}: {answers:?}",
            self.row.limit
        );
        self.counted();
        self.fleet.advance(self.row.settle());
    }

    /// Refused by this limit, for exactly what is left of its time.
    async fn assert_refused(&self, instance: usize) {
        let refused = self.try_use(self.uses + RACERS, instance).await;
        assert_eq!(
            (refused.error(), refused.body["limit"].as_str()),
            ((429, 5131), Some(self.row.limit)),
            "{refused:?}"
        );
        assert_eq!(Duration::from_secs(refused.retry_after()), self.left(), "{}", self.row.limit);
    }

    fn left(&self) -> Duration {
        (self.row.span + self.counted_from.unwrap()).saturating_sub(self.fleet.passed)
    }
}

/// The limit, from its first use to the moment at which it lets through again.
async fn holds(row: &Row) {
    let mut scene = Scene::of(row).await;
    scene.use_up().await;
    scene.race().await;
    let sent = scene.fleet.messages();
    scene.assert_refused(0).await;
    scene.assert_refused(1).await;
    assert_eq!(scene.fleet.messages(), sent, "{}: nothing was sent", row.limit);

    scene.fleet.restart(0).await;
    scene.fleet.restart(1).await;
    scene.assert_refused(0).await;
    let left = scene.left();
    scene.fleet.advance(left.saturating_sub(Duration::from_secs(1)));
    scene.assert_refused(1).await;

    scene.fleet.advance(Duration::from_secs(1));
    let told = scene.try_use(scene.uses + RACERS, 0).await;
    let over = if row.deed == Deed::Again { told.error() == (409, 5144) } else { told.status.is_success() };
    assert!(over, "{}: {told:?}", row.limit);
    scene.fleet.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_limit_on_messages_holds_over_instances_and_restarts_and_is_told_to_the_second() {
    for row in ROWS {
        holds(row).await;
    }
}
