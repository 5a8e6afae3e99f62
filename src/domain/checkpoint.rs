//! Checkpoints: where the chains of the trail end, signed and kept outside of the database.
//!
//! Whoever can write the database can take a chain back to an earlier end, together with the account's own word for it, or
//! remove both: the trail alone cannot tell. A checkpoint can, as it names ends that were there. Its lines are chained to
//! each other, so that one that was changed, removed or moved is found. Lines cut off at the end cannot be found in the lines
//! alone: the trail's own event of each checkpoint says how many there were, and what the last one's MAC was.

use super::{
    id::AccountId,
    keys::{KeyError, KeyId, KeyRing},
    time::Timestamp,
};

/// The most ends that one line names.
pub const LONGEST_LINE: usize = 1000;

/// Where a chain ended at some moment: an event that is there for ever after.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// Whose chain.
    pub account: AccountId,
    /// The number of its last event.
    pub sequence: i64,
    /// That event's MAC.
    pub mac: [u8; 32],
}

/// A line of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Its number in the file, from 1.
    pub number: u64,
    /// When its checkpoint was begun.
    pub at: Timestamp,
    /// The key of its MAC.
    pub key: KeyId,
    /// Ends of chains; at most [`LONGEST_LINE`] of them.
    pub heads: Vec<Head>,
    /// Whether it is the last line of its checkpoint: what follows then names only what has changed since.
    pub complete: bool,
    /// The MAC of the line before; zeros before the first.
    pub previous: [u8; 32],
    /// Its MAC.
    pub mac: [u8; 32],
}

/// How far a file goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct End {
    /// The MAC of the first line, by which a file is told from another; zeros of an empty one.
    pub first: [u8; 32],
    /// How many lines it has.
    pub lines: u64,
    /// The last line's MAC; zeros of an empty one.
    pub mac: [u8; 32],
}

/// Why a line is not what follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// Its number or its word for the line before does not fit.
    #[error("a line before it is missing, or was moved")]
    Gap,
    /// Its MAC is not its own.
    #[error("it was changed, or signed with another key")]
    NotGenuine,
}

impl End {
    /// Of an empty file.
    pub const EMPTY: Self = Self { first: [0; 32], lines: 0, mac: [0; 32] };

    /// The line that comes next, signed under the active key.
    pub fn sign(&self, ring: &KeyRing, at: Timestamp, heads: Vec<Head>, complete: bool) -> Result<Line, KeyError> {
        let number = self.lines.saturating_add(1);
        let key = ring.active();
        let mut line = Line { number, at, key, heads, complete, previous: self.mac, mac: [0; 32] };
        line.mac = line.recomputed(ring)?;
        Ok(line)
    }

    /// The end behind `line`, without a look at its MAC: for one that was signed a moment ago.
    #[must_use]
    pub const fn behind(&self, line: &Line) -> Self {
        let first = if line.number == 1 { line.mac } else { self.first };
        Self { first, lines: line.number, mac: line.mac }
    }

    /// The end behind `line`, if that is what follows here.
    pub fn follow(&self, ring: &KeyRing, line: &Line) -> Result<Self, Trouble> {
        if line.number != self.lines.saturating_add(1) || line.previous != self.mac {
            return Err(Trouble::Gap);
        }
        line.prove(ring)?;
        Ok(self.behind(line))
    }
}

impl Line {
    /// That the line is what it was when it was signed, whatever stands before it.
    pub fn prove(&self, ring: &KeyRing) -> Result<(), Trouble> {
        let genuine = self.recomputed(ring).is_ok_and(|mac| mac == self.mac);
        genuine.then_some(()).ok_or(Trouble::NotGenuine)
    }

