//! The service as the tests see it: a real server on a free port, a database of its own, a clock that is advanced,
//! and recording channels or real scripts.

mod authenticator;
mod client;
mod cluster;
mod customer;
mod process;

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use tanager::{
    app::{Overrides, Running, key_file, parts},
    chance::SystemChance,
    channel::{Envelope, GateSettings, MessageKind, Outlet, Outlets, Recording, Transport},
    clock::Clock,
    domain::{caller::Scope, channel::Channel, time::Timestamp, username::Username},
    service::{Service, TokenRequest},
    settings::Settings,
    storage::datastore::Datastore,
};
use tempfile::TempDir;

pub use self::{
    authenticator::Authenticator,
    client::{Answer, Client},
    cluster::{Database, connect},
    customer::{Customer, addresses_of},
    process::{Installation, Process, eventually},
};

/// Time that a test advances: the database's, shifted, until it is stopped.
#[derive(Default)]
pub struct ShiftedClock {
    shift: AtomicI64,
    /// The moment at which it was stopped; zero while it runs.
    stopped: AtomicI64,
}

impl ShiftedClock {
    pub fn advance(&self, by: Duration) {
        self.shift.fetch_add(i64::try_from(by.as_micros()).unwrap(), Ordering::SeqCst);
    }

    pub fn turn_back(&self, by: Duration) {
        self.shift.fetch_sub(i64::try_from(by.as_micros()).unwrap(), Ordering::SeqCst);
    }

    /// From now on time passes only as it is advanced: what is told to the second can be tried to the second.
    pub fn stop(&self, at: Timestamp) {
        self.stopped.store(at.as_micros(), Ordering::SeqCst);
    }
}

impl Clock for ShiftedClock {
    fn shift(&self, database: Timestamp) -> Timestamp {
        let stopped = self.stopped.load(Ordering::SeqCst);
        let at = if stopped == 0 { database.as_micros() } else { stopped };
        Timestamp::from_micros(at + self.shift.load(Ordering::SeqCst))
    }
}

/// What a test wants otherwise than usual.
#[derive(Default)]
pub struct Wish {
    /// TOML behind the usual configuration.
    pub more: String,
    /// Lines behind the usual ones of `[server]`.
    pub server: String,
    /// The scripts of the channels instead of recording ones.
    pub scripts: bool,
    /// Whether the worker runs by itself.
    pub worker: bool,
    /// The transports of the channel `sms`, in order and by name, instead of one; the tape `sms` is the first one's.
    pub sms: Vec<(&'static str, Recording)>,
    /// How much of a recording channel runs at once.
    pub gate: GateSettings,
    /// Another way to the test's database than as its owner: through something, or as somebody.
    pub database_url: Option<String>,
    /// Whether a key that was made later is the active one.
    pub later_key: bool,
    /// The clock of another instance, to live in its time.
    pub clock: Option<Arc<ShiftedClock>>,
}

/// A running service with its database.
pub struct TestApp {
    pub running: Running,
    pub database: Database,
    pub clock: Arc<ShiftedClock>,
    pub sms: Recording,
    pub email: Recording,
    pub admin: Client,
    pub core: Client,
    /// Whether messages stay on the tapes `sms` and `email`.
    recording: bool,
    directory: TempDir,
}

impl TestApp {
    pub async fn start() -> Self {
        Self::start_with(Wish::default()).await
    }

    pub async fn start_with(wish: Wish) -> Self {
        Self::on(Database::fresh().await, wish).await
    }

