//! What is measured: one PostgreSQL, and a service for each way that messages can go. The services are this program, started
//! again as children: a transport that sends nothing cannot be configured.

use std::{
    fs,
    io::Read,
    net::{SocketAddr, TcpListener, TcpStream},
    num::NonZeroU16,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::Arc,
    thread::sleep,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, anyhow, bail, ensure};
use futures_util::future::{BoxFuture, ready};
use tanager::{
    app::{Overrides, Running},
    channel::{Envelope, GateSettings, Outlet, Outlets, SendError, Sender, Transport},
    demo::postgres::{Options, PrivatePostgres},
    domain::channel::Channel,
    settings::Settings,
};
use tempfile::TempDir;

use super::{
    customers::Customers,
    usage::{self, Usage},
};

/// Longer than any of them takes to start.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often it is looked whether one listens.
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// Names the way that a child serves, and its configuration.
const SERVES: &str = "TANAGER_BENCH_SERVES";
const CONFIGURATION: &str = "TANAGER_BENCH_CONFIGURATION";
/// Hand-overs at once, and how many wait: nobody is refused.
const AT_ONCE: u16 = 64;
const WAITING: u16 = 1000;

/// Answers at once and does nothing else: what the transport costs by itself.
const BARE: &str = r#"#!/usr/bin/env python3
import json, sys
for line in sys.stdin.buffer:
    sys.stdout.write('{"transmission":"%s","outcome":"sent"}\n' % json.loads(line)["transmission"])
    sys.stdout.flush()
"#;

/// A way for messages.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// Nowhere.
    Nothing,
    /// A persistent script that answers alone.
    Bare,
    /// The persistent script that is shipped: it writes a file for each message.
    Lines,
}

impl Way {
    /// What is compared with comes first.
    pub const ALL: [Self; 3] = [Self::Nothing, Self::Bare, Self::Lines];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Nothing => "a transport that sends nothing",
            Self::Bare => "a persistent script that answers alone",
            Self::Lines => "scripts/tan-lines.py",
        }
    }
}

/// A child that ends with this value: by itself, as its input ends, or else it is killed.
struct Program(Child);

impl Drop for Program {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        let since = Instant::now();
        while matches!(self.0.try_wait(), Ok(None)) && since.elapsed() < PATIENCE {
            sleep(LOOK_EVERY);
        }
        // One that has ended already needs no end.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Everything that runs. What is declared first is dropped first: the services before their database.
pub struct Bench {
    services: Vec<(Way, Program, SocketAddr)>,
    pub customers: Customers,
    postgres: PrivatePostgres,
    _directory: TempDir,
}

impl Bench {
    /// Starts all of them, and returns when they listen and know their customers.
    pub fn start() -> Result<Self> {
        let directory = tempfile::tempdir()?;
        let settings = [("shared_buffers", "512MB"), ("max_wal_size", "4GB")];
        let settings = settings.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        let postgres = PrivatePostgres::start(Options { settings, ..Options::default() })?;
        let bare = write_bare(directory.path())?;
        let mut configurations = Vec::new();
        for way in Way::ALL {
            let address = free_address()?;
            let script = if way == Way::Lines { shipped() } else { bare.clone() };
            let file = directory.path().join(format!("{}.toml", configurations.len()));
            fs::write(&file, configuration(&postgres, address, &script, directory.path()))?;
            configurations.push((way, file, address));
        }
        let (_, first, _) = configurations.first().context("no way")?;
        let migrated = Command::new(env!("CARGO_BIN_EXE_tanager"))
            .arg("migrate")
            .arg("--config")
            .arg(first)
            .stdout(Stdio::null())
            .status()?;
        ensure!(migrated.success(), "the database could not be migrated");
        let customers = Customers::make(directory.path(), first)?;
        let services = configurations.into_iter().map(|(way, file, address)| Ok((way, start(way, &file)?, address)));
        let services = services.collect::<Result<Vec<_>>>()?;
        for (_, _, address) in &services {
            until_listening(*address)?;
        }
        Ok(Self { services, customers, postgres, _directory: directory })
    }

    /// Where the service of that way is.
    pub fn url(&self, way: Way) -> String {
        let address = self.of(way).map(|(_, _, address)| address.to_string());
        format!("http://{}", address.unwrap_or_default())
    }

