//! The account: the unit of consistency (architecture, idea 2).
//!
//! A decision is handed the whole of what it needs to know about one account and changes it; what changed is then
//! written by one statement, or not at all.

use std::time::Duration;

use super::{
    address::{Address, Mailbox, PhoneNumber},
    allowance::Allowance,
    caller::AccessToken,
    challenge::{Challenge, ChallengeKind, Phase, State},
    channel::{Channel, Strength, Strengths},
    event::{Event, EventKind, TrailHead},
    factor::{ActiveChannel, Device},
    id::{AccessTokenId, AccountId, ChallengeId, TransmissionId},
    language::Language,
    limits::Limits,
    notice::PostedNotice,
    policy::Policy,
    recovery::RecoveryCodes,
    refusal::Refusal,
    rules::refusals::Refused,
    secret::SecretHash,
    standing::Standing,
    time::Timestamp,
    username::Username,
};

/// What every decision is handed beside the account: the moment, the limits, and what the bank decided about channels.
#[derive(Clone, Copy)]
pub struct Terms<'a> {
    /// The moment decided for.
    pub now: Timestamp,
    /// The limits in force.
    pub limits: &'a Limits,
    /// The strength of each channel.
    pub strengths: Strengths,
    /// What else the bank has decided about channels.
    pub policy: Policy,
}

/// Where the bank reaches its customer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Contact {
    /// By telephone.
    pub phone: Option<PhoneNumber>,
    /// By mail.
    pub email: Option<Mailbox>,
}

impl Contact {
    /// The address that a channel would send to.
    #[must_use]
    pub fn of(&self, channel: Channel) -> Option<Address> {
        match channel {
            Channel::Sms => self.phone.clone().map(Address::Phone),
            Channel::Email => self.email.clone().map(Address::Mailbox),
            Channel::Totp | Channel::Recovery => None,
        }
    }

    /// Every address.
    pub fn addresses(&self) -> impl Iterator<Item = Address> {
        Channel::ALL.into_iter().filter_map(|channel| self.of(channel))
    }

    /// Puts an address in its place.
    pub fn put(&mut self, address: &Address) {
        match address {
            Address::Phone(phone) => self.phone = Some(phone.clone()),
            Address::Mailbox(mailbox) => self.email = Some(mailbox.clone()),
        }
    }

    /// Forgets a channel's address.
    pub fn clear(&mut self, channel: Channel) {
        match channel {
            Channel::Sms => self.phone = None,
            Channel::Email => self.email = None,
            Channel::Totp | Channel::Recovery => {}
        }
    }
}

/// A session that proved itself with a one-shot token, and what that showed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StepUp {
    /// The session: the id of an access token, or the keyed hash of a foreign credential.
    pub session: AccessTokenId,
    /// Until when it counts.
    pub until: Timestamp,
    /// How strong the channel was that solved the token's challenge.
    pub strength: Strength,
}

/// An access token that a transition makes, with the hash of its secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewAccessToken {
    /// The token.
    pub token: AccessToken,
    /// All that is kept of its secret.
    pub hash: SecretHash,
}

/// Which of the account's access tokens a transition ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EndedTokens {
    /// None.
    #[default]
    None,
    /// This one.
    One(AccessTokenId),
    /// Every one.
    All,
}

/// An account with all that a decision about it depends on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Its id.
    pub id: AccountId,
    /// Its name.
    pub username: Username,
    /// Where the bank reaches the customer.
    pub contact: Contact,
    /// The customer's language.
    pub language: Option<Language>,
    /// How it stands with its wrong tries.
    pub standing: Standing,
    /// When it was deleted.
    pub deleted_at: Option<Timestamp>,
    /// Its active addresses, at most one a channel.
    pub channels: Vec<ActiveChannel>,
    /// Its devices, each under a name of its own.
    pub devices: Vec<Device>,
    /// Its recovery codes.
    pub recovery: Option<RecoveryCodes>,
    /// Its sessions that are stepped up.
    pub step_ups: Vec<StepUp>,
    /// Its live challenges, and any other that the request names.
    pub challenges: Vec<Challenge>,
    /// How often every challenge was voided: an id that was sealed before is void.
    pub epoch: u32,
    /// When its messages of the last day were sent.
    pub sends: Vec<Timestamp>,
    /// When answers of the bank core were withheld on the last day.
    pub withheld: Vec<Timestamp>,
    /// What messages are still allowed.
    pub allowance: Allowance,
    /// The limits that refused something lately.
    pub refused: Vec<Refused>,
    /// Where its audit trail ends.
    pub trail: TrailHead,
    /// What this transition writes to the trail.
    pub events: Vec<Event>,
    /// What this transition tells the customer.
    pub posted: Vec<PostedNotice>,
    /// The notices that are over with this transition.
    pub concluded: Vec<TransmissionId>,
    /// The access token that this transition makes.
    pub new_token: Option<NewAccessToken>,
    /// The access tokens that this transition ends.
    pub ended_tokens: EndedTokens,
}

