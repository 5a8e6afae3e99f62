//! A table on trial at a listener.

use std::time::Duration;

use super::{
    kind::Kind,
    stage::{Listener, Snapshot, Stage},
    table::{Cell, Line, Table},
    world::{Request, Trouble, World},
};

/// What is no JSON.
const BROKEN: &str = "{\"";

/// A table, and where it is tried.
pub struct Trial<'a> {
    pub stage: &'a Stage,
    pub listener: Listener,
    pub table: &'a Table,
    /// Whether who may act is told of a body that is none: not where the body is the bank core's.
    pub reads_bodies: bool,
}

/// What stays as it is, as long as requests are refused.
struct Quiet<'a> {
    world: World<'a>,
    before: Snapshot,
}

impl Trial<'_> {
    /// Every cell: what is not as the table says, or cannot be tried.
    pub async fn troubles(&self) -> Vec<Trouble> {
        let mut troubles = self.refusals().await;
        for line in self.table.0.iter().filter(|line| line.changes()) {
            for (kind, cell) in line.cells.iter().filter(|(_, cell)| matches!(cell, Cell::Done(_))) {
                let done = self.done(line, *kind, *cell).await;
                troubles.extend(done.err().map(|trouble| self.named(line, *kind, &trouble)));
            }
        }
        troubles
    }

    fn named(&self, line: &Line, kind: Kind, trouble: &str) -> Trouble {
        format!("{:?} {} {} by {kind:?}: {trouble}", self.listener, line.method, line.path)
    }

    /// All that changes nothing, on one pair of accounts.
    async fn refusals(&self) -> Vec<Trouble> {
        let (mut world, mut troubles) = (self.stage.world().await, Vec::new());
        for kind in self.table.kinds() {
            // What cannot be made is said where it is used.
            let _ = world.credential(kind).await;
        }
        let before = world.snapshot().await;
        let mut quiet = Quiet { world, before };
        for line in &self.table.0 {
            match quiet.world.request(line).await {
                Ok(request) => troubles.extend(self.refused(&mut quiet, line, &request).await),
                Err(trouble) => troubles.push(format!("{} {}: {trouble}", line.method, line.path)),
            }
        }
        troubles
    }

    async fn refused(&self, quiet: &mut Quiet<'_>, line: &Line, request: &Request) -> Vec<Trouble> {
        quiet.before = quiet.world.snapshot().await;
        let mut troubles = Vec::new();
        for (kind, cell) in &line.cells {
            if !(line.changes() && matches!(cell, Cell::Done(_))) {
                let told = self.told(quiet, *kind, request, *cell).await;
                troubles.extend(told.err().map(|trouble| self.named(line, *kind, &trouble)));
            }
            if request.body.is_some() && (self.reads_bodies || cell.is_about_the_caller()) {
                let broken = Request { body: Some(BROKEN.to_owned()), ..request.clone() };
                let cell = if cell.is_about_the_caller() { *cell } else { Cell::NO_JSON };
                let told = self.told(quiet, *kind, &broken, cell).await;
                troubles.extend(told.err().map(|trouble| self.named(line, *kind, &format!("no JSON: {trouble}"))));
            }
        }
        troubles
    }

    /// What a kind of caller is told, and that nothing happened.
    async fn told(&self, quiet: &mut Quiet<'_>, kind: Kind, request: &Request, cell: Cell) -> Result<(), Trouble> {
        let told = self.send(&mut quiet.world, kind, request).await?;
        let after = quiet.world.snapshot().await;
        let before = std::mem::replace(&mut quiet.before, after);
        if before != quiet.before {
            return Err(format!("{told:?} left a trace: {}", before.difference(&quiet.before)));
        }
        as_told(told, cell)
    }

    /// What is done, on accounts of its own.
    async fn done(&self, line: &Line, kind: Kind, cell: Cell) -> Result<(), Trouble> {
        let mut world = self.stage.world().await;
        world.credential(kind).await?;
        let request = world.request(line).await?;
        if line.path.ends_with("/retransmit") {
            self.stage.app.advance(Duration::from_mins(1));
        }
        as_told(self.send(&mut world, kind, &request).await?, cell)
    }

    async fn send(&self, world: &mut World<'_>, kind: Kind, request: &Request) -> Result<Cell, Trouble> {
        let credentials = world.credential(kind).await?;
        let named = (request.method, request.path.as_str());
        let answer = self.stage.send(self.listener, named, &credentials, &[], request.body.clone()).await;
        Ok(Cell::of(&answer))
    }
}

fn as_told(told: Cell, cell: Cell) -> Result<(), Trouble> {
    let cell = cell.told();
    if told == cell { Ok(()) } else { Err(format!("{told:?}, not {cell:?}")) }
}