    /// A service on a database that may serve others already.
    pub async fn on(database: Database, wish: Wish) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let settings = database.settings(directory.path(), &wish);
        let (clock, email) = (wish.clock.clone().unwrap_or_default(), Recording::new());
        let by_sms = if wish.sms.is_empty() { vec![("recording", Recording::new())] } else { wish.sms.clone() };
        let sms = by_sms[0].1.clone();
        let outlet = |tapes: &[(&str, Recording)]| {
            let transports = tapes.iter().map(|(name, tape)| Transport::new(name, Arc::new(tape.clone())));
            Arc::new(Outlet::new(transports.collect(), wish.gate))
        };
        let by_email = [("recording", email.clone())];
        let recording = || Outlets::new().with(Channel::Sms, outlet(&by_sms)).with(Channel::Email, outlet(&by_email));
        let overrides = Overrides {
            clock: clock.clone(),
            chance: Arc::new(SystemChance),
            outlets: (!wish.scripts).then(recording),
            worker: wish.worker,
        };
        let running = Running::start(&settings, overrides).await.unwrap();
        let url = format!("http://{}", running.address().unwrap());
        let admin = Client::new(&url, &issue(&running, Scope::Admin, None).await);
        let core = Client::new(&url, &issue(&running, Scope::Service, None).await);
        Self { running, database, clock, sms, email, admin, core, recording: !wish.scripts, directory }
    }

    /// Where the configuration, the keys and the messages of scripts are.
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    pub fn advance(&self, by: Duration) {
        self.clock.advance(by);
    }

    /// Stops time at the beginning of a step of authenticator apps: from now on it passes only as it is advanced, and every
    /// code is shown when the test says.
    pub async fn stop_clock(&self) {
        let next = "select (extract(epoch from clock_timestamp())::bigint / 30 + 2) * 30";
        let next: i64 = self.database.owner().await.query_one(next, &[]).await.unwrap().get(0);
        self.clock.stop(Timestamp::from_seconds(next));
    }

    /// The moment of a clock that was stopped, in seconds since 1970.
    pub fn now(&self) -> i64 {
        self.clock.shift(Timestamp::from_seconds(0)).as_seconds()
    }

    /// A client without credentials.
    pub fn stranger(&self) -> Client {
        self.admin.with_token("")
    }

    /// An account of that name without channels, and a log-in of it.
    pub async fn customer(&self, username: &str) -> Customer {
        let (phone, email) = addresses_of(username);
        let made = self
            .admin
            .post(
                "/accounts",
                serde_json::json!({"username": username, "contact_data": {"phone": phone, "email": email}}),
            )
            .await;
        assert_eq!(made.status, 201, "{made:?}");
        let client = self.log_in(username).await;
        Customer { username: username.to_owned(), phone, email, client }
    }

    /// An account whose `sms` channel is active.
    pub async fn customer_with_sms(&self, username: &str) -> Customer {
        let customer = self.customer(username).await;
        self.set_address(&customer, "sms", &customer.phone).await;
        customer
    }

    /// Puts an address in force as an operator, and waits until the customer was told: that notice goes out behind the
    /// reply, and would meet what the test does next.
    pub async fn set_address(&self, customer: &Customer, channel: &str, address: &str) {
        let path = customer.path(&format!("/tan/{channel}"));
        let put = self.admin.put(&path, serde_json::json!({"address": address})).await;
        assert_eq!(put.status, 204, "{put:?}");
        let recording = if channel == "sms" { &self.sms } else { &self.email };
        let told = async {
            let mut seen = recording.sent().len();
            while self.recording && recording.last_to(address).is_none() {
                recording.until_sent(seen + 1).await;
                seen = recording.sent().len();
            }
        };
        tokio::time::timeout(Duration::from_secs(20), told).await.expect("the customer is told");
        if self.recording {
            self.settled().await;
        }
    }

    /// Waits until no notice is to be sent: they are behind the replies, and their end is written behind them.
    pub async fn settled(&self) {
        let owner = self.database.owner().await;
        let none = "select not exists (select from notices)";
        // Not by `eventually`: tests spawn what waits here, and a closure that borrows cannot be sent elsewhere.
        let waits = async {
            while !owner.query_one(none, &[]).await.unwrap().get::<_, bool>(0) {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), waits).await.expect("no notice waits");
    }

