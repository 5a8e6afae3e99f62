//! What a limit refused is named in the trail: the first time at once, repeats by their number, so that the trail is no
//! way to fill the disk (architecture, idea 9).

use std::time::Duration;

use crate::domain::{
    account::Account,
    event::{Event, EventKind},
    refusal::Refusal,
    time::Timestamp,
};

/// For how long repeats are counted before the trail is told how many there were.
pub const REPEATS_FOR: Duration = Duration::from_hours(1);

/// A limit that refused something lately.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The limit's name in the configuration.
    pub limit: String,
    /// When the trail was told that it refused.
    pub since: Timestamp,
    /// How often it has done so again.
    pub times: u32,
}

impl Refused {
    /// When the trail is to be told of the repeats; `None` when there are none.
    #[must_use]
    pub fn due(&self) -> Option<Timestamp> {
        (self.times > 0).then(|| self.since.plus(REPEATS_FOR))
    }
}

impl Account {
    /// Counts what a limit refused; any other refusal is none of the trail's.
    pub fn count_refusal(&mut self, now: Timestamp, refusal: &Refusal) {
        if let Some(limit) = refusal.limit() {
            self.count_refusal_by(now, limit);
        }
    }

    /// The same, by the limit's name.
    pub fn count_refusal_by(&mut self, now: Timestamp, limit: &'static str) {
        self.tell_repeats(now);
        if let Some(known) = self.refused.iter_mut().find(|known| known.limit == limit) {
            known.times = known.times.saturating_add(1);
            return;
        }
        self.refused.push(Refused { limit: limit.to_owned(), since: now, times: 0 });
        self.note(Event::of(EventKind::LimitRefused).with("limit", limit));
    }

    /// Tells the trail of the repeats that are due, and forgets limits that have been quiet since.
    pub fn tell_repeats(&mut self, now: Timestamp) {
        let (old, young) = std::mem::take(&mut self.refused)
            .into_iter()
            .partition::<Vec<_>, _>(|known| known.since.plus(REPEATS_FOR) <= now);
        self.refused = young;
        for repeated in old.into_iter().filter(|known| known.times > 0) {
            let event = Event::of(EventKind::LimitRepeated).with("limit", repeated.limit);
            let since = repeated.since.as_seconds().to_string();
            self.note(event.with("times", repeated.times.to_string()).with("since", since));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::testing::Scene;

    fn refusal() -> Refusal {
        Refusal::RateLimited { limit: "account_per_hour", retry_after: Duration::from_secs(1) }
    }

    fn told(scene: &Scene) -> Vec<(EventKind, Vec<String>)> {
        let details = |event: &Event| event.details.iter().map(|(_, value)| value.clone()).collect();
        scene.account.events.iter().map(|event| (event.kind, details(event))).collect()
    }

    #[test]
    fn the_first_refusal_is_named_at_once_and_repeats_are_counted() {
        let mut scene = Scene::enrolled();
        let start = scene.now;
        for _ in 0..38 {
            scene.account.count_refusal(scene.now, &refusal());
        }
        assert_eq!(told(&scene), [(EventKind::LimitRefused, vec!["account_per_hour".to_owned()])]);
        assert_eq!(scene.account.refused.first().unwrap().due(), Some(start.plus(REPEATS_FOR)));

        scene.pass(Duration::from_mins(59));
        scene.account.tell_repeats(scene.now);
        assert_eq!(told(&scene).len(), 1, "not before its time");
        scene.pass(Duration::from_mins(1));
        scene.account.tell_repeats(scene.now);

        let since = start.as_seconds().to_string();
        let repeated = (EventKind::LimitRepeated, vec!["account_per_hour".to_owned(), "37".to_owned(), since]);
        assert_eq!(told(&scene).last(), Some(&repeated));
        assert_eq!(scene.account.refused, []);
    }

    #[test]
    fn each_limit_is_counted_by_itself_and_what_is_no_limit_is_not() {
        let mut scene = Scene::enrolled();
        scene.account.count_refusal(scene.now, &refusal());
        scene.account.count_refusal(scene.now, &Refusal::AccountBlocked { retry_after: Duration::from_secs(1) });
        scene.account.count_refusal(scene.now, &Refusal::TokenInvalid);
        scene.account.count_refusal(scene.now, &Refusal::Forbidden);
        let limits: Vec<&str> = scene.account.refused.iter().map(|known| known.limit.as_str()).collect();
        assert_eq!(limits, ["account_per_hour", "block"]);
        scene.pass(REPEATS_FOR);
        scene.account.count_refusal(scene.now, &refusal());
        assert_eq!(scene.account.refused.len(), 1);
        assert_eq!(scene.kinds(), [EventKind::LimitRefused; 3], "a quiet limit has no repeats to be told");
    }
}