impl Account {
    /// A new account without channels.
    #[must_use]
    pub fn new(id: AccountId, username: Username) -> Self {
        Self {
            id,
            username,
            contact: Contact::default(),
            language: None,
            standing: Standing::default(),
            deleted_at: None,
            channels: Vec::new(),
            devices: Vec::new(),
            recovery: None,
            step_ups: Vec::new(),
            challenges: Vec::new(),
            epoch: 0,
            sends: Vec::new(),
            withheld: Vec::new(),
            allowance: Allowance::default(),
            refused: Vec::new(),
            trail: TrailHead::EMPTY,
            events: Vec::new(),
            posted: Vec::new(),
            concluded: Vec::new(),
            new_token: None,
            ended_tokens: EndedTokens::None,
        }
    }

    /// Notes an event of this transition.
    pub fn note(&mut self, event: Event) {
        self.events.push(event);
    }

    /// The active address behind a channel.
    #[must_use]
    pub fn active(&self, channel: Channel) -> Option<&ActiveChannel> {
        self.channels.iter().find(|active| active.address.channel() == channel)
    }

    /// The challenge of that id.
    pub fn challenge(&self, id: ChallengeId) -> Result<&Challenge, Refusal> {
        self.challenges.iter().find(|challenge| challenge.id == id).ok_or(Refusal::ChallengeNotFound)
    }

    /// The same, to be changed.
    pub fn challenge_mut(&mut self, id: ChallengeId) -> Result<&mut Challenge, Refusal> {
        self.challenges.iter_mut().find(|challenge| challenge.id == id).ok_or(Refusal::ChallengeNotFound)
    }

    /// The challenge that would prove a new address of this channel.
    #[must_use]
    pub fn pending(&self, channel: Channel, now: Timestamp) -> Option<&Challenge> {
        self.challenges.iter().find(|challenge| {
            challenge.kind == ChallengeKind::Address && challenge.channel() == channel && challenge.is_alive(now)
        })
    }

    /// Refuses while the account is blocked.
    pub fn refuse_blocked(&self, terms: &Terms<'_>) -> Result<(), Refusal> {
        match self.standing.blocked_for(terms.now, terms.limits) {
            Some(retry_after) => Err(Refusal::AccountBlocked { retry_after }),
            None => Ok(()),
        }
    }

    /// How long a channel still cools down.
    #[must_use]
    pub fn cooling(&self, channel: Channel, terms: &Terms<'_>) -> Duration {
        let of_channel = self.challenges.iter().filter(|challenge| challenge.channel() == channel);
        of_channel
            .filter_map(|challenge| challenge.cools_until(terms.limits))
            .map(|until| until.since(terms.now))
            .max()
            .unwrap_or_default()
    }

    /// How long until a challenge can be sent again, as far as its channel and its own message under way go. One of
    /// Taler's whose attempts are exhausted waits for neither.
    #[must_use]
    pub fn busy(&self, challenge: &Challenge, terms: &Terms<'_>) -> Duration {
        if challenge.kind == ChallengeKind::Taler && challenge.phase(terms.now) == Phase::Exhausted {
            return Duration::ZERO;
        }
        let under_way = challenge.claim.map_or(Duration::ZERO, |claim| claim.lease_until.since(terms.now));
        self.cooling(challenge.channel(), terms).max(under_way)
    }

    /// Ends a challenge, or the unspent token it yielded. What has ended already stays as it is. Nobody waits for a
    /// sending under way any more, but it may arrive: its channel cools down as after any other.
    pub fn void(&mut self, id: ChallengeId, reason: &'static str) {
        let Ok(challenge) = self.challenge_mut(id) else { return };
        if matches!(challenge.state, State::Open | State::Solved(Some(_))) {
            challenge.state = State::Void;
            if let Some(claim) = challenge.claim.take() {
                challenge.transmitted_at = Some(claim.claimed_at);
            }
            self.note(Event::of(EventKind::ChallengeVoided).about(id).with("reason", reason));
        }
    }

    /// Ends every challenge and unspent token but the one that pays, those with it that exist as sealed ids alone.
    pub(super) fn void_all(&mut self, reason: &'static str, paid_by: Option<ChallengeId>) {
        self.void_where(reason, |challenge| Some(challenge.id) != paid_by);
        self.step_ups.clear();
        self.epoch = self.epoch.saturating_add(1);
    }

    /// Ends every challenge and unspent token that `chosen` says.
    pub fn void_where(&mut self, reason: &'static str, chosen: impl Fn(&Challenge) -> bool) {
        let ids: Vec<ChallengeId> =
            self.challenges.iter().filter(|challenge| chosen(challenge)).map(|challenge| challenge.id).collect();
        for id in ids {
            self.void(id, reason);
        }
    }
}
