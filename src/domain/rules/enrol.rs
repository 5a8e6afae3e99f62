//! Enrolling a new address: a TAN goes to it, and it is in force once that comes back. Enrolling a new device: it shows
//! its first code.

use crate::domain::{
    account::{Account, Terms},
    address::Address,
    challenge::ChallengeKind,
    channel::Channel,
    event::{Event, EventKind},
    factor::{NewDevice, Target},
    id::{ChallengeId, ReservationId},
    operation::OperationDigest,
    policy::FirstChannel,
    refusal::Refusal,
    rules::{
        protect::Clearance,
        request::{NewChallenge, Wish, open_challenge},
        settle::Holding,
    },
    totp::DeviceName,
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
        self.refuse_bringing(terms)?;
        let replaced = self.pending(channel, terms.now).map(|pending| pending.id);
        self.refuse_hot(channel, terms, replaced)
    }

    /// Refuses whatever a customer would put in force: during a block, and where the first channel is an operator's to
    /// bring.
    pub(super) fn refuse_bringing(&self, terms: &Terms<'_>) -> Result<(), Refusal> {
        self.refuse_blocked(terms)?;
        self.refuse_first(terms)
    }

    /// Refuses the first channel of an account where that is an operator's to bring.
    pub(super) fn refuse_first(&self, terms: &Terms<'_>) -> Result<(), Refusal> {
        let by_operator = !self.is_protected() && terms.policy.first == FirstChannel::Operator;
        if by_operator { Err(Refusal::FirstByOperator) } else { Ok(()) }
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
        let sending = new.sending.ok_or(Refusal::ChannelNotSupported)?;
        self.refuse_sending(terms, &address)?;
        if let Clearance::Token(paid_by) = cleared {
            let reservation = ReservationId::of_enrolment(new.id);
            let holding = Holding { reservation, lease: sending.lease, operation, idempotent: false };
            self.hold(terms, paid_by, &holding)?;
        }
        self.count_sending(terms, &address);
        self.drop_pending(channel, terms.now, "a second enrolment");
        self.begin_proof(terms, new, Target::Address(address), cleared.paid_by());
        Ok(())
    }

    /// Begins the proof of a new device. An earlier unproven one is void. Nothing is sent, so that the operation has
    /// succeeded with this: the token that cleared it is spent.
    pub fn enrol_device(
        &mut self,
        terms: &Terms<'_>,
        new: &NewChallenge,
        device: NewDevice,
        cleared: Clearance,
    ) -> Result<(), Refusal> {
        self.refuse_new_device(terms, &device.name)?;
        self.pay(cleared);
        self.drop_pending(Channel::Totp, terms.now, "a second enrolment");
        self.begin_proof(terms, new, Target::NewDevice(device), None);
        Ok(())
    }

    /// Refuses a device that would be refused whatever its proof.
    pub fn refuse_new_device(&self, terms: &Terms<'_>, name: &DeviceName) -> Result<(), Refusal> {
        if !terms.policy.serves(Channel::Totp) {
            return Err(Refusal::ChannelNotSupported);
        }
        self.refuse_enrolment(terms, Channel::Totp)?;
        if self.devices.iter().any(|device| device.name == *name) {
            return Err(Refusal::ChannelExists);
        }
        if self.devices.len() >= usize::from(terms.limits.totp_devices) {
            return Err(Refusal::RateLimited { limit: "totp_devices", retry_after: terms.limits.block_max });
        }
        Ok(())
    }

    fn begin_proof(&mut self, terms: &Terms<'_>, new: &NewChallenge, target: Target, paid_by: Option<ChallengeId>) {
        let mut challenge = open_challenge(terms, new, ChallengeKind::Address, target, Wish::default());
        challenge.paid_by = paid_by;
        let pending = Event::of(EventKind::ChannelPending).about(new.id).with("channel", challenge.channel().name());
        // What a customer calls a device is not ours to keep for ever.
        self.note(match challenge.address() {
            Some(address) => pending.with("tan_info", address.masked()),
            None => pending,
        });
        self.challenges.push(challenge);
    }
}