    fn recomputed(&self, ring: &KeyRing) -> Result<[u8; 32], KeyError> {
        let mut heads = Vec::with_capacity(self.heads.len().saturating_mul(16 + 8 + 32));
        for head in &self.heads {
            heads.extend_from_slice(head.account.as_uuid().as_bytes());
            heads.extend_from_slice(&head.sequence.to_be_bytes());
            heads.extend_from_slice(&head.mac);
        }
        let (number, at) = (self.number.to_be_bytes(), self.at.as_micros().to_be_bytes());
        ring.checkpoint_mac(self.key, &[&self.previous, &number, &at, &[u8::from(self.complete)], &heads])
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;
    use crate::domain::keys::tests::ring;

    fn head(account: u128, sequence: i64) -> Head {
        Head { account: AccountId::from_uuid(Uuid::from_u128(account)), sequence, mac: [7; 32] }
    }

    /// A file of so many lines.
    fn file(lines: u64) -> Vec<Line> {
        let (ring, mut end, mut file) = (ring(), End::EMPTY, Vec::new());
        for number in 1..=lines {
            let at = Timestamp::from_seconds(i64::try_from(number).unwrap());
            let line = end.sign(&ring, at, vec![head(1, 5), head(2, 9)], number != 2).unwrap();
            end = end.behind(&line);
            file.push(line);
        }
        file
    }

    fn read(file: &[Line]) -> Result<End, (u64, Trouble)> {
        let ring = ring();
        file.iter()
            .try_fold(End::EMPTY, |end, line| end.follow(&ring, line).map_err(|trouble| (end.lines + 1, trouble)))
    }

    #[test]
    fn a_whole_file_leads_to_its_end() {
        let file = file(4);
        let end = read(&file).unwrap();
        assert_eq!((end.lines, end.first, end.mac), (4, file[0].mac, file[3].mac));
        assert_eq!(read(&[]), Ok(End::EMPTY));
    }

    #[test]
    fn whatever_a_line_says_is_signed() {
        let bent: [fn(&mut Line); 8] = [
            |line| line.at = Timestamp::from_seconds(99),
            |line| line.key = KeyId(2),
            |line| line.key = KeyId(9),
            |line| line.complete = !line.complete,
            |line| line.mac[0] ^= 1,
            |line| line.heads[0] = head(1, 4),
            |line| line.heads[1].mac[31] ^= 1,
            |line| line.heads.truncate(1),
        ];
        for (at, bend) in bent.iter().enumerate() {
            let mut file = file(4);
            bend(&mut file[2]);
            assert_eq!(read(&file), Err((3, Trouble::NotGenuine)), "way {at}");
        }
    }

    #[test]
    fn a_line_that_is_missing_moved_or_of_another_file_is_found_where_it_was() {
        let whole = file(5);
        for gone in 0..4 {
            let mut file = whole.clone();
            file.remove(gone);
            assert_eq!(read(&file), Err((gone as u64 + 1, Trouble::Gap)));
        }
        let mut swapped = whole.clone();
        swapped.swap(1, 2);
        assert_eq!(read(&swapped), Err((2, Trouble::Gap)));
        let mut twice = whole.clone();
        twice.insert(2, whole[1].clone());
        assert_eq!(read(&twice), Err((3, Trouble::Gap)));
        // Only the trail's own event of the checkpoint can tell this.
        assert_eq!(read(&whole[..4]).map(|end| end.lines), Ok(4));
    }

    #[test]
    fn a_line_that_was_numbered_and_linked_anew_is_not_genuine() {
        let mut file = file(3);
        file.remove(1);
        (file[1].number, file[1].previous) = (2, file[0].mac);
        assert_eq!(read(&file), Err((2, Trouble::NotGenuine)));
    }

    proptest! {
        #[test]
        fn no_two_lists_of_heads_have_the_same_mac(
            first in prop::collection::vec((0_u128..4, 0_i64..4), 0..4),
            second in prop::collection::vec((0_u128..4, 0_i64..4), 0..4),
        ) {
            let sign = |heads: &[(u128, i64)]| {
                let heads = heads.iter().map(|(account, sequence)| head(*account, *sequence)).collect();
                End::EMPTY.sign(&ring(), Timestamp::from_seconds(1), heads, true).unwrap().mac
            };
            prop_assert_eq!(sign(&first) == sign(&second), first == second);
        }
    }
}
