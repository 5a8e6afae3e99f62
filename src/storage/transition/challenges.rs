//! The challenge that a transition makes, and those that it changes.

use tokio_postgres::types::ToSql;
use uuid::Uuid;

use super::{Parameters, small};
use crate::{
    domain::{
        account::Account,
        address::Address,
        challenge::{Challenge, IssuedToken, State},
        factor::{NewDevice, Target},
        id::{AccessTokenId, ChallengeId},
        summary::Approval,
    },
    storage::{
        error::StoreError,
        moment::Moment,
        seal::{Column, Sealer},
    },
};

/// $23 to $44, $102 and $103, and $106: a challenge that was made.
pub(super) struct Made {
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
    device: Option<String>,
    secret: Option<Vec<u8>>,
    language: Option<String>,
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
    device: None,
    secret: None,
    language: None,
};

impl Made {
    pub(super) fn of(account: &Account, challenge: &Challenge, sealer: &Sealer<'_>) -> Result<Self, StoreError> {
        let (owner, id) = (account.id.as_uuid(), challenge.id.as_uuid());
        let seal_address = |address: &Address| sealer.seal(Column::ChallengeAddress(owner, id), address.reveal());
        let device = if let Target::NewDevice(device) = &challenge.target { Some(device) } else { None };
        let seal_secret = |device: &NewDevice| sealer.seal_secret(Column::ChallengeSecret(owner, id), &device.secret);
        let seal_summary = |summary: &Approval| sealer.seal(Column::ChallengeSummary(owner, id), &summary.carried());
        Ok(Self {
            id: Some(id),
            kind: Some(challenge.kind.name()),
            channel: Some(challenge.channel().name()),
            address: challenge.address().map(seal_address).transpose()?,
            operation: challenge.operation.map(|digest| digest.as_bytes().to_vec()),
            summary: challenge.summary.as_ref().map(seal_summary).transpose()?,
            access_token: challenge.access_token.map(AccessTokenId::as_uuid),
            paid_by: challenge.paid_by.map(ChallengeId::as_uuid),
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
            device: device.map(|device| device.name.to_string()),
            secret: device.map(seal_secret).transpose()?,
            language: challenge.language.as_ref().map(ToString::to_string),
        })
    }

    pub(super) fn parameters(made: Option<&Self>) -> Parameters<'_> {
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

    /// $102 and $103: the device that it is to put in force.
    pub(super) fn device_parameters(made: Option<&Self>) -> Parameters<'_> {
        let made = made.unwrap_or(&NOTHING_MADE);
        parameters![made.device, made.secret]
    }

    /// $106: the language that the client asked for.
    pub(super) fn language_parameter(made: Option<&Self>) -> &(dyn ToSql + Sync) {
        &made.unwrap_or(&NOTHING_MADE).language
    }
}

/// $45 to $59, $84 to $87, $104, and $107: challenges that were changed.
#[derive(Default)]
pub(super) struct Changed {
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
    reserved_operations: Vec<Option<Vec<u8>>>,
    reserved_first: Vec<Option<Uuid>>,
    reserved_idempotent: Vec<bool>,
    held_until: Vec<Option<Moment>>,
    counts_from: Vec<Option<Moment>>,
    carried_by: Vec<Option<String>>,
}

impl Changed {
    pub(super) fn of<'c>(challenges: impl Iterator<Item = &'c Challenge>) -> Self {
        let mut columns = Self::default();
        for challenge in challenges {
            columns.push(challenge);
        }
        columns
    }

    fn push(&mut self, challenge: &Challenge) {
        let token = issued(challenge);
        let held = challenge.reservation;
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
        self.reserved_operations.push(held.map(|held| held.operation.as_bytes().to_vec()));
        self.reserved_first.push(held.map(|held| held.first.as_uuid()));
        self.reserved_idempotent.push(held.is_some_and(|held| held.idempotent));
        self.counts_from.push(challenge.counts_from.map(Moment));
        self.carried_by.push(challenge.carried_by.clone());
        self.held_until.push(held.filter(|held| token.is_some() && !held.told).map(|held| Moment(held.until)));
    }

    pub(super) fn parameters(&self) -> Parameters<'_> {
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

    /// $104.
    pub(super) fn trust_parameters(&self) -> Parameters<'_> {
        parameters![self.counts_from]
    }

    /// $107.
    pub(super) fn carrier_parameter(&self) -> &(dyn ToSql + Sync) {
        &self.carried_by
    }

    /// $84 to $87.
    pub(super) fn reservation_parameters(&self) -> Parameters<'_> {
        parameters![self.reserved_operations, self.reserved_first, self.reserved_idempotent, self.held_until]
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