    /// A further log-in of an account.
    pub async fn log_in(&self, username: &str) -> Client {
        let minted =
            self.core.post(&format!("/accounts/{username}/token"), serde_json::json!({"scope": "readwrite"})).await;
        assert_eq!(minted.status, 200, "{minted:?}");
        self.admin.with_token(minted.text("access_token"))
    }

    /// The TAN of the last message that went to an address.
    pub fn tan_sent_to(&self, address: &str) -> String {
        let recording = if address.starts_with('+') { &self.sms } else { &self.email };
        // Notices are sent behind the reply, so the newest message need not be the one with the TAN.
        let sent = recording.sent();
        let to_address = |message: &&Arc<Envelope>| message.address.reveal() == address;
        let message = sent.iter().rev().filter(|message| message.kind == MessageKind::Tan).find(to_address);
        tan_in(message.unwrap_or_else(|| panic!("no TAN was sent to {address}")).body.reveal())
    }

    /// How many messages went out on all channels.
    pub fn messages(&self) -> usize {
        self.sms.attempts() + self.email.attempts()
    }

    /// The storage layer, past HTTP and use cases.
    pub fn store(&self, wish: &Wish) -> Datastore {
        let settings = self.database.settings(self.directory.path(), wish);
        let ring = Arc::new(key_file::read(&settings.keys.file).unwrap());
        let overrides = Overrides { clock: self.clock.clone(), ..Overrides::default() };
        parts::datastore(&settings, &parts::connecting(&settings), ring, &overrides).unwrap()
    }

    pub async fn stop(self) {
        self.running.stop().await;
    }
}

/// The only run of eight digits that stands alone in a message.
pub fn tan_in(message: &str) -> String {
    let mut runs = message.split(|c: char| !c.is_ascii_digit());
    runs.rfind(|run| run.len() == 8).unwrap_or_else(|| panic!("no TAN in the message")).to_owned()
}

/// A TAN that is not this one.
pub fn other_than(tan: &str) -> String {
    let first = if tan.starts_with('9') { '0' } else { '9' };
    format!("{first}{}", &tan[1..])
}

pub async fn issue(running: &Running, scope: Scope, owner: Option<&str>) -> String {
    issue_by(running.service(), scope, owner).await
}

/// An access token, as the command line makes it.
async fn issue_by(service: &Service, scope: Scope, owner: Option<&str>) -> String {
    let owner = owner.map(|name| Username::parse(name).unwrap());
    let wish = TokenRequest { scope, duration: None, description: Some("a test".to_owned()), operations: Vec::new() };
    service.issue_token("test", owner.as_ref(), &wish).await.unwrap().secret.reveal().to_owned()
}

/// The configuration of a test.
pub fn configuration(database_url: &str, wish: &Wish) -> String {
    let script = format!("{}/scripts/tan-file.sh", env!("CARGO_MANIFEST_DIR"));
    let channels = format!(
        "[channel.sms]\nscript = \"{script}\"\ntimeout = \"5 s\"\nenv = {{ SPOOL_DIR = \"spool\" }}\n\
         [channel.email]\nscript = \"{script}\"\ntimeout = \"5 s\"\nenv = {{ SPOOL_DIR = \"spool\" }}\n"
    );
    format!(
        "[database]\nurl = \"{database_url}\"\n[keys]\nfile = \"keys.toml\"\n{}{}\n\
         [server]\nlisten = \"127.0.0.1:0\"\nbank_name = \"Example Bank\"\norigin = \"https://bank.example\"\n\
         allowed_origins = [\"https://bank.example\"]\nworkers = 2\n{}\n",
        channels, wish.more, wish.server
    )
}

pub fn settings(text: &str, directory: &Path) -> Settings {
    Settings::from_toml(text, directory, std::iter::empty()).unwrap_or_else(|troubles| panic!("{troubles}"))
}
