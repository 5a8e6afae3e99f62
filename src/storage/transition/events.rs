//! What a transition appends to the trail, chained.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::{Parameters, Writing, small};
use crate::{
    domain::{
        account::Account,
        event::{Event, Link, TrailHead},
        id::ChallengeId,
    },
    storage::{error::StoreError, seal::Sealer},
};

/// $16 to $22: what is appended to the trail.
pub(in crate::storage) struct EventColumns {
    pub(in crate::storage) head: TrailHead,
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
    pub(in crate::storage) fn chain(
        account: &Account,
        sealer: &Sealer<'_>,
        writing: &Writing<'_>,
    ) -> Result<Self, StoreError> {
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
        self.challenges.push(event.challenge.map(ChallengeId::as_uuid));
        self.details
            .push(serde_json::to_string(&details).map_err(|_| StoreError::Corrupt("an event's details are no JSON"))?);
        self.macs.push(self.head.mac.to_vec());
        Ok(())
    }

    pub(super) fn parameters(&self) -> Parameters<'_> {
        parameters![self.actor, self.key, self.sequences, self.kinds, self.challenges, self.details, self.macs]
    }

    /// The key that the MACs are made with.
    pub(in crate::storage) const fn key(&self) -> i16 {
        self.key
    }

    /// Row by row: sequence, kind, details, MAC. Those of a new account, none of which is about a challenge.
    pub(in crate::storage) fn rows(&self) -> impl Iterator<Item = (i64, &'static str, &str, &[u8])> {
        let texts = self.kinds.iter().copied().zip(self.details.iter().map(String::as_str));
        let rows = self.sequences.iter().copied().zip(texts).zip(&self.macs);
        rows.map(|((sequence, (kind, details)), mac)| (sequence, kind, details, mac.as_slice()))
    }

    /// The columns of `account.create`: no event of a new account is about a challenge.
    pub(in crate::storage) fn creation_parameters(&self) -> Parameters<'_> {
        parameters![self.actor, self.key, self.sequences, self.kinds, self.details, self.macs]
    }
}
