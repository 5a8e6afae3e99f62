//! The file on a real disk: appended to, read, torn, held.

use std::os::unix::fs::MetadataExt;

use tempfile::TempDir;
use uuid::Uuid;

use super::*;
use crate::domain::{
    checkpoint::{End, Head, LONGEST_LINE},
    id::AccountId,
    keys::tests::ring,
    time::Timestamp,
};

struct Place {
    _directory: TempDir,
    file: CheckpointFile,
}

impl Place {
    fn new() -> Self {
        let directory = TempDir::new().unwrap();
        let file = CheckpointFile::new(directory.path().join("checkpoints.jsonl"));
        Self { _directory: directory, file }
    }

    fn text(&self) -> Vec<u8> {
        fs::read(self.file.path()).unwrap()
    }

    /// Appends so many lines behind what is there.
    fn append(&self, lines: u64, heads: usize) {
        let mut appender = self.file.append().unwrap();
        let mut end = appender
            .ends()
            .unwrap()
            .map_or(End::EMPTY, |(first, last)| End { first: first.mac, ..End::EMPTY }.behind(&last));
        for _ in 0..lines {
            let head = |n: usize| Head {
                account: AccountId::from_uuid(Uuid::from_u128(n as u128)),
                sequence: i64::MAX,
                mac: [255; 32],
            };
            let line = end.sign(&ring(), Timestamp::from_seconds(7), (0..heads).map(head).collect(), true).unwrap();
            appender.write(&line).unwrap();
            end = end.behind(&line);
        }
    }

    fn read(&self) -> Vec<Line> {
        let (mut lines, mut read) = (self.file.lines().unwrap().unwrap(), Vec::new());
        while let Some(line) = lines.line().unwrap() {
            read.push(line);
        }
        read
    }
}

#[test]
fn what_was_appended_is_read_and_follows() {
    let place = Place::new();
    assert!(place.file.lines().unwrap().is_none() && place.file.first().unwrap().is_none());
    place.append(2, 3);
    place.append(1, LONGEST_LINE);
    place.append(1, 0);
    let lines = place.read();
    let end = lines.iter().try_fold(End::EMPTY, |end, line| end.follow(&ring(), line)).unwrap();
    assert_eq!((end.lines, end.first), (4, place.file.first().unwrap().unwrap().mac));
    assert_eq!(lines.iter().map(|line| line.heads.len()).collect::<Vec<_>>(), [3, 3, LONGEST_LINE, 0]);
    assert_eq!(fs::metadata(place.file.path()).unwrap().mode() & 0o777, 0o600);
    let mut pieces = place.file.lines().unwrap().unwrap();
    let counts: Vec<usize> = std::iter::from_fn(|| Some(pieces.piece().unwrap().len()).filter(|n| *n > 0)).collect();
    assert_eq!(counts, [3, 1], "a piece ends when it names a thousand");
}

/// Wherever the crash came, what was whole stays, and what follows is appended to that.
#[test]
fn a_line_that_a_crash_left_unfinished_is_passed_over_and_then_removed() {
    let whole = Place::new();
    whole.append(2, 1);
    let two = whole.text();
    whole.append(1, 1);
    let three = whole.text();
    for length in two.len()..three.len() {
        let place = Place::new();
        fs::write(place.file.path(), &three[..length]).unwrap();
        assert_eq!(place.read().len(), 2, "{length}");
        assert_eq!(place.file.lines().unwrap().unwrap().is_torn(), length > two.len(), "{length}");
        place.append(1, 1);
        assert_eq!(place.text(), three, "{length}: as if there had been no crash");
        assert!(!place.file.lines().unwrap().unwrap().is_torn());
    }
}

#[test]
fn a_first_line_that_is_torn_leaves_an_empty_file() {
    let place = Place::new();
    fs::write(place.file.path(), b"{\"line\":1").unwrap();
    assert!(place.file.first().unwrap().is_none());
    assert!(place.file.append().unwrap().ends().unwrap().is_none());
    assert_eq!(place.text(), b"");
}

#[test]
fn only_one_appends_at_a_time_and_readers_do_not_wait() {
    let place = Place::new();
    place.append(1, 1);
    let held = place.file.append().unwrap();
    assert!(matches!(place.file.append(), Err(FileError::Locked(_))));
    assert_eq!(place.read().len(), 1);
    drop(held);
    assert!(place.file.append().is_ok());
}

#[test]
fn what_is_no_line_is_damage_with_its_number() {
    let place = Place::new();
    place.append(2, 1);
    let whole = String::from_utf8(place.text()).unwrap();
    let (first, _) = whole.split_once('\n').unwrap();
    for bad in ["", "{}", "nonsense", &first.replace("\"key\":1", "\"key\":1,\"more\":1"), &first.to_uppercase()] {
        fs::write(place.file.path(), format!("{first}\n{bad}\n")).unwrap();
        let mut lines = place.file.lines().unwrap().unwrap();
        assert!(lines.line().unwrap().is_some());
        assert!(matches!(lines.line(), Err(FileError::Damaged(_, LineNumber::At(2)))), "{bad:?}");
        let ends = place.file.append().unwrap().ends();
        assert!(matches!(ends, Err(FileError::Damaged(_, LineNumber::Last))), "{bad:?}");
    }
}

#[test]
fn a_place_where_no_file_can_be_is_an_error() {
    let place = Place::new();
    let nowhere = CheckpointFile::new(place.file.path().join("below/a/file"));
    assert!(matches!(nowhere.append(), Err(FileError::Io(..))));
    assert!(nowhere.lines().unwrap().is_none());
    let directory = CheckpointFile::new(place.file.path().parent().unwrap().to_owned());
    assert!(matches!(directory.append(), Err(FileError::Io(..))));
}

#[test]
fn a_copy_of_the_descriptor_does_not_keep_the_file_locked() {
    let directory = tempfile::tempdir().unwrap();
    let file = CheckpointFile::new(directory.path().join("checkpoints"));
    let appender = file.append().unwrap();
    let copy = appender.file.try_clone().unwrap();
    assert!(matches!(file.append(), Err(FileError::Locked(_))));
    drop(appender);
    assert!(file.append().is_ok());
    drop(copy);
}
