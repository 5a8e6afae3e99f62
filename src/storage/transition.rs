//! One decision becomes one statement (`sql/queries/account/transition.sql`): the parameters, block by block in the
//! order of their numbers.

use std::collections::BTreeMap;

use tokio_postgres::types::ToSql;
use uuid::Uuid;

use super::{
    account_rows::{SealedContact, Stored},
    error::StoreError,
    moment::Moment,
    seal::{Column, Sealer},
};
use crate::domain::{
    account::{Account, EndedTokens, NewAccessToken},
    caller::Mfa,
    challenge::{Challenge, IssuedToken, State},
    channel::Channel,
    event::{Event, Link, TrailHead},
    limits::Limits,
    time::Timestamp,
};

pub(super) type Parameters<'a> = Vec<&'a (dyn ToSql + Sync)>;

macro_rules! parameters {
    ($($value:expr),* $(,)?) => { vec![$(&$value as &(dyn ToSql + Sync)),*] };
}

/// Everything that a decision changed, ready to be bound.
pub(super) struct Transition {
    head: Head,
    events: EventColumns,
    made: Option<Made>,
    changed: Changed,
    channels: ChannelColumns,
    tokens: TokenColumns,
    durability: &'static str,
}

/// What the writer of a transition says beside the account itself.
#[derive(Clone, Copy)]
pub(super) struct Writing<'a> {
    pub(super) actor: &'a str,
    pub(super) now: Timestamp,
    pub(super) limits: &'a Limits,
    /// Whether the commit may be lost in a crash of the database without harm.
    pub(super) may_be_lost: bool,
}

impl Transition {
    /// `None` when nothing changed.
    pub(super) fn between(
        stored: &Stored,
        after: &Account,
        sealer: &Sealer<'_>,
        writing: &Writing<'_>,
    ) -> Result<Option<Self>, StoreError> {
        if stored.account == *after {
            return Ok(None);
        }
        let before = &stored.account;
        let events = EventColumns::chain(after, sealer, writing)?;
        let known = |challenge: &&Challenge| before.challenge(challenge.id).is_ok();
        let made = after.challenges.iter().find(|challenge| !known(challenge));
        let differs = |challenge: &&Challenge| before.challenge(challenge.id).is_ok_and(|old| old != *challenge);
        Ok(Some(Self {
            head: Head::of(stored, after, sealer, writing, &events)?,
            made: made.map(|challenge| Made::of(after, challenge, sealer)).transpose()?,
            changed: Changed::of(after.challenges.iter().filter(differs)),
            channels: ChannelColumns::between(before, after, sealer)?,
            tokens: TokenColumns::of(after),
            durability: if writing.may_be_lost { "off" } else { "on" },
            events,
        }))
    }

    pub(super) fn parameters(&self) -> Parameters<'_> {
        let mut all = self.head.parameters();
        all.extend(self.events.parameters());
        all.extend(Made::parameters(self.made.as_ref()));
        all.extend(self.changed.parameters());
        all.extend(self.channels.parameters());
        all.extend(self.tokens.parameters());
        all.push(&self.durability);
        all
    }
}

/// $1 to $15: the account's own row.
struct Head {
    account: Uuid,
    version: i64,
    contact: SealedContact,
    language: Option<String>,
    failures: i16,
    total_failures: i16,
    failed_strength: Option<&'static str>,
    blocks: i16,
    blocked_until: Option<Moment>,
    deleted_at: Option<Moment>,
    live: Vec<Uuid>,
    event_sequence: i64,
    event_mac: Vec<u8>,
    event_at: Moment,
}

impl Head {
    fn of(
        stored: &Stored,
        after: &Account,
        sealer: &Sealer<'_>,
        writing: &Writing<'_>,
        events: &EventColumns,
    ) -> Result<Self, StoreError> {
        let live = after.challenges.iter().filter(|challenge| challenge.is_live(writing.now, writing.limits));
        let contact = if stored.account.contact == after.contact {
            stored.sealed_contact.clone()
        } else {
            seal_contact(after, sealer)?
        };
        Ok(Self {
            account: after.id.as_uuid(),
            version: stored.version,
            contact,
            language: after.language.as_ref().map(ToString::to_string),
            failures: small(after.standing.failures),
            total_failures: small(after.standing.total_failures),
            failed_strength: after.standing.failed_strength.map(crate::domain::channel::Strength::name),
            blocks: small(after.standing.blocks),
            blocked_until: after.standing.blocked_until.map(Moment),
            deleted_at: after.deleted_at.map(Moment),
            live: live.map(|challenge| challenge.id.as_uuid()).collect(),
            event_sequence: events.head.sequence,
            event_mac: events.head.mac.to_vec(),
            event_at: Moment(events.head.at),
        })
    }

