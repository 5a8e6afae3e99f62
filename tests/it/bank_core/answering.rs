//! Connections of a bank core: a request is read, its script is played, and all of it is noted.

use std::{ops::ControlFlow, sync::Arc};

use tokio::{
    net::TcpListener,
    task::{JoinHandle, JoinSet},
};

use super::{Log, Script, Seen, State, Step, accounts};
use crate::wire::{Framing, Head, Wire};

/// How much of a body is kept.
const KEPT: usize = 1024 * 1024;
/// How much of a flood is written at once.
const WAVE: usize = 64 * 1024;

/// Serves connections until it is aborted; then they all end.
pub(super) fn accept(listener: TcpListener, state: Arc<State>) -> JoinHandle<()> {
    tokio::spawn(async move {
        let mut open = JoinSet::new();
        while let Ok((stream, _)) = listener.accept().await {
            let slammed = state.note(|log| {
                log.connections += 1;
                let slammed = log.slams > 0;
                log.slams = log.slams.saturating_sub(1);
                slammed
            });
            if !slammed {
                open.spawn(serve(Wire::over(stream), Arc::clone(&state)));
            }
        }
    })
}

async fn serve(mut wire: Wire, state: Arc<State>) {
    while let Some(head) = wire.head().await {
        let mut request = Request::note(head, &state);
        if request.play(&mut wire, &state).await.is_break() {
            return;
        }
    }
    if !wire.leftover().is_empty() {
        state.note(|log| log.junk.push(wire.leftover().to_vec()));
    }
}

/// A request that is being answered.
struct Request {
    /// Its place among those that were seen.
    at: usize,
    method: String,
    target: String,
    framing: Framing,
    read: bool,
    script: Script,
}

impl Request {
    fn note(head: Head, state: &State) -> Self {
        let line = head.start_line();
        let mut words = line.split(' ').map(ToOwned::to_owned);
        let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let framing = Framing::of_request(&head);
        let (at, script) = state.note(|log| {
            let script = script_for(log, &method, &target, &head);
            let seen = Seen { method: method.clone(), target: target.clone(), head, ..Seen::default() };
            log.seen.push(seen);
            (log.seen.len() - 1, script)
        });
        Self { at, method, target, framing, read: false, script }
    }

    async fn play(&mut self, wire: &mut Wire, state: &State) -> ControlFlow<()> {
        for step in std::mem::take(&mut self.script.0) {
            self.take(step, wire, state).await?;
        }
        self.read_body(wire, state).await
    }

    async fn take(&mut self, step: Step, wire: &mut Wire, state: &State) -> ControlFlow<()> {
        match step {
            Step::Read => return self.read_body(wire, state).await,
            Step::Do => self.perform(state),
            Step::Await(gate) => gate.passed().await,
            Step::Write(bytes) => return go_on(wire.send(bytes).await),
            Step::Flood(count) => return go_on(flood(wire, count).await),
            Step::Echo => {
                while let Some(bytes) = wire.some(WAVE).await {
                    wire.send(bytes).await;
                }
                state.note(|log| log.gone += 1);
                return ControlFlow::Break(());
            }
            Step::Hold => {
                while wire.some(WAVE).await.is_some() {}
                state.note(|log| log.gone += 1);
                return ControlFlow::Break(());
            }
            Step::HangUp => return ControlFlow::Break(()),
        }
        ControlFlow::Continue(())
    }

    async fn read_body(&mut self, wire: &mut Wire, state: &State) -> ControlFlow<()> {
        if std::mem::replace(&mut self.read, true) {
            return ControlFlow::Continue(());
        }
        let note = |piece: &[u8]| {
            state.note(|log| {
                let seen = &mut log.seen[self.at];
                seen.length += piece.len();
                let room = KEPT.saturating_sub(seen.body.len());
                seen.body.extend_from_slice(&piece[..room.min(piece.len())]);
            });
        };
        let whole = wire.body(self.framing, note).await;
        state.note(|log| log.seen[self.at].whole = whole);
        go_on(whole)
    }

    fn perform(&self, state: &State) {
        let path = self.target.split('?').next().unwrap_or_default().to_owned();
        state.note(|log| {
            let key = log.seen[self.at].head.all("idempotency-key").pop();
            if key.is_none_or(|key| log.keys.insert(key)) {
                log.effects.push((self.method.clone(), path));
            }
        });
    }
}

fn script_for(log: &mut Log, method: &str, target: &str, head: &Head) -> Script {
    let route = log.routes.get_mut(&(method.to_owned(), target.to_owned()));
    let scripted = route.and_then(|route| route.next.pop_front().or_else(|| route.always.clone()));
    scripted.or_else(|| accounts::script_for(method, target, head)).unwrap_or_else(|| {
        if ["GET", "HEAD", "OPTIONS"].contains(&method) { Script::refuse(404) } else { Script::done(200) }
    })
}

async fn flood(wire: &mut Wire, count: usize) -> bool {
    let wave: Vec<u8> = (0..=250).cycle().take(WAVE).collect();
    let mut left = count;
    while left > 0 {
        if !wire.send(&wave[..left.min(WAVE)]).await {
            return false;
        }
        left = left.saturating_sub(WAVE);
    }
    true
}

fn go_on(well: bool) -> ControlFlow<()> {
    if well { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
}
