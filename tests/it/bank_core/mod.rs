//! A bank core that does as a test says, to the byte: it answers, is slow, hangs up at any point, and keeps what it was
//! sent exactly as it came. It never sleeps.

mod accounts;
mod answering;
mod script;
mod trials;

use std::{
    collections::{HashMap, HashSet, VecDeque},
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::{
    net::{TcpListener, TcpSocket},
    sync::watch,
    task::JoinHandle,
    time::timeout,
};

pub use self::{
    accounts::{CORE_PASSWORD, CORE_SESSION, basic, core_credential},
    script::{Gate, Reply, Script, Step},
};
use crate::wire::{Head, PATIENCE};

/// A request as it came.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    pub method: String,
    pub target: String,
    pub head: Head,
    /// The body's beginning; `length` is how long it was.
    pub body: Vec<u8>,
    pub length: usize,
    /// Whether the body came to its end.
    pub whole: bool,
}

impl Seen {
    pub fn header(&self, name: &str) -> Option<String> {
        self.head.one(name)
    }
}

/// What is done for a request: in turn, then always.
#[derive(Default)]
struct Route {
    next: VecDeque<Script>,
    always: Option<Script>,
}

#[derive(Default)]
struct Log {
    seen: Vec<Seen>,
    routes: HashMap<(String, String), Route>,
    /// What was done: method, target without query, and the key it was done for.
    effects: Vec<(String, String)>,
    keys: HashSet<String>,
    /// Connections whose other end left while they were held.
    gone: usize,
    /// Connections yet to be dropped as they come.
    slams: usize,
    connections: usize,
    /// Bytes that made no head.
    junk: Vec<Vec<u8>>,
}

/// What its connections share.
struct State {
    log: Mutex<Log>,
    /// Moves on with every change of the log.
    changed: watch::Sender<()>,
}

impl State {
    fn log(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note<T>(&self, change: impl FnOnce(&mut Log) -> T) -> T {
        let changed = change(&mut self.log());
        self.changed.send_replace(());
        changed
    }
}

enum Door {
    Open(JoinHandle<()>),
    /// The port is kept, and connections to it are refused.
    Shut(TcpSocket),
}

/// A bank core. It ends when it is dropped.
pub struct BankCore {
    pub address: SocketAddr,
    state: Arc<State>,
    door: Mutex<Option<Door>>,
}

impl BankCore {
    pub async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(State { log: Mutex::default(), changed: watch::Sender::new(()) });
        let door = Door::Open(answering::accept(listener, Arc::clone(&state)));
        Self { address, state, door: Mutex::new(Some(door)) }
    }

    /// Where it is, as a configuration says it.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What is done, from now on, for requests with this method and this target, query and all.
    pub fn on(&self, method: &str, target: &str, script: Script) {
        self.route(method, target, |route| route.always = Some(script));
    }

    /// What is done for the next of them; said twice, for the next two.
    pub fn once(&self, method: &str, target: &str, script: Script) {
        self.route(method, target, |route| route.next.push_back(script));
    }

    fn route(&self, method: &str, target: &str, change: impl FnOnce(&mut Route)) {
        self.state.note(|log| change(log.routes.entry((method.to_owned(), target.to_owned())).or_default()));
    }

    /// The next so many connections are dropped as they come, before anything is read.
    pub fn slam(&self, connections: usize) {
        self.state.note(|log| log.slams += connections);
    }

    /// From now on connections are refused. Those that are open end.
    pub async fn refuse(&self) {
        let Some(Door::Open(accepting)) = self.door().take() else { panic!("it refuses already") };
        accepting.abort();
        // Cancelled is how it ends; the listener is closed then.
        let _ = accepting.await;
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_reuseaddr(true).unwrap();
        socket.bind(self.address).unwrap();
        *self.door() = Some(Door::Shut(socket));
    }

    /// Connections are accepted again.
    pub fn accept(&self) {
        let Some(Door::Shut(socket)) = self.door().take() else { panic!("it accepts already") };
        let listener = socket.listen(1024).unwrap();
        *self.door() = Some(Door::Open(answering::accept(listener, Arc::clone(&self.state))));
    }

    fn door(&self) -> MutexGuard<'_, Option<Door>> {
        self.door.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Every request so far, oldest first.
    pub fn seen(&self) -> Vec<Seen> {
        self.state.log().seen.clone()
    }

    /// The requests with this method and target, oldest first.
    pub fn all(&self, method: &str, target: &str) -> Vec<Seen> {
        let log = self.state.log();
        log.seen.iter().filter(|seen| seen.method == method && seen.target == target).cloned().collect()
    }

    /// The newest of them.
    pub fn last(&self, method: &str, target: &str) -> Seen {
        self.all(method, target).pop().unwrap_or_else(|| panic!("{method} {target} did not come: {:?}", self.lines()))
    }

    /// How many of them came.
    pub fn hits(&self, method: &str, target: &str) -> usize {
        self.all(method, target).len()
    }

    /// The start lines of all requests, oldest first.
    pub fn lines(&self) -> Vec<String> {
        self.state.log().seen.iter().map(|seen| seen.head.start_line()).collect()
    }

    /// How often something was done there; a repeat with the same `Idempotency-Key` is answered without.
    pub fn effects(&self, method: &str, path: &str) -> usize {
        let log = self.state.log();
        log.effects.iter().filter(|effect| **effect == (method.to_owned(), path.to_owned())).count()
    }

    /// How many connections lost their other end while they were held.
    pub fn gone(&self) -> usize {
        self.state.log().gone
    }

    pub fn connections(&self) -> usize {
        self.state.log().connections
    }

    /// What came and was no request.
    pub fn junk(&self) -> Vec<Vec<u8>> {
        self.state.log().junk.clone()
    }

    /// Waits until so many of them came.
    pub async fn until_hit(&self, method: &str, target: &str, count: usize) {
        self.until(&format!("{count} times {method} {target}"), |core| core.hits(method, target) >= count).await;
    }

    /// Waits until it is so; fails after a bound.
    pub async fn until(&self, what: &str, so: impl Fn(&Self) -> bool) {
        let mut changes = self.state.changed.subscribe();
        let waited = timeout(PATIENCE, async {
            while !so(self) {
                changes.changed().await.unwrap();
            }
        });
        waited.await.unwrap_or_else(|_| panic!("it was waited in vain for {what}: {:?}", self.lines()));
    }
}

impl Drop for BankCore {
    fn drop(&mut self) {
        if let Some(Door::Open(accepting)) = self.door().take() {
            accepting.abort();
        }
    }
}