    fn parameters(&self) -> Parameters<'_> {
        parameters![
            self.account,
            self.version,
            self.contact.phone,
            self.contact.email,
            self.language,
            self.failures,
            self.total_failures,
            self.failed_strength,
            self.blocks,
            self.blocked_until,
            self.deleted_at,
            self.live,
            self.event_sequence,
            self.event_mac,
            self.event_at,
        ]
    }
}

/// $16 to $22: what is appended to the trail.
pub(super) struct EventColumns {
    pub(super) head: TrailHead,
    actor: String,
    key: i16,
    sequences: Vec<i64>,
    kinds: Vec<&'static str>,
    challenges: Vec<Option<Uuid>>,
    details: Vec<String>,
    macs: Vec<Vec<u8>>,
}

impl EventColumns {
    /// Chains the account's new events to its trail.
    pub(super) fn chain(account: &Account, sealer: &Sealer<'_>, writing: &Writing<'_>) -> Result<Self, StoreError> {
        let key = sealer.ring.active();
        let mut columns = Self {
            head: account.trail,
            actor: writing.actor.to_owned(),
            key: small(key.0),
            sequences: Vec::new(),
            kinds: Vec::new(),
            challenges: Vec::new(),
            details: Vec::new(),
            macs: Vec::new(),
        };
        columns.head.at = writing.now;
        for event in &account.events {
            columns.append(account, event, sealer)?;
        }
        Ok(columns)
    }

    fn append(&mut self, account: &Account, event: &Event, sealer: &Sealer<'_>) -> Result<(), StoreError> {
        let details: BTreeMap<&str, &str> = event.details.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let sorted: Vec<(&str, &str)> = details.iter().map(|(name, value)| (*name, *value)).collect();
        let sequence = self.head.sequence.saturating_add(1);
        let link = Link {
            key: sealer.ring.active(),
            account: account.id,
            sequence,
            at: self.head.at,
            kind: event.kind.name(),
            actor: &self.actor,
            challenge: event.challenge,
            details: &sorted,
        };
        self.head.mac = link.mac(sealer.ring, &self.head.mac)?;
        self.head.sequence = sequence;
        self.sequences.push(sequence);
        self.kinds.push(event.kind.name());
        self.challenges.push(event.challenge.map(crate::domain::id::ChallengeId::as_uuid));
        self.details
            .push(serde_json::to_string(&details).map_err(|_| StoreError::Corrupt("an event's details are no JSON"))?);
        self.macs.push(self.head.mac.to_vec());
        Ok(())
    }

    fn parameters(&self) -> Parameters<'_> {
        parameters![self.actor, self.key, self.sequences, self.kinds, self.challenges, self.details, self.macs]
    }

    /// The columns of `account.create`: no event of a new account is about a challenge.
    pub(super) fn creation_parameters(&self) -> Parameters<'_> {
        parameters![self.actor, self.key, self.sequences, self.kinds, self.details, self.macs]
    }
}

/// $23 to $44: a challenge that was made.
struct Made {
    id: Option<Uuid>,
    kind: Option<&'static str>,
    channel: Option<&'static str>,
    address: Option<Vec<u8>>,
    operation: Option<Vec<u8>>,
    summary: Option<Vec<u8>>,
    access_token: Option<Uuid>,
    paid_by: Option<Uuid>,
    tan_key: Option<i16>,
    tan_digits: Option<i16>,
    requested_at: Option<Moment>,
    ends_at: Option<Moment>,
    idempotency_key: Option<Vec<u8>>,
    idempotency_request: Option<Vec<u8>>,
    generation: Option<i32>,
    tan_expires_at: Option<Moment>,
    attempts_left: Option<i16>,
    transmissions: Option<i16>,
    claim_transmission: Option<Uuid>,
    claimed_at: Option<Moment>,
    claim_until: Option<Moment>,
    state: Option<&'static str>,
}

const NOTHING_MADE: Made = Made {
    id: None,
    kind: None,
    channel: None,
    address: None,
    operation: None,
    summary: None,
    access_token: None,
    paid_by: None,
    tan_key: None,
    tan_digits: None,
    requested_at: None,
    ends_at: None,
    idempotency_key: None,
    idempotency_request: None,
    generation: None,
    tan_expires_at: None,
    attempts_left: None,
    transmissions: None,
    claim_transmission: None,
    claimed_at: None,
    claim_until: None,
    state: None,
};

