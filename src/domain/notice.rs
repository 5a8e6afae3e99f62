//! What a customer is told of, beside what he asked for (OWASP ASVS 6.3.6): posted with the very transition that it is about,
//! and sent afterwards, so that a crash loses none.

use super::{address::Address, chance::Chance, id::TransmissionId, language::Language, time::Timestamp};

macro_rules! notice_kinds {
    ($($(#[$doc:meta])* $kind:ident = $name:literal,)*) => {
        /// What a customer is told of.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum NoticeKind {
            $($(#[$doc])* $kind,)*
        }

        impl NoticeKind {
            /// Every kind.
            pub const ALL: &[Self] = &[$(Self::$kind),*];

            /// The name in the database, in the trail and in the phrases of messages.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$kind => $name,)*
                }
            }

            /// The kind of that name; `None` when there is none.
            #[must_use]
            pub fn named(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|kind| kind.name() == name)
            }
        }
    };
}

notice_kinds! {
    /// Told to an address: another one is in force in its place.
    AddressReplaced = "address_replaced",
    /// Told to an address: it is no longer used.
    ChannelRemoved = "channel_removed",
    /// Told to an address: an operator put it in force.
    AddressSet = "address_set",
    /// Told to the other addresses: one was added to them.
    AddressAdded = "address_added",
    /// Told to the other addresses: one of them was replaced.
    AddressChanged = "address_changed",
    /// Told to the other addresses: one of them was removed.
    AddressRemoved = "address_removed",
    /// A device was added.
    DeviceAdded = "device_added",
    /// A device was removed, or all were.
    DeviceRemoved = "device_removed",
    /// Recovery codes were made.
    RecoveryCodesMade = "recovery_codes_made",
    /// A recovery code was used.
    RecoveryCodeUsed = "recovery_code_used",
    /// The recovery codes were removed.
    RecoveryCodesRemoved = "recovery_codes_removed",
    /// An API token was made.
    ApiTokenMade = "api_token_made",
    /// A block began that ends by itself.
    Blocked = "blocked",
    /// A block began that only an operator ends.
    BlockedForGood = "blocked_for_good",
    /// A block that only an operator ends is near.
    Warned = "warned",
}

/// A message without a TAN that is to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// What about.
    pub kind: NoticeKind,
    /// Whereto.
    pub address: Address,
}

/// What a customer names on the telephone, so that the bank finds in the trail what he was told: `K7QD-2MXA`. It proves
/// nothing, and need not be secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference(String);

/// Digits and letters that are not taken for one another when they are read out (Crockford's base 32).
const ALPHABET: [char; 32] = [
    '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'J', 'K', 'M', 'N', 'P',
    'Q', 'R', 'S', 'T', 'V', 'W', 'X', 'Y', 'Z',
];

impl Reference {
    /// A new one: 40 unpredictable bits.
    #[must_use]
    pub fn generate(chance: &dyn Chance) -> Self {
        let letters = chance.bytes::<8>().map(|byte| ALPHABET.get(usize::from(byte % 32)).copied().unwrap_or('0'));
        let (first, last) = letters.split_at(4);
        Self(first.iter().chain(&['-']).chain(last).collect())
    }

    /// One that was generated before, as it was stored.
    #[must_use]
    pub fn stored(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A notice that was posted: it is sent once at least, and twice at most for each crash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PostedNotice {
    /// Which sending it is; one that is repeated has the same.
    pub id: TransmissionId,
    /// What about, and whereto.
    pub notice: Notice,
    /// What the customer names when he calls.
    pub reference: Reference,
    /// The customer's language when it was posted.
    pub language: Option<Language>,
    /// When it was posted.
    pub made_at: Timestamp,
    /// From then on anyone may send it: whoever does now is dead, or has said that it is to be tried again.
    pub due_at: Timestamp,
    /// How often its sending was begun.
    pub tries: u16,
}

/// How a notice ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoticeEnd {
    /// It was handed over.
    Sent,
    /// It never will be; why not.
    GivenUp(&'static str),
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::keys::tests::Fixed;

    #[test]
    fn a_reference_can_be_read_out() {
        let reference = Reference::generate(&Fixed(0xff));
        assert_eq!(reference.as_str(), "ZZZZ-ZZZZ");
        assert_eq!(Reference::stored(reference.as_str()), reference);
    }

    #[test]
    fn every_kind_has_a_name_of_its_own() {
        for kind in NoticeKind::ALL {
            assert_eq!(NoticeKind::named(kind.name()), Some(*kind));
        }
        assert_eq!(NoticeKind::named("eaten"), None);
    }
}
