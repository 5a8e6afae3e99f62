//! Enrolling a new address: a TAN goes to it, and it is in force once that comes back.

use crate::domain::{
    account::{Account, Terms},
    address::Address,
    challenge::ChallengeKind,
    channel::Channel,
    event::{Event, EventKind},
    id::ReservationId,
    operation::OperationDigest,
    refusal::Refusal,
    rules::{
        protect::Clearance,
        request::{NewChallenge, Wish, open_challenge},
        settle::Holding,
    },
};

impl Account {
    /// The address that an enrolment is about: the given one, else the account's contact data.
    pub fn address_to_enrol(&self, channel: Channel, given: Option<Address>) -> Result<Address, Refusal> {
        let address = given.or_else(|| self.contact.of(channel)).ok_or(Refusal::NoAddress)?;
        match self.active(channel) {
            Some(active) if active.address == address => Err(Refusal::ChannelExists),
            _ => Ok(address),
        }
    }

    /// Refuses an enrolment that would be refused whatever its proof: a block, the cool-down, too many open. The one
    /// that it would void is not open any more.
    pub fn refuse_enrolment(&self, terms: &Terms<'_>, channel: Channel) -> Result<(), Refusal> {
        self.refuse_blocked(terms)?;
        let replaced = self.pending(channel, terms.now).map(|pending| pending.id);
        self.refuse_hot(channel, terms, replaced)
    }

    /// Begins the proof of a new address. An earlier unproven one of the channel is void. The token that cleared
    /// this `operation` is held until the message was handed over.
    pub fn enrol(
        &mut self,
        terms: &Terms<'_>,
        new: &NewChallenge,
        address: Address,
        cleared: Clearance,
        operation: OperationDigest,
    ) -> Result<(), Refusal> {
        let channel = address.channel();
        self.refuse_enrolment(terms, channel)?;
        self.refuse_sending(terms, &address)?;
        if let Clearance::Token(paid_by) = cleared {
            let reservation = ReservationId::of_enrolment(new.id);
            let holding = Holding { reservation, lease: new.sending.lease, operation, idempotent: false };
            self.hold(terms, paid_by, &holding)?;
        }
        self.count_sending(terms, &address);
        self.drop_pending(channel, terms.now, "a second enrolment");
        let mut challenge = open_challenge(terms, new, ChallengeKind::Address, address, Wish::default());
        challenge.paid_by = cleared.paid_by();
        let pending = Event::of(EventKind::ChannelPending).about(new.id).with("channel", channel.name());
        self.note(pending.with("tan_info", challenge.address.masked()));
        self.challenges.push(challenge);
        Ok(())
    }
}
