//! The programs that are measured, each started here and ended with this value: PostgreSQL, Tanager, and nginx twice, as
//! the upstream and as the proxy to compare with.

use std::{
    fs,
    net::{SocketAddr, TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use tanager::demo::postgres::{Options, PrivatePostgres};
use tempfile::TempDir;

use super::core::Core;

/// Longer than any of them takes to start.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often it is looked whether one listens.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// A child that is killed when it is dropped.
struct Program(Child);

impl Program {
    fn start(command: &mut Command) -> Result<Self> {
        let name = command.get_program().to_string_lossy().into_owned();
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn();
        Ok(Self(child.with_context(|| format!("{name} could not be started: is it installed?"))?))
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // One that has ended already needs no end.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Everything that runs. What is declared first is dropped first: the proxies before what they need.
pub struct Bench {
    _fast: Program,
    large: Program,
    _nginx: Program,
    proxy: SocketAddr,
    gateway: SocketAddr,
    large_gateway: SocketAddr,
    _core: Core,
    _postgres: PrivatePostgres,
    _directory: TempDir,
}

impl Bench {
    /// Starts all of them, and returns when they listen.
    pub fn start() -> Result<Self> {
        let directory = tempfile::tempdir()?;
        let postgres = PrivatePostgres::start(Options::default())?;
        let core = Core::start()?;
        let [upstream, proxy, gateway, api, large_gateway, large_api] = free_addresses()?;
        let nginx = nginx(directory.path(), upstream, proxy)?;
        let start = |name: &str, upstream, gateway, api| {
            let configuration = directory.path().join(name);
            fs::write(&configuration, tanager_configuration(&postgres, upstream, gateway, api))?;
            tanager(&configuration)
        };
        let fast = start("fast.toml", upstream, gateway, api)?;
        let large = start("large.toml", core.address, large_gateway, large_api)?;
        for address in [upstream, proxy, gateway, large_gateway] {
            until_listening(address)?;
        }
        Ok(Self {
            _fast: fast,
            large,
            _nginx: nginx,
            proxy,
            gateway,
            large_gateway,
            _core: core,
            _postgres: postgres,
            _directory: directory,
        })
    }

    /// A page of 1 KiB, by way of nginx.
    pub fn nginx_url(&self) -> String {
        format!("http://{}/", self.proxy)
    }

    /// The same page, by way of the gateway.
    pub fn gateway_url(&self) -> String {
        format!("http://{}/", self.gateway)
    }

    /// The gateway in front of the upstream for large bodies, and its process.
    pub fn large(&self) -> (SocketAddr, u32) {
        (self.large_gateway, self.large.0.id())
    }
}

/// Addresses that were free a moment ago.
fn free_addresses<const N: usize>() -> Result<[SocketAddr; N]> {
    let listeners = (0..N).map(|_| TcpListener::bind("127.0.0.1:0")).collect::<Result<Vec<_>, _>>()?;
    let addresses = listeners.iter().map(TcpListener::local_addr).collect::<Result<Vec<_>, _>>()?;
    addresses.try_into().map_err(|_| anyhow::anyhow!("too few addresses"))
}

/// One nginx: the upstream, which answers out of memory, and the proxy in front of it.
fn nginx(directory: &Path, upstream: SocketAddr, proxy: SocketAddr) -> Result<Program> {
    let (home, page) = (directory.display(), "x".repeat(1024));
    let configuration = format!(
        "daemon off;\nworker_processes 2;\npid {home}/nginx.pid;\nerror_log {home}/error.log;\n\
         events {{ worker_connections 1024; }}\n\
         http {{\n\
         access_log off;\nkeepalive_requests 100000000;\n\
         client_body_temp_path {home}/body;\nproxy_temp_path {home}/proxy;\nfastcgi_temp_path {home}/fastcgi;\n\
         uwsgi_temp_path {home}/uwsgi;\nscgi_temp_path {home}/scgi;\n\
         upstream core {{ server {upstream}; keepalive 64; keepalive_requests 100000000; }}\n\
         server {{ listen {upstream}; location / {{ return 200 \"{page}\"; }} }}\n\
         server {{ listen {proxy}; location / {{ proxy_pass http://core; proxy_http_version 1.1; \
         proxy_set_header Connection \"\"; }} }}\n}}\n"
    );
    let file = directory.join("nginx.conf");
    fs::write(&file, configuration)?;
    Program::start(Command::new("nginx").arg("-p").arg(directory).arg("-c").arg(file))
}

fn tanager_configuration(
    postgres: &PrivatePostgres,
    upstream: SocketAddr,
    gateway: SocketAddr,
    api: SocketAddr,
) -> String {
    let url = postgres.url("postgres");
    format!(
        "[server]\nlisten = \"{api}\"\n[log]\nlevel = \"error\"\n[database]\nurl = \"{url}\"\n\
         [keys]\nfile = \"keys.toml\"\n[gateway]\nlisten = \"{gateway}\"\nupstream = \"http://{upstream}\"\n\
         [[gateway.operation]]\nname = \"transfer\"\nmethod = \"POST\"\n\
         path = \"/accounts/{{username}}/transactions\"\n"
    )
}

fn tanager(configuration: &Path) -> Result<Program> {
    let run = |command: &str| {
        let mut tanager = Command::new(env!("CARGO_BIN_EXE_tanager"));
        tanager.arg(command).arg("--config").arg(configuration);
        tanager
    };
    let migrated = run("migrate").stdout(Stdio::null()).status()?;
    ensure!(migrated.success(), "the database could not be migrated");
    Program::start(&mut run("serve"))
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

/// Requests a second, as wrk counts them. A reply that is no success is an error.
pub fn wrk(url: &str, connections: u32, length: Duration) -> Result<f64> {
    let length = format!("{}s", length.as_secs());
    let output = Command::new("wrk").args(["-t2", &format!("-c{connections}"), &format!("-d{length}"), url]).output();
    let output = output.context("wrk could not be started: is it installed?")?;
    let said = String::from_utf8_lossy(&output.stdout);
    ensure!(!said.contains("Non-2xx"), "{url} answered with errors:\n{said}");
    let rate = said.lines().find_map(|line| line.strip_prefix("Requests/sec:"));
    rate.context("wrk told no rate")?.trim().parse().context("wrk told no number")
}
