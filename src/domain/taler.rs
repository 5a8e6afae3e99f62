//! The ids of Taler's challenges (`api.md` section 6c): sealed, and nothing is stored before one is used.

use data_encoding::BASE64URL_NOPAD;
use uuid::Uuid;

use super::{
    chance::Chance,
    channel::Channel,
    id::{AccessTokenId, AccountId, ChallengeId},
    keys::{Carried, KeyError, KeyRing, framed},
    operation::OperationDigest,
    secret::SecretHash,
    summary::Approval,
    time::Timestamp,
    username::Username,
};

/// What an id says; only the service can read it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TalerId {
    /// Whose challenge it is.
    pub account: AccountId,
    /// The account's name: who comes with another's is known as a stranger before any row is read.
    pub username: Username,
    /// The challenge that it becomes when it is first used.
    pub challenge: ChallengeId,
    /// The account's epoch when it was made: what voids every challenge voids it.
    pub epoch: u32,
    /// The channel that is to prove it.
    pub channel: Channel,
    /// The one request that it is for.
    pub operation: OperationDigest,
    /// Until when it can be used for the first time.
    pub expires_at: Timestamp,
    /// The session that asked; it ends with that.
    pub session: Option<AccessTokenId>,
    /// What the customer is shown.
    pub summary: Option<Approval>,
}

impl TalerId {
    /// The sealed text that a client carries: url-safe, and telling nothing.
    pub fn seal(&self, ring: &KeyRing, chance: &dyn Chance) -> Result<String, KeyError> {
        let mut clear = Vec::new();
        clear.extend_from_slice(self.account.as_uuid().as_bytes());
        clear.extend_from_slice(self.challenge.as_uuid().as_bytes());
        clear.extend_from_slice(&self.epoch.to_be_bytes());
        clear.push(position(self.channel));
        clear.extend_from_slice(self.operation.as_bytes());
        clear.extend_from_slice(&self.expires_at.as_micros().to_be_bytes());
        clear.extend_from_slice(self.session.map_or(Uuid::nil(), AccessTokenId::as_uuid).as_bytes());
        framed(&mut clear, self.username.as_str().as_bytes());
        clear.extend_from_slice(self.summary.as_ref().map(Approval::carried).unwrap_or_default().as_bytes());
        Ok(BASE64URL_NOPAD.encode(&ring.seal_carried(Carried::TalerId, &clear, chance)?))
    }

    /// Opens an id; `None` when it was changed, made elsewhere, or is none.
    #[must_use]
    pub fn open(raw: &str, ring: &KeyRing) -> Option<Self> {
        let clear = ring.open_carried(Carried::TalerId, &BASE64URL_NOPAD.decode(raw.as_bytes()).ok()?).ok()?;
        let (account, rest) = clear.split_first_chunk::<16>()?;
        let (challenge, rest) = rest.split_first_chunk::<16>()?;
        let (epoch, rest) = rest.split_first_chunk::<4>()?;
        let ([channel], rest) = rest.split_first_chunk::<1>()?;
        let (operation, rest) = rest.split_first_chunk::<32>()?;
        let (expires_at, rest) = rest.split_first_chunk::<8>()?;
        let (session, rest) = rest.split_first_chunk::<16>()?;
        let (length, rest) = rest.split_first_chunk::<4>()?;
        let (username, summary) = rest.split_at_checked(u32::from_be_bytes(*length).try_into().ok()?)?;
        let session = Uuid::from_bytes(*session);
        let summary = String::from_utf8(summary.to_vec()).ok()?;
        Some(Self {
            account: AccountId::from_uuid(Uuid::from_bytes(*account)),
            username: Username::parse(str::from_utf8(username).ok()?).ok()?,
            challenge: ChallengeId::from_uuid(Uuid::from_bytes(*challenge)),
            epoch: u32::from_be_bytes(*epoch),
            channel: Channel::ALL.into_iter().find(|known| position(*known) == *channel)?,
            operation: OperationDigest::from_bytes(*operation),
            expires_at: Timestamp::from_micros(i64::from_be_bytes(*expires_at)),
            session: (!session.is_nil()).then(|| AccessTokenId::from_uuid(session)),
            summary: Approval::read(&summary),
        })
    }

