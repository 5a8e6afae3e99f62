//! What an account can still do once something of it is gone: its customer is warned before he locks himself out.

use crate::domain::{
    account::{Account, Terms},
    assurance::{Assurance, Demand, NamedDemand},
    policy::OwnStrength,
    time::Timestamp,
};

impl Account {
    /// What the service's own operations ask of this account: at that level and, where the bank says so, as strong a
    /// proof as it can bring.
    #[must_use]
    pub fn own_demand(&self, terms: &Terms<'_>, assurance: Assurance) -> Demand {
        let any = Demand::of(assurance);
        if terms.policy.own_strength == OwnStrength::Any {
            return any;
        }
        let strengths = self.offered(terms, any).into_iter().map(|offer| terms.strengths.of(offer.channel));
        Demand { strength: strengths.max().unwrap_or(any.strength), ..any }
    }

    /// Whether the customer can bring what the operation asks for, now or, for what is bound, once his newest factors
    /// count: it asks for nothing, nothing protects the account and it lets such accounts pass, or something that is strong
    /// enough can prove him.
    #[must_use]
    pub fn reaches(&self, terms: &Terms<'_>, demand: Demand) -> bool {
        let passes = demand.assurance == Assurance::None || !self.is_protected() && !demand.enrolled;
        passes || !self.offered(terms, demand).is_empty()
    }

    /// The operations out of these that this account can do, and cannot do as it is `afterwards`: not at once, or never
    /// again as far as its own factors go. In their order.
    #[must_use]
    pub fn out_of_reach<'a>(
        &self,
        afterwards: &Self,
        terms: &Terms<'_>,
        operations: &'a [NamedDemand],
    ) -> Vec<&'a NamedDemand> {
        // When whatever is in force has waited long enough.
        let late = Terms { now: Timestamp::NEVER, ..*terms };
        let lost = |demand| {
            [terms, &late].into_iter().any(|when| self.reaches(when, demand) && !afterwards.reaches(when, demand))
        };
        operations.iter().filter(|operation| lost(operation.demand)).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::domain::{
        channel::{BroughtBy, Channel, Strength},
        testing::Scene,
    };

    const DAY: Duration = Duration::from_hours(24);

    fn named(name: &str, assurance: Assurance, strength: Strength, enrolled: bool) -> NamedDemand {
        let demand = Demand { strength, enrolled, ..Demand::of(assurance) };
        NamedDemand { name: name.to_owned(), demand }
    }

    /// Each way in which an operation can depend on factors.
    fn operations() -> Vec<NamedDemand> {
        let (inform, possession) = (Strength::Inform, Strength::Possession);
        vec![
            named("note", Assurance::None, possession, true),
            named("contact", Assurance::Session, inform, false),
            named("limit", Assurance::Token, possession, false),
            named("mandate", Assurance::Token, inform, true),
            named("transfer", Assurance::Bound, possession, true),
        ]
    }

    fn lost(scene: &Scene, channels: &[Channel]) -> Vec<String> {
        let mut afterwards = scene.account.clone();
        for channel in channels {
            afterwards.remove_channel(*channel, None);
        }
        let operations = operations();
        let lost = scene.account.out_of_reach(&afterwards, &scene.terms(), &operations);
        lost.into_iter().map(|operation| operation.name.clone()).collect()
    }

    #[test]
    fn what_asks_for_possession_is_lost_with_the_last_channel_that_shows_it() {
        let scene = Scene::enrolled();
        assert_eq!(lost(&scene, &[Channel::Email]), [""; 0]);
        assert_eq!(lost(&scene, &[Channel::Sms]), ["limit", "transfer"]);
    }

    #[test]
    fn with_the_last_channel_of_all_only_what_demands_enrolment_is_lost() {
        let scene = Scene::enrolled();
        assert_eq!(lost(&scene, &[Channel::Sms, Channel::Email]), ["mandate", "transfer"]);
        assert_eq!(lost(&Scene::bare(), &[]), [""; 0], "what could not be done before is not lost");
    }

    #[test]
    fn what_could_not_be_done_before_is_not_lost() {
        let mut scene = Scene::enrolled();
        scene.account.remove_channel(Channel::Sms, None);
        assert_eq!(lost(&scene, &[Channel::Email]), ["mandate"], "possession was gone before");
    }

    #[test]
    fn what_still_waits_counts_as_lost_now_and_as_lost_for_good() {
        let mut scene = Scene::enrolled();
        scene.policy.waiting = DAY;
        scene.strengths.email = Strength::Possession;
        let young = |scene: &mut Scene, channel: Channel, brought_by| {
            let known = scene.account.channels.iter_mut().find(|active| active.address.channel() == channel).unwrap();
            known.brought_by = brought_by;
        };
        young(&mut scene, Channel::Email, BroughtBy::Customer);
        assert_eq!(lost(&scene, &[Channel::Sms]), ["transfer"], "nothing could approve it until email counts");
        scene.pass(DAY);
        assert_eq!(lost(&scene, &[Channel::Sms]), [""; 0]);
        young(&mut scene, Channel::Sms, BroughtBy::Customer);
        scene.policy.waiting = 2 * DAY;
        assert_eq!(
            lost(&scene, &[Channel::Sms, Channel::Email]),
            ["mandate", "transfer"],
            "not now, but later it could"
        );
    }
}