    /// What the service of that way, its program and PostgreSQL have used so far.
    pub fn usage(&self, way: Way) -> Result<Usage> {
        let service = self.of(way).context("no such service")?.1.0.id();
        let state = fs::read_to_string(self.postgres.socket_directory().join("data/postmaster.pid"))?;
        let postmaster = state.lines().next().and_then(|pid| pid.trim().parse().ok()).context("no postmaster")?;
        Ok(Usage {
            service: usage::of_process(service)?,
            program: usage::of_children(service)?,
            postgres: usage::of_process(postmaster)? + usage::of_children(postmaster)?,
            ..Usage::default()
        })
    }

    fn of(&self, way: Way) -> Option<&(Way, Program, SocketAddr)> {
        self.services.iter().find(|(of, ..)| *of == way)
    }
}

fn shipped() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/tan-lines.py")
}

fn write_bare(directory: &Path) -> Result<PathBuf> {
    use std::os::unix::fs::PermissionsExt;
    let file = directory.join("bare.py");
    fs::write(&file, BARE)?;
    fs::set_permissions(&file, fs::Permissions::from_mode(0o755))?;
    Ok(file)
}

/// An address that was free a moment ago.
fn free_address() -> Result<SocketAddr> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}

/// No limit is in the way; all else is as it is by default.
fn configuration(postgres: &PrivatePostgres, listen: SocketAddr, script: &Path, directory: &Path) -> String {
    let (url, script, spool) = (postgres.url("postgres"), script.display(), directory.join("spool"));
    format!(
        "[server]\nlisten = \"{listen}\"\nbank_name = \"Example Bank\"\norigin = \"https://bank.example\"\n\
         [log]\nlevel = \"error\"\n[database]\nurl = \"{url}\"\n[keys]\nfile = \"keys.toml\"\n\
         [limits]\nretransmission_period = \"0 s\"\nopen_challenges = 100\naccount_per_hour = 1000\naccount_per_day = 1000\n\
         address_per_hour = 1000\naddress_per_day = 1000\n\
         [channel.sms]\nat_once = {AT_ONCE}\nwaiting = {WAITING}\n\
         [channel.sms.transport.lines]\nkind = \"persistent\"\nscript = \"{script}\"\nenv = {{ SPOOL_DIR = \"{}\" }}\n",
        spool.display()
    )
}

fn start(way: Way, configuration: &Path) -> Result<Program> {
    let mut command = Command::new(std::env::current_exe()?);
    command.env(SERVES, way.name()).env(CONFIGURATION, configuration).stdin(Stdio::piped()).stdout(Stdio::null());
    Ok(Program(command.spawn()?))
}

fn until_listening(address: SocketAddr) -> Result<()> {
    let since = Instant::now();
    while TcpStream::connect(address).is_err() {
        if since.elapsed() > PATIENCE {
            bail!("nothing listens at {address}");
        }
        sleep(LOOK_EVERY);
    }
    Ok(())
}

/// The way that this process was started to serve; `None`: it was started to measure.
pub fn asked_to_serve() -> Option<Way> {
    let name = std::env::var(SERVES).ok()?;
    Way::ALL.into_iter().find(|way| way.name() == name)
}

/// Serves until standard input ends.
pub fn serve(way: Way) -> Result<()> {
    let file = std::env::var_os(CONFIGURATION).context("no configuration")?;
    let settings = Settings::load(Path::new(&file), std::iter::empty()).map_err(|troubles| anyhow!("{troubles}"))?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let outlets = (way == Way::Nothing).then(nowhere);
        let running = Running::start(&settings, Overrides { outlets, ..Overrides::default() }).await?;
        tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new())).await??;
        running.stop().await;
        Ok(())
    })
}

/// Takes charge of every message and forgets it.
struct Nothing;

impl Sender for Nothing {
    fn send<'a>(&'a self, _: &'a Envelope) -> BoxFuture<'a, Result<(), SendError>> {
        Box::pin(ready(Ok(())))
    }

    fn readiness(&self) -> Result<(), String> {
        Ok(())
    }

    fn timeout(&self) -> Duration {
        Duration::from_secs(10)
    }
}

fn nowhere() -> Outlets {
    let gate = GateSettings {
        at_once: NonZeroU16::new(AT_ONCE).unwrap_or(NonZeroU16::MIN),
        waiting: WAITING,
        ..GateSettings::default()
    };
    let outlet = Outlet::new(vec![Transport::new("nothing", Arc::new(Nothing))], gate);
    Outlets::new().with(Channel::Sms, Arc::new(outlet))
}