    /// What is kept of an id once its challenge is solved: it is then shown as a proof.
    #[must_use]
    pub fn proof(raw: &str) -> SecretHash {
        SecretHash::of(raw)
    }
}

const fn position(channel: Channel) -> u8 {
    match channel {
        Channel::Sms => 1,
        Channel::Email => 2,
        Channel::Totp => 3,
        Channel::Recovery => 4,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::{
        keys::tests::{Fixed, ring},
        testing::sealed::{no_bytes_open, only_itself_opens},
        ticket::Ticket,
    };

    fn id(session: Option<AccessTokenId>, summary: Option<&str>) -> TalerId {
        let now = Timestamp::from_seconds(1);
        TalerId {
            account: AccountId::new(now, &Fixed(3)),
            username: Username::parse("alice").unwrap(),
            challenge: ChallengeId::new(now, &Fixed(4)),
            epoch: 7,
            channel: Channel::Email,
            operation: OperationDigest::from_bytes([5; 32]),
            expires_at: Timestamp::from_seconds(700),
            session,
            summary: summary.map(Approval::of),
        }
    }

    #[test]
    fn an_id_opens_to_what_was_sealed_and_tells_its_reader_nothing() {
        let session = AccessTokenId::new(Timestamp::from_seconds(1), &Fixed(6));
        for id in [id(Some(session), Some("Transfer EUR:1")), id(None, None)] {
            let sealed = id.seal(&ring(), &Fixed(8)).unwrap();
            assert_eq!(TalerId::open(&sealed, &ring()), Some(id));
            let raw = BASE64URL_NOPAD.decode(sealed.as_bytes()).unwrap();
            assert!(!raw.windows(8).any(|window| window == b"Transfer"));
        }
    }

    #[test]
    fn a_changed_id_is_none_and_a_ticket_is_no_id() {
        let sealed = id(None, None).seal(&ring(), &Fixed(8)).unwrap();
        for at in 0..sealed.len() {
            let mut changed = sealed.clone().into_bytes();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            assert_eq!(TalerId::open(&String::from_utf8(changed).unwrap(), &ring()), None, "character {at}");
        }
        assert_eq!(Ticket::open(&sealed, &ring()), None);
        let ticket = Ticket {
            account: id(None, None).account,
            operation: id(None, None).operation,
            expires_at: Timestamp::from_seconds(700),
            summary: Some(Approval::of("a".repeat(80))),
        };
        assert_eq!(TalerId::open(&ticket.seal(&ring(), &Fixed(8)).unwrap(), &ring()), None);
    }

    fn any_id() -> impl Strategy<Value = TalerId> {
        let ids = (any::<[[u8; 16]; 2]>(), prop::option::of(any::<[u8; 16]>()), any::<[u8; 32]>());
        let rest = (any::<u32>(), any::<i64>(), 0usize..4, "[a-z~]{1,126}", prop::option::of("\\PC{1,40}"));
        (ids, rest).prop_map(|((ids, session, operation), (epoch, expires_at, channel, name, summary))| {
            let [account, challenge] = ids.map(Uuid::from_bytes);
            let session = session.map(Uuid::from_bytes).filter(|session| !session.is_nil());
            TalerId {
                account: AccountId::from_uuid(account),
                username: Username::parse(&name).unwrap(),
                challenge: ChallengeId::from_uuid(challenge),
                epoch,
                channel: Channel::ALL[channel],
                operation: OperationDigest::from_bytes(operation),
                expires_at: Timestamp::from_micros(expires_at),
                session: session.map(AccessTokenId::from_uuid),
                summary: summary.map(Approval::of),
            }
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4))]

        #[test]
        fn an_id_is_sealed_whole_and_no_bit_of_it_can_be_turned(id in any_id(), nonce in any::<u8>()) {
            let sealed = id.seal(&ring(), &Fixed(nonce)).unwrap();
            prop_assert_eq!(TalerId::open(&sealed, &ring()), Some(id));
            prop_assert_eq!(Ticket::open(&sealed, &ring()), None);
            only_itself_opens(&sealed, |changed| TalerId::open(changed, &ring()).is_some())?;
        }
    }

    proptest! {
        #[test]
        fn no_bytes_that_were_not_sealed_here_are_an_id(bytes in no_bytes_open()) {
            prop_assert_eq!(TalerId::open(&bytes, &ring()), None);
        }
    }
}
