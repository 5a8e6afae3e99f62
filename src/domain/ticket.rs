//! Operation tickets: sealed, never stored (architecture, idea 6).

use data_encoding::BASE64URL_NOPAD;

use super::{
    chance::Chance,
    id::AccountId,
    keys::{Carried, KeyError, KeyRing},
    operation::OperationDigest,
    summary::Approval,
    time::Timestamp,
};

/// What a ticket says; only the service can read it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ticket {
    /// Whose operation it is.
    pub account: AccountId,
    /// Which request exactly.
    pub operation: OperationDigest,
    /// Until when a challenge may be asked for with it.
    pub expires_at: Timestamp,
    /// What the customer is shown, made by the side that saw the request.
    pub summary: Option<Approval>,
}

impl Ticket {
    /// The sealed text that a client carries; url-safe, and telling nothing.
    pub fn seal(&self, ring: &KeyRing, chance: &dyn Chance) -> Result<String, KeyError> {
        let mut clear = Vec::new();
        clear.extend_from_slice(self.account.as_uuid().as_bytes());
        clear.extend_from_slice(self.operation.as_bytes());
        clear.extend_from_slice(&self.expires_at.as_micros().to_be_bytes());
        clear.extend_from_slice(self.summary.as_ref().map(Approval::carried).unwrap_or_default().as_bytes());
        Ok(BASE64URL_NOPAD.encode(&ring.seal_carried(Carried::Ticket, &clear, chance)?))
    }

    /// Opens a ticket; `None` when it was changed, made elsewhere, or is none.
    #[must_use]
    pub fn open(raw: &str, ring: &KeyRing) -> Option<Self> {
        let clear = ring.open_carried(Carried::Ticket, &BASE64URL_NOPAD.decode(raw.as_bytes()).ok()?).ok()?;
        let (account, rest) = clear.split_first_chunk::<16>()?;
        let (operation, rest) = rest.split_first_chunk::<32>()?;
        let (expires_at, summary) = rest.split_first_chunk::<8>()?;
        let summary = String::from_utf8(summary.to_vec()).ok()?;
        Some(Self {
            account: AccountId::from_uuid(uuid::Uuid::from_bytes(*account)),
            operation: OperationDigest::from_bytes(*operation),
            expires_at: Timestamp::from_micros(i64::from_be_bytes(*expires_at)),
            summary: Approval::read(&summary),
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::{
        keys::tests::{Fixed, ring},
        testing::sealed::{no_bytes_open, only_itself_opens},
    };

    fn ticket() -> Ticket {
        Ticket {
            account: AccountId::new(Timestamp::from_seconds(1), &Fixed(3)),
            operation: OperationDigest::from_bytes([5; 32]),
            expires_at: Timestamp::from_seconds(700),
            summary: Some(Approval::of("Remove the sms channel")),
        }
    }

    #[test]
    fn a_ticket_opens_to_what_was_sealed_and_tells_its_reader_nothing() {
        let sealed = ticket().seal(&ring(), &Fixed(8)).unwrap();
        assert_eq!(Ticket::open(&sealed, &ring()), Some(ticket()));
        let raw = BASE64URL_NOPAD.decode(sealed.as_bytes()).unwrap();
        assert!(!raw.windows(6).any(|window| window == b"Remove"));
    }

    #[test]
    fn a_changed_ticket_is_none() {
        let sealed = ticket().seal(&ring(), &Fixed(8)).unwrap();
        for at in 0..sealed.len() {
            let mut changed = sealed.clone().into_bytes();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            assert_eq!(Ticket::open(&String::from_utf8(changed).unwrap(), &ring()), None, "character {at}");
        }
        for raw in ["", "x", "tan_", "é"] {
            assert_eq!(Ticket::open(raw, &ring()), None);
        }
    }

    fn any_ticket() -> impl Strategy<Value = Ticket> {
        let summary = prop::option::of("\\PC{1,40}");
        (any::<[u8; 16]>(), any::<[u8; 32]>(), any::<i64>(), summary).prop_map(
            |(account, operation, expires_at, summary)| Ticket {
                account: AccountId::from_uuid(uuid::Uuid::from_bytes(account)),
                operation: OperationDigest::from_bytes(operation),
                expires_at: Timestamp::from_micros(expires_at),
                summary: summary.map(Approval::of),
            },
        )
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4))]

        #[test]
        fn a_ticket_is_sealed_whole_and_no_bit_of_it_can_be_turned(ticket in any_ticket(), nonce in any::<u8>()) {
            let sealed = ticket.seal(&ring(), &Fixed(nonce)).unwrap();
            prop_assert_eq!(Ticket::open(&sealed, &ring()), Some(ticket));
            only_itself_opens(&sealed, |changed| Ticket::open(changed, &ring()).is_some())?;
        }

        #[test]
        fn two_tickets_spliced_are_none(one in any_ticket(), other in any_ticket(), at in any::<prop::sample::Index>()) {
            prop_assume!(one != other);
            let (one, other) = (one.seal(&ring(), &Fixed(1)).unwrap(), other.seal(&ring(), &Fixed(2)).unwrap());
            let at = 1 + at.index(one.len().min(other.len()) - 1);
            let spliced = format!("{}{}", &one[..at], &other[at..]);
            prop_assert!(spliced == one || spliced == other || Ticket::open(&spliced, &ring()).is_none());
        }
    }

    proptest! {
        #[test]
        fn no_bytes_that_were_not_sealed_here_are_a_ticket(bytes in no_bytes_open()) {
            prop_assert_eq!(Ticket::open(&bytes, &ring()), None);
        }
    }
}
