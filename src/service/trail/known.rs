//! What the trail itself says of the files of checkpoints: how far each went.

use std::collections::BTreeMap;

use data_encoding::HEXLOWER;

use super::{Entry, Failure, Position, Service};
use crate::{
    domain::event::{EventKind, SYSTEM},
    storage::trail::Selection,
};

/// Events looked at in one go.
const BATCH: i64 = 100;

/// How far a file went when a checkpoint was written to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Known {
    /// How many lines it had.
    pub(super) lines: u64,
    /// The MAC of the last of them.
    pub(super) mac: [u8; 32],
}

impl Service {
    /// What the trail says last of the file that begins with this line's MAC, or, of none, of any file. `None`: nothing.
    pub(super) async fn known_of_file(&self, first: Option<&[u8; 32]>) -> Result<Option<Known>, Failure> {
        let selection = Selection { account: Some(SYSTEM), kind: Some(EventKind::TrailCheckpointed), since: None };
        let wanted = first.map(|mac| HEXLOWER.encode(mac));
        let mut behind = Position::NEWEST;
        loop {
            let events = self.store().events(&selection, behind, BATCH).await?;
            let of_file = |event: &&Entry| wanted.is_none() || event.details.get("file") == wanted.as_ref();
            if let Some(event) = events.iter().find(of_file) {
                return Ok(read(&event.details));
            }
            let Some(last) = events.last() else { return Ok(None) };
            behind = last.position;
        }
    }
}

/// `None` of an event that somebody has bent: verifying the chain finds that.
fn read(details: &BTreeMap<String, String>) -> Option<Known> {
    let lines = details.get("lines")?.parse().ok()?;
    let mac = HEXLOWER.decode(details.get("mac")?.as_bytes()).ok()?.try_into().ok()?;
    Some(Known { lines, mac })
}
