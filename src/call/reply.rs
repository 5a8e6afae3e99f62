//! What a gateway's reply means: by its status, and where that does not say it, by a place in its body.

use serde_json::Value;

/// A place in a reply, and what it says there in one case.
#[derive(Clone, Debug)]
pub struct Pointed {
    /// A JSON pointer (RFC 6901).
    pub pointer: String,
    /// The texts, numbers and truth values, each as JSON writes it but without quotation marks.
    pub values: Vec<String>,
}

impl Pointed {
    fn says(&self, reply: &Value) -> bool {
        let said = match reply.pointer(&self.pointer) {
            Some(Value::String(text)) => text.clone(),
            Some(value @ (Value::Null | Value::Bool(_) | Value::Number(_))) => value.to_string(),
            Some(Value::Array(_) | Value::Object(_)) | None => return false,
        };
        self.values.contains(&said)
    }
}

/// What replies mean.
#[derive(Clone, Debug, Default)]
pub struct Replies {
    /// Statuses that say that the gateway took charge of the message; empty: every 2xx.
    pub accepted: Vec<u16>,
    /// What such a reply must say besides.
    pub accepted_where: Option<Pointed>,
    /// Statuses that say that the address is bad.
    pub address_refused: Vec<u16>,
    /// What says so whatever the status.
    pub address_refused_where: Option<Pointed>,
    /// Statuses that say that it may do better in a while.
    pub try_later: Vec<u16>,
    /// What says so whatever the status.
    pub try_later_where: Option<Pointed>,
}

/// What a reply means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The gateway took charge of the message.
    Accepted,
    /// The address is bad.
    AddressRefused,
    /// It may do better in a while.
    TryLater,
    /// Nothing will do before the operator has repaired something.
    Misconfigured,
    /// Anything else.
    Failed,
}

impl Replies {
    /// Whether a status that is one of success does not say everything.
    #[must_use]
    pub fn read_the_body(&self) -> bool {
        [&self.accepted_where, &self.address_refused_where, &self.try_later_where].into_iter().any(Option::is_some)
    }

    /// Whether this status is one of success.
    #[must_use]
    pub fn accept(&self, status: u16) -> bool {
        if self.accepted.is_empty() { (200..300).contains(&status) } else { self.accepted.contains(&status) }
    }

    /// What a reply means with this status and, where it is one, this JSON. What is bad comes first: gateways say 200, and what went
    /// wrong inside.
    #[must_use]
    pub fn judge(&self, status: u16, reply: Option<&Value>) -> Verdict {
        let says = |pointed: &Option<Pointed>| pointed.as_ref().zip(reply).is_some_and(|(at, reply)| at.says(reply));
        if self.address_refused.contains(&status) || says(&self.address_refused_where) {
            return Verdict::AddressRefused;
        }
        if self.try_later.contains(&status) || says(&self.try_later_where) {
            return Verdict::TryLater;
        }
        if self.accept(status) {
            let accepted = self.accepted_where.is_none() || says(&self.accepted_where);
            return if accepted { Verdict::Accepted } else { Verdict::Failed };
        }
        match status {
            // Not let in; nothing there; not in this way; elsewhere.
            401 | 403 | 404 | 405 | 300..=399 => Verdict::Misconfigured,
            _ => Verdict::Failed,
        }
    }
}
