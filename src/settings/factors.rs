//! What is allowed but doubtful about which factor serves for what: operations that nobody could approve, or whose amount
//! nobody would see, and rules under which a customer can stand outside.

use std::time::Duration;

use super::{Operation, OwnOperations, Settings, value::span};
use crate::domain::{
    assurance::Assurance,
    channel::{Channel, Strength},
    policy::FirstChannel,
};

/// A customer who has lost his phone waits for a day, and not for a week.
const LONG: Duration = Duration::from_hours(24);

impl Settings {
    /// A sentence for each doubt; looks at the scripts that are named.
    pub(super) fn factor_warnings(&self) -> Vec<String> {
        let operations: Vec<&Operation> = self.gateway.iter().flat_map(|gateway| &gateway.operations).collect();
        let of_operations = [self.too_strong(&operations), self.unseen(&operations)];
        let of_enrolment = [self.never_enrolled(&operations), self.let_pass(&operations)];
        let of_waiting = [self.way_round(&operations), self.long_wait(), self.locked_out()];
        of_operations.into_iter().chain(of_enrolment).chain(of_waiting).flatten().collect()
    }

    /// The channels that are on at this moment and strong enough.
    fn proving(&self, strength: Strength) -> impl Iterator<Item = Channel> + '_ {
        let strengths = self.channels.strengths();
        let proves = move |channel: &Channel| self.channels.offers(*channel) && strengths.of(*channel) >= strength;
        Channel::ALL.into_iter().filter(proves)
    }

    /// Operations that ask for more than any channel shows.
    fn too_strong(&self, operations: &[&Operation]) -> Option<String> {
        let named = names(operations, |operation| {
            asks(operation)
                && operation.strength == Strength::Possession
                && self.proving(Strength::Possession).next().is_none()
        })?;
        Some(format!(
            "gateway.operation {named}: strength is \"possession\", and no channel of that strength is on: whoever has a \
             channel is refused."
        ))
    }

    /// Operations whose amount and payee no channel shows.
    fn unseen(&self, operations: &[&Operation]) -> Option<String> {
        let named = names(operations, |operation| {
            let mut proving = self.proving(operation.strength).peekable();
            is_bound(operation) && proving.peek().is_some() && !proving.any(Channel::transmits)
        })?;
        Some(format!(
            "gateway.operation {named}: assurance is \"bound\", and only totp or recovery can approve it: neither shows the \
             customer what is approved (PSD2 RTS art. 5(1)(a)). Configure sms or email."
        ))
    }

    /// Operations that only operators can open.
    fn never_enrolled(&self, operations: &[&Operation]) -> Option<String> {
        let named = names(operations, |operation| self.by_operators() && asks(operation) && operation.enrolled)?;
        Some(format!(
            "gateway.operation {named}: enrolled is true, and enrolment.first is \"operator\": a customer without a channel, \
             and one who removed his last, waits for an operator."
        ))
    }

    /// Operations for which a customer who may not protect himself needs no proof.
    fn let_pass(&self, operations: &[&Operation]) -> Option<String> {
        let named = names(operations, |operation| self.by_operators() && asks(operation) && !operation.enrolled)?;
        Some(format!(
            "gateway.operation {named}: enrolled is false, and enrolment.first is \"operator\": a customer without a channel \
             needs no TAN for it, and cannot enrol by himself."
        ))
    }

    fn by_operators(&self) -> bool {
        self.enrolment.first == FirstChannel::Operator
    }

    /// Operations for which whoever brought a channel need not wait: with it he can remove every other, and then itself.
    fn way_round(&self, operations: &[&Operation]) -> Option<String> {
        let named = names(operations, |operation| self.opens_at_once() && is_bound(operation) && !operation.enrolled)?;
        Some(format!(
            "gateway.operation {named}: enrolled is false, so that nobody has to wait for enrolment.waiting: a channel that is \
             new can remove every channel, and then no TAN is asked for. Write enrolled = true, or server.own_operations = \
             \"bound\"."
        ))
    }

    /// Whether what waits for all that is bound can change factors meanwhile.
    fn opens_at_once(&self) -> bool {
        self.server.own_operations == OwnOperations::Token && !self.enrolment.waiting.is_zero()
    }

    fn long_wait(&self) -> Option<String> {
        let waiting = self.enrolment.waiting;
        let text = format!(
            "enrolment.waiting is {}: so long a customer with a new phone and nothing else can do nothing that is bound, \
             unless an operator sets the address.",
            span(waiting)
        );
        (waiting > LONG).then_some(text)
    }

    fn locked_out(&self) -> Option<String> {
        let bound = !self.opens_at_once() && !self.enrolment.waiting.is_zero();
        let text = "server.own_operations is \"bound\", and enrolment.waiting is not 0: until his first channel counts, a \
                    customer can neither add a channel nor change or remove that one; an operator can.";
        bound.then(|| text.to_owned())
    }
}

fn asks(operation: &Operation) -> bool {
    operation.assurance != Assurance::None
}

fn is_bound(operation: &Operation) -> bool {
    operation.assurance == Assurance::Bound
}

/// The names of those that are meant, as they are written; `None`: none is.
fn names(operations: &[&Operation], meant: impl Fn(&Operation) -> bool) -> Option<String> {
    let named: Vec<String> = operations
        .iter()
        .filter(|operation| meant(operation))
        .map(|operation| format!("{:?}", operation.name))
        .collect();
    (!named.is_empty()).then(|| named.join(", "))
}
