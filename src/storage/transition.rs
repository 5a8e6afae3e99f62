//! One decision becomes one statement (`sql/queries/account/transition.sql`): the parameters, block by block in the
//! order of their numbers.

/// The values as what a statement is bound to.
macro_rules! parameters {
    ($($value:expr),* $(,)?) => { vec![$(&$value as &(dyn tokio_postgres::types::ToSql + Sync)),*] };
}

mod allowance;
mod challenges;
mod events;
mod factors;
mod meters;
mod notices;
mod tokens;

use tokio_postgres::types::ToSql;
use uuid::Uuid;

use self::{
    allowance::{RefusalColumns, Taken},
    challenges::{Changed, Made},
    factors::{ChannelColumns, StepUpColumns},
    meters::MeterColumns,
    notices::NoticeColumns,
    tokens::TokenColumns,
};
use super::{
    account_rows::{SealedContact, Stored},
    error::StoreError,
    meters::{keys, keys_of},
    moment::Moment,
    seal::{Column, Sealer},
};
use crate::domain::{
    account::Account,
    challenge::Challenge,
    channel::{Channel, Strength},
    limits::Limits,
    time::Timestamp,
};

pub(super) use self::{allowance::places, events::EventColumns};

pub(super) type Parameters<'a> = Vec<&'a (dyn ToSql + Sync)>;

/// Everything that a decision changed, ready to be bound.
pub(super) struct Transition {
    head: Head,
    events: EventColumns,
    made: Option<Made>,
    changed: Changed,
    channels: ChannelColumns,
    tokens: TokenColumns,
    sends: Vec<Moment>,
    epoch: i32,
    withheld: Vec<Moment>,
    meters: MeterColumns,
    made_meters: Vec<Vec<u8>>,
    refusals: RefusalColumns,
    step_ups: StepUpColumns,
    taken: Taken,
    notices: NoticeColumns,
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
            sends: after.sends.iter().copied().map(Moment).collect(),
            epoch: i32::try_from(after.epoch).unwrap_or(i32::MAX),
            withheld: after.withheld.iter().copied().map(Moment).collect(),
            meters: MeterColumns::of(after, writing.limits, sealer.ring)?,
            made_meters: made
                .and_then(Challenge::address)
                .map_or(Ok(Vec::new()), |address| keys(address, sealer.ring))?,
            refusals: RefusalColumns::of(after),
            step_ups: StepUpColumns::of(after),
            taken: Taken::of(after, writing, sealer.ring)?,
            notices: NoticeColumns::of(after, sealer)?,
            durability: if writing.may_be_lost || only_counts(before, after) { "off" } else { "on" },
            events,
        }))
    }

    /// Whether it posts notices, or ends some.
    pub(super) fn tells(&self) -> bool {
        self.notices.is_of_any()
    }

    /// `guarded`: whether the statement looks after ceilings and closed prefixes; `telling`: whether after notices.
    pub(super) fn parameters(&self, guarded: bool, telling: bool) -> Parameters<'_> {
        let mut all = self.head.parameters();
        all.extend(self.events.parameters());
        all.extend(Made::parameters(self.made.as_ref()));
        all.extend(self.changed.parameters());
        all.extend(self.channels.parameters());
        all.extend(self.tokens.parameters());
        all.push(&self.durability);
        all.push(&self.sends);
        all.extend(self.meters.parameters());
        all.push(&self.head.contact.meters);
        all.push(&self.made_meters);
        all.push(&self.epoch);
        all.push(&self.withheld);
        all.extend(self.changed.reservation_parameters());
        all.extend(self.refusals.parameters());
        all.extend(self.step_ups.parameters());
        all.extend(self.channels.more_parameters());
        all.extend(Made::device_parameters(self.made.as_ref()));
        all.extend(self.changed.trust_parameters());
        all.extend(self.tokens.proof_parameters());
        all.push(Made::language_parameter(self.made.as_ref()));
        all.push(self.changed.carrier_parameter());
        if guarded {
            all.extend(self.taken.parameters());
        }
        if telling {
            all.extend(self.notices.parameters());
        }
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
            failed_strength: after.standing.failed_strength.map(Strength::name),
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

pub(super) fn seal_contact(account: &Account, sealer: &Sealer<'_>) -> Result<SealedContact, StoreError> {
    let id = account.id.as_uuid();
    let seal = |channel| {
        account
            .contact
            .of(channel)
            .map(|address| sealer.seal(Column::Contact(id, channel), address.reveal()))
            .transpose()
    };
    Ok(SealedContact {
        phone: seal(Channel::Sms)?,
        email: seal(Channel::Email)?,
        meters: keys_of(account.contact.addresses(), sealer.ring)?,
    })
}

/// Whether a limit refused again, and nothing else happened: a crash of the database may forget that count.
fn only_counts(before: &Account, after: &Account) -> bool {
    after.events.is_empty() && Account { refused: before.refused.clone(), ..after.clone() } == *before
}

/// Counts stay far below what a `smallint` holds; one that would not is kept at its end.
fn small(count: u16) -> i16 {
    i16::try_from(count).unwrap_or(i16::MAX)
}