impl Made {
    fn of(account: &Account, challenge: &Challenge, sealer: &Sealer<'_>) -> Result<Self, StoreError> {
        let (owner, id) = (account.id.as_uuid(), challenge.id.as_uuid());
        let seal_summary = |summary: &String| sealer.seal(Column::ChallengeSummary(owner, id), summary);
        Ok(Self {
            id: Some(id),
            kind: Some(challenge.kind.name()),
            channel: Some(challenge.channel.name()),
            address: Some(sealer.seal(Column::ChallengeAddress(owner, id), challenge.address.reveal())?),
            operation: challenge.operation.map(|digest| digest.as_bytes().to_vec()),
            summary: challenge.summary.as_ref().map(seal_summary).transpose()?,
            access_token: challenge.access_token.map(crate::domain::id::AccessTokenId::as_uuid),
            paid_by: challenge.paid_by.map(crate::domain::id::ChallengeId::as_uuid),
            tan_key: Some(small(challenge.tan_key.0)),
            tan_digits: Some(i16::from(challenge.tan_digits)),
            requested_at: Some(Moment(challenge.requested_at)),
            ends_at: Some(Moment(challenge.ends_at)),
            idempotency_key: challenge.idempotency.map(|known| known.key.as_bytes().to_vec()),
            idempotency_request: challenge.idempotency.map(|known| known.request.as_bytes().to_vec()),
            generation: Some(generation(challenge)),
            tan_expires_at: Some(Moment(challenge.tan_expires_at)),
            attempts_left: Some(small(challenge.attempts_left)),
            transmissions: Some(small(challenge.transmissions)),
            claim_transmission: challenge.claim.map(|claim| claim.transmission.as_uuid()),
            claimed_at: challenge.claim.map(|claim| Moment(claim.claimed_at)),
            claim_until: challenge.claim.map(|claim| Moment(claim.lease_until)),
            state: Some(challenge.state.name()),
        })
    }

    fn parameters(made: Option<&Self>) -> Parameters<'_> {
        let made = made.unwrap_or(&NOTHING_MADE);
        parameters![
            made.id,
            made.kind,
            made.channel,
            made.address,
            made.operation,
            made.summary,
            made.access_token,
            made.paid_by,
            made.tan_key,
            made.tan_digits,
            made.requested_at,
            made.ends_at,
            made.idempotency_key,
            made.idempotency_request,
            made.generation,
            made.tan_expires_at,
            made.attempts_left,
            made.transmissions,
            made.claim_transmission,
            made.claimed_at,
            made.claim_until,
            made.state,
        ]
    }
}

/// $45 to $59: challenges that were changed.
#[derive(Default)]
struct Changed {
    ids: Vec<Uuid>,
    generations: Vec<i32>,
    tan_expires_at: Vec<Moment>,
    attempts_left: Vec<i16>,
    transmissions: Vec<i16>,
    transmitted_at: Vec<Option<Moment>>,
    claim_transmissions: Vec<Option<Uuid>>,
    claimed_at: Vec<Option<Moment>>,
    claim_until: Vec<Option<Moment>>,
    keeps_idempotency: Vec<bool>,
    states: Vec<&'static str>,
    token_hashes: Vec<Option<Vec<u8>>>,
    token_expires_at: Vec<Option<Moment>>,
    reservations: Vec<Option<Uuid>>,
    reserved_until: Vec<Option<Moment>>,
}

impl Changed {
    fn of<'c>(challenges: impl Iterator<Item = &'c Challenge>) -> Self {
        let mut columns = Self::default();
        for challenge in challenges {
            columns.push(challenge);
        }
        columns
    }

    fn push(&mut self, challenge: &Challenge) {
        let token = issued(challenge);
        let held = token.and_then(|token| token.reservation);
        self.ids.push(challenge.id.as_uuid());
        self.generations.push(generation(challenge));
        self.tan_expires_at.push(Moment(challenge.tan_expires_at));
        self.attempts_left.push(small(challenge.attempts_left));
        self.transmissions.push(small(challenge.transmissions));
        self.transmitted_at.push(challenge.transmitted_at.map(Moment));
        self.claim_transmissions.push(challenge.claim.map(|claim| claim.transmission.as_uuid()));
        self.claimed_at.push(challenge.claim.map(|claim| Moment(claim.claimed_at)));
        self.claim_until.push(challenge.claim.map(|claim| Moment(claim.lease_until)));
        self.keeps_idempotency.push(challenge.idempotency.is_some());
        self.states.push(challenge.state.name());
        self.token_hashes.push(token.map(|token| token.hash.as_bytes().to_vec()));
        self.token_expires_at.push(token.map(|token| Moment(token.expires_at)));
        self.reservations.push(held.map(|held| held.id.as_uuid()));
        self.reserved_until.push(held.map(|held| Moment(held.until)));
    }

    fn parameters(&self) -> Parameters<'_> {
        parameters![
            self.ids,
            self.generations,
            self.tan_expires_at,
            self.attempts_left,
            self.transmissions,
            self.transmitted_at,
            self.claim_transmissions,
            self.claimed_at,
            self.claim_until,
            self.keeps_idempotency,
            self.states,
            self.token_hashes,
            self.token_expires_at,
            self.reservations,
            self.reserved_until,
        ]
    }
}

