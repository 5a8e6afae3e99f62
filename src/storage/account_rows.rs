//! Rows of `account.load` become an [`Account`].

use tokio_postgres::Row;
use uuid::Uuid;

use super::{
    columns::{bytes32, channel, moment, moments, natural, optional_bytes32},
    error::StoreError,
    factor_rows::{read_factors, read_step_ups, read_target},
    meters,
    moment::Moment,
    seal::{Column, Sealer},
};
use crate::domain::{
    account::{Account, Contact},
    address::{Address, Mailbox, PhoneNumber},
    challenge::{Challenge, ChallengeKind, Claim, Idempotency, IssuedToken, Reservation, State},
    channel::{Channel, Strength},
    event::TrailHead,
    id::{AccessTokenId, AccountId, ChallengeId, ReservationId, TransmissionId},
    keys::KeyId,
    language::Language,
    operation::OperationDigest,
    rules::refusals::Refused,
    secret::SecretHash,
    standing::Standing,
    summary::Approval,
    time::Timestamp,
    username::Username,
};

/// An account as it stands in the database, with what its next transition must know.
pub(super) struct Stored {
    pub(super) account: Account,
    pub(super) version: i64,
    pub(super) read_at: Timestamp,
    pub(super) sealed_contact: SealedContact,
}

/// The contact columns as read: written back as they are when nothing changed.
#[derive(Clone, Default)]
pub(super) struct SealedContact {
    pub(super) phone: Option<Vec<u8>>,
    pub(super) email: Option<Vec<u8>>,
    /// The keys that messages to them are counted by.
    pub(super) meters: Vec<Vec<u8>>,
}

/// `enrolled` are the addresses that the request names, for what was sent to them.
/// `guarded`: whether the rows tell of ceilings and closed prefixes.
pub(super) fn read(
    rows: &[Row],
    enrolled: &[Address],
    sealer: &Sealer<'_>,
    guarded: bool,
) -> Result<Option<Stored>, StoreError> {
    let Some(first) = rows.first() else { return Ok(None) };
    let mut stored = read_account(first, sealer)?;
    let account = stored.account.id.as_uuid();
    for row in rows {
        let Some(id) = row.try_get::<_, Option<Uuid>>("challenge_id")? else { continue };
        let known = stored.account.challenges.iter().any(|challenge| challenge.id.as_uuid() == id);
        if !known {
            stored.account.challenges.push(read_challenge(row, account, id, sealer)?);
        }
    }
    let contact = stored.account.contact.addresses();
    let challenges = stored.account.challenges.iter().filter_map(|challenge| challenge.address().cloned());
    stored.account.allowance =
        meters::read_allowance(first, contact.chain(challenges).chain(enrolled.iter().cloned()), sealer.ring, guarded)?;
    Ok(Some(stored))
}

fn read_account(row: &Row, sealer: &Sealer<'_>) -> Result<Stored, StoreError> {
    let id: Uuid = row.try_get("account_id")?;
    let username: &str = row.try_get("username")?;
    let sealed_contact = SealedContact {
        phone: row.try_get("contact_phone")?,
        email: row.try_get("contact_email")?,
        meters: row.try_get("contact_meters")?,
    };
    let language: Option<&str> = row.try_get("language")?;
    let mut account = Account::new(AccountId::from_uuid(id), Username::stored(username));
    account.contact = read_contact(id, &sealed_contact, sealer)?;
    account.language = language.and_then(Language::parse);
    account.standing = read_standing(row)?;
    account.deleted_at = moment(row, "deleted_at")?;
    read_factors(&mut account, row, sealer)?;
    account.step_ups = read_step_ups(row)?;
    account.epoch =
        u32::try_from(row.try_get::<_, i32>("epoch")?).map_err(|_| StoreError::Corrupt("negative epoch"))?;
    account.sends = moments(row, "sends")?;
    account.withheld = moments(row, "withheld")?;
    account.refused = read_refused(row)?;
    account.trail = TrailHead {
        sequence: row.try_get("event_sequence")?,
        mac: bytes32(row.try_get("event_mac")?)?,
        at: row.try_get::<_, Moment>("event_at")?.0,
    };
    let read_at = row.try_get::<_, Moment>("read_at")?.0;
    Ok(Stored { account, version: row.try_get("version")?, read_at, sealed_contact })
}

pub(super) fn read_contact(account: Uuid, columns: &SealedContact, sealer: &Sealer<'_>) -> Result<Contact, StoreError> {
    let open = |channel, sealed: &Option<Vec<u8>>| {
        sealed.as_deref().map(|sealed| sealer.open(Column::Contact(account, channel), sealed)).transpose()
    };
    Ok(Contact {
        phone: open(Channel::Sms, &columns.phone)?.map(|raw| PhoneNumber::stored(&raw)),
        email: open(Channel::Email, &columns.email)?.map(|raw| Mailbox::stored(&raw)),
    })
}

fn read_refused(row: &Row) -> Result<Vec<Refused>, StoreError> {
    let limits: Vec<&str> = row.try_get("refused_limits")?;
    let times: Vec<i32> = row.try_get("refused_times")?;
    let rows = limits.into_iter().zip(moments(row, "refused_since")?).zip(times);
    let refused = |((limit, since), times): ((&str, _), i32)| Refused {
        limit: limit.to_owned(),
        since,
        times: times.unsigned_abs(),
    };
    Ok(rows.map(refused).collect())
}

