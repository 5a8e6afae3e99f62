//! The trail between the words of the service and those of the wire, and the cursor that leads from page to page.

use uuid::Uuid;

use crate::{
    domain::{
        id::{AccountId, ChallengeId},
        time::Timestamp,
    },
    http::{
        cursor,
        error::ApiError,
        wire::audit::{BrokenAt, EventList, EventView, VerdictView},
    },
    service::{Entry, Part, Position, Verdict},
};

/// A moment, an account and a number in its chain.
const CURSOR_BYTES: usize = 8 + 16 + 8;
/// 9999-12-31T23:59:59Z in microseconds: the last second that every client can write.
const LAST_MOMENT: i64 = 253_402_300_799_000_000;

impl From<Part<Entry, Position>> for EventList {
    fn from(part: Part<Entry, Position>) -> Self {
        Self { events: part.rows.into_iter().map(Into::into).collect(), next: part.next.map(|place| cursor_of(&place)) }
    }
}

impl From<Entry> for EventView {
    fn from(entry: Entry) -> Self {
        Self {
            account: entry.account,
            sequence: entry.position.sequence,
            at: entry.position.at.into(),
            event: entry.kind,
            actor: entry.actor,
            challenge_id: entry.challenge.map(ChallengeId::as_uuid),
            details: entry.details,
        }
    }
}

impl From<Verdict> for VerdictView {
    fn from(verdict: Verdict) -> Self {
        let broken_at = match verdict {
            Verdict::Whole { .. } => None,
            Verdict::Broken { username, sequence, trouble } => {
                Some(BrokenAt { account: Some(username), sequence: Some(sequence), line: None, trouble })
            }
            Verdict::BrokenFile { line, trouble } => {
                Some(BrokenAt { account: None, sequence: None, line: Some(line), trouble })
            }
        };
        Self { whole: broken_at.is_none(), broken_at }
    }
}

/// The cursor of what is older than the event that stands there.
fn cursor_of(position: &Position) -> String {
    let mut bytes = Vec::with_capacity(CURSOR_BYTES);
    bytes.extend_from_slice(&position.at.as_micros().to_be_bytes());
    bytes.extend_from_slice(position.account.as_uuid().as_bytes());
    bytes.extend_from_slice(&position.sequence.to_be_bytes());
    cursor::encode(&bytes)
}

/// The place that a cursor stands for; 400/26 when it stands for none.
pub(in crate::http) fn position_of(cursor: &[u8]) -> Result<Position, ApiError> {
    read_position(cursor).ok_or_else(cursor::malformed)
}

fn read_position(cursor: &[u8]) -> Option<Position> {
    let (at, rest) = cursor.split_first_chunk::<8>()?;
    let (account, sequence) = rest.split_first_chunk::<16>()?;
    // Any other moment is none of an event's, and some the database could not read.
    let at = Some(i64::from_be_bytes(*at)).filter(|at| (0..=LAST_MOMENT).contains(at)).map(Timestamp::from_micros)?;
    let account = AccountId::from_uuid(Uuid::from_bytes(*account));
    Some(Position { at, account, sequence: i64::from_be_bytes(sequence.try_into().ok()?) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_leads_back_to_its_place() {
        for (at, sequence) in [(0, 1), (1_766_000_000_123_456, 7), (LAST_MOMENT, i64::MAX)] {
            let account = AccountId::from_uuid(Uuid::from_u128(0x0197_f5a0_8c2e));
            let place = Position { at: Timestamp::from_micros(at), account, sequence };
            let bytes = data_encoding::BASE64URL_NOPAD.decode(cursor_of(&place).as_bytes()).unwrap();
            assert_eq!(position_of(&bytes).ok(), Some(place));
            let elsewhen = |at: i64| [&at.to_be_bytes()[..], &bytes[8..]].concat();
            let wrong = [bytes[1..].to_vec(), [&bytes[..], &[0]].concat(), elsewhen(-1), elsewhen(i64::MAX)];
            for wrong in &wrong {
                assert_eq!(position_of(wrong).err().map(|error| error.code().number()), Some(26));
            }
        }
    }
}