/// $60 to $63: channels that are gone, and those put in force.
struct ChannelColumns {
    gone: Vec<&'static str>,
    kinds: Vec<&'static str>,
    addresses: Vec<Vec<u8>>,
    sinces: Vec<Moment>,
}

impl ChannelColumns {
    fn between(before: &Account, after: &Account, sealer: &Sealer<'_>) -> Result<Self, StoreError> {
        let gone = before
            .channels
            .iter()
            .map(|active| active.address.channel())
            .filter(|channel| after.active(*channel).is_none());
        let mut columns = Self {
            gone: gone.map(Channel::name).collect(),
            kinds: Vec::new(),
            addresses: Vec::new(),
            sinces: Vec::new(),
        };
        for active in after.channels.iter().filter(|active| !before.channels.contains(active)) {
            let channel = active.address.channel();
            columns.kinds.push(channel.name());
            columns
                .addresses
                .push(sealer.seal(Column::ChannelAddress(after.id.as_uuid(), channel), active.address.reveal())?);
            columns.sinces.push(Moment(active.since));
        }
        Ok(columns)
    }

    fn parameters(&self) -> Parameters<'_> {
        parameters![self.gone, self.kinds, self.addresses, self.sinces]
    }
}

/// $64 to $75: access tokens that end, and the one that was made.
struct TokenColumns {
    ends_all: bool,
    ended: Option<Uuid>,
    id: Option<Uuid>,
    hash: Option<Vec<u8>>,
    scope: Option<&'static str>,
    of_account: bool,
    mfa: Option<&'static str>,
    mfa_until: Option<Moment>,
    operations: Option<Vec<String>>,
    description: Option<String>,
    created_at: Option<Moment>,
    expires_at: Option<Moment>,
}

impl TokenColumns {
    fn of(after: &Account) -> Self {
        let new = after.new_token.as_ref();
        let of = |read: fn(&NewAccessToken) -> Uuid| new.map(read);
        Self {
            ends_all: after.ended_tokens == EndedTokens::All,
            ended: if let EndedTokens::One(id) = after.ended_tokens { Some(id.as_uuid()) } else { None },
            id: of(|new| new.token.id.as_uuid()),
            hash: new.map(|new| new.hash.as_bytes().to_vec()),
            scope: new.map(|new| new.token.scope.name()),
            of_account: new.is_some_and(|new| new.token.scope.is_of_account()),
            mfa: new.map(|new| mfa_name(new.token.mfa)),
            mfa_until: new
                .and_then(|new| if let Mfa::SteppedUp { until } = new.token.mfa { Some(Moment(until)) } else { None }),
            operations: new.map(|new| new.token.operations.clone()),
            description: new.and_then(|new| new.token.description.clone()),
            created_at: new.map(|new| Moment(new.token.created_at)),
            expires_at: new.map(|new| Moment(new.token.expires_at)),
        }
    }

    fn parameters(&self) -> Parameters<'_> {
        parameters![
            self.ends_all,
            self.ended,
            self.id,
            self.hash,
            self.scope,
            self.of_account,
            self.mfa,
            self.mfa_until,
            self.operations,
            self.description,
            self.created_at,
            self.expires_at,
        ]
    }
}

pub(super) fn seal_contact(account: &Account, sealer: &Sealer<'_>) -> Result<SealedContact, StoreError> {
    let id = account.id.as_uuid();
    let seal = |channel| {
        account
            .contact
            .of(channel)
            .map(|address| sealer.seal(Column::Contact(id, channel), address.reveal()))
            .transpose()
    };
    Ok(SealedContact { phone: seal(Channel::Sms)?, email: seal(Channel::Email)? })
}

pub(super) const fn mfa_name(mfa: Mfa) -> &'static str {
    match mfa {
        Mfa::NonInteractive => "non-interactive",
        Mfa::Pending => "pending",
        Mfa::SteppedUp { .. } => "stepped-up",
    }
}

const fn issued(challenge: &Challenge) -> Option<&IssuedToken> {
    match &challenge.state {
        State::Solved(Some(token)) => Some(token),
        _ => None,
    }
}

fn generation(challenge: &Challenge) -> i32 {
    i32::try_from(challenge.generation).unwrap_or(i32::MAX)
}

/// Counts stay far below what a `smallint` holds; one that would not is kept at its end.
fn small(count: u16) -> i16 {
    i16::try_from(count).unwrap_or(i16::MAX)
}