fn read_standing(row: &Row) -> Result<Standing, StoreError> {
    let failed_strength: Option<&str> = row.try_get("failed_strength")?;
    Ok(Standing {
        failures: natural(row.try_get("failures")?)?,
        total_failures: natural(row.try_get("total_failures")?)?,
        failed_strength: failed_strength.and_then(Strength::named),
        blocks: natural(row.try_get("blocks")?)?,
        blocked_until: moment(row, "blocked_until")?,
    })
}

fn read_challenge(row: &Row, account: Uuid, id: Uuid, sealer: &Sealer<'_>) -> Result<Challenge, StoreError> {
    let channel = channel(row.try_get("channel")?)?;
    let summary: Option<&[u8]> = row.try_get("summary")?;
    Ok(Challenge {
        id: ChallengeId::from_uuid(id),
        kind: ChallengeKind::named(row.try_get("kind")?).ok_or(StoreError::Corrupt("unknown kind of challenge"))?,
        target: read_target(row, channel, account, id, sealer)?,
        operation: optional_bytes32(row.try_get("operation")?)?.map(OperationDigest::from_bytes),
        summary: summary
            .map(|sealed| sealer.open(Column::ChallengeSummary(account, id), sealed))
            .transpose()?
            .and_then(|carried| Approval::read(&carried)),
        language: row.try_get::<_, Option<&str>>("asked_language")?.and_then(Language::parse),
        access_token: row.try_get::<_, Option<Uuid>>("access_token")?.map(AccessTokenId::from_uuid),
        paid_by: row.try_get::<_, Option<Uuid>>("paid_by")?.map(ChallengeId::from_uuid),
        tan_key: KeyId(natural(row.try_get("tan_key")?)?),
        tan_digits: u8::try_from(row.try_get::<_, i16>("tan_digits")?)
            .map_err(|_| StoreError::Corrupt("impossible number of digits"))?,
        generation: u32::try_from(row.try_get::<_, i32>("generation")?)
            .map_err(|_| StoreError::Corrupt("negative generation"))?,
        requested_at: row.try_get::<_, Moment>("requested_at")?.0,
        ends_at: row.try_get::<_, Moment>("ends_at")?.0,
        tan_expires_at: row.try_get::<_, Moment>("tan_expires_at")?.0,
        attempts_left: natural(row.try_get("attempts_left")?)?,
        transmissions: natural(row.try_get("transmissions")?)?,
        transmitted_at: moment(row, "transmitted_at")?,
        carried_by: row.try_get("carried_by")?,
        claim: read_claim(row)?,
        idempotency: read_idempotency(row)?,
        reservation: read_reservation(row)?,
        counts_from: moment(row, "counts_from")?,
        state: read_state(row)?,
    })
}

fn read_claim(row: &Row) -> Result<Option<Claim>, StoreError> {
    let transmission: Option<Uuid> = row.try_get("claim_transmission")?;
    let times = moment(row, "claimed_at")?.zip(moment(row, "claim_until")?);
    let claim = |(transmission, (claimed_at, lease_until))| Claim {
        transmission: TransmissionId::from_uuid(transmission),
        claimed_at,
        lease_until,
    };
    Ok(transmission.zip(times).map(claim))
}

fn read_idempotency(row: &Row) -> Result<Option<Idempotency>, StoreError> {
    let key = optional_bytes32(row.try_get("idempotency_key")?)?;
    let request = optional_bytes32(row.try_get("idempotency_request")?)?;
    let known = |(key, request)| Idempotency {
        key: SecretHash::from_bytes(key),
        request: OperationDigest::from_bytes(request),
    };
    Ok(key.zip(request).map(known))
}

fn read_state(row: &Row) -> Result<State, StoreError> {
    Ok(match row.try_get("state")? {
        "open" => State::Open,
        "solved" => State::Solved(read_token(row)?),
        "spent" => State::Spent,
        "aborted" => State::Aborted,
        "void" => State::Void,
        _ => return Err(StoreError::Corrupt("unknown state of a challenge")),
    })
}

fn read_token(row: &Row) -> Result<Option<IssuedToken>, StoreError> {
    let hash = optional_bytes32(row.try_get("token_hash")?)?;
    let token = |(hash, expires_at)| IssuedToken { hash: SecretHash::from_bytes(hash), expires_at };
    Ok(hash.zip(moment(row, "token_expires_at")?).map(token))
}

/// A hold from before its columns were all there has no operation: nothing matches it, and it is never tried again.
fn read_reservation(row: &Row) -> Result<Option<Reservation>, StoreError> {
    let id: Option<Uuid> = row.try_get("reservation_id")?;
    let operation = optional_bytes32(row.try_get("reserved_operation")?)?.unwrap_or_default();
    let first: Option<Uuid> = row.try_get("reserved_first")?;
    let idempotent: bool = row.try_get("reserved_idempotent")?;
    let told = moment(row, "held_until")?.is_none();
    let held = |(id, until)| Reservation {
        id: ReservationId::from_uuid(id),
        until,
        operation: OperationDigest::from_bytes(operation),
        first: ReservationId::from_uuid(first.unwrap_or(id)),
        idempotent,
        told,
    };
    Ok(id.zip(moment(row, "reserved_until")?).map(held))
}
