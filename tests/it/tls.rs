//! TLS to the database, and several hosts in its URL: a PostgreSQL that listens on TCP with a certificate of the test's
//! own authority, and lets nobody in without TLS and a password.

use std::{
    fs::{self, Permissions},
    os::unix::fs::{MetadataExt, PermissionsExt, chown},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tanager::demo::postgres::{Options, PrivatePostgres};
use tempfile::TempDir;
use tokio_postgres::NoTls;

use crate::app::{Database, Installation};

/// Runs its arguments until its standard input is closed, which the kernel does when the test dies.
const GUARD: &str = "\"$@\" </dev/null & read -r _; kill -INT $!; wait $!";
const PATIENCE: Duration = Duration::from_secs(30);
/// Nobody without TLS and a password over TCP; the test itself by the socket, which its directory closes to others.
const ADMISSION: &str = "local all all trust\nhostssl all all 127.0.0.1/32 scram-sha-256\n";

/// A PostgreSQL with TLS on 127.0.0.1, its certificate for that address alone.
struct TlsPostgres {
    guard: Child,
    directory: TempDir,
    port: u16,
}

impl TlsPostgres {
    async fn start() -> Self {
        let directory = tempfile::Builder::new().permissions(Permissions::from_mode(0o755)).tempdir().unwrap();
        let home = directory.path().join("cluster");
        let prepared = home.clone();
        tokio::task::spawn_blocking(|| prepare(prepared)).await.unwrap();
        write_certificates(directory.path(), &home.join("data"));
        fs::write(home.join("data/pg_hba.conf"), ADMISSION).unwrap();
        let (guard, port) = (0..5).find_map(|_| listen(&home)).expect("one of five free ports is still free");
        let started = Self { guard, directory, port };
        started.owner().await.batch_execute("alter role tanager password 'sesame'").await.unwrap();
        started
    }

    fn url(&self, host: &str, more: &str) -> String {
        format!("postgres://tanager:sesame@{host}:{}/tanager?{more}", self.port)
    }

    fn file(&self, name: &str) -> String {
        self.directory.path().join(name).display().to_string()
    }

    /// A connection past TLS, by the socket.
    async fn owner(&self) -> tokio_postgres::Client {
        let socket = self.directory.path().join("cluster").display().to_string();
        let config = format!("host='{socket}' port={} user=tanager dbname=tanager", self.port);
        let (client, connection) = tokio_postgres::connect(&config, NoTls).await.unwrap();
        tokio::spawn(connection);
        client
    }

    /// An installation that reaches this database by `url` and knows the authority of `ca_file`.
    async fn installation(&self, url: &str, ca_file: &str) -> Installation {
        Installation::bare(Database::bare().await)
            .with("TANAGER_DATABASE__URL", url)
            .with("TANAGER_DATABASE__CA_FILE", &self.file(ca_file))
    }

    async fn migrated(&self, url: &str) -> Installation {
        let place = self.installation(url, "ca.pem").await;
        let migrated = place.run(&["migrate"]).await;
        assert_eq!(migrated.status.code(), Some(0), "{}", String::from_utf8_lossy(&migrated.stderr));
        place
    }
}

impl Drop for TlsPostgres {
    fn drop(&mut self) {
        drop(self.guard.stdin.take());
        let _ = self.guard.wait();
    }
}

/// Makes the cluster and its database as the demo does, which then stops.
fn prepare(home: PathBuf) {
    let options = Options { directory: Some(home), durable: false, ..Options::default() };
    let private = PrivatePostgres::start(options).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let client = crate::app::connect(&private.url("postgres")).await;
        client.batch_execute("create database tanager").await.unwrap();
    });
    private.stop().unwrap();
}

/// `ca.pem` and, in the cluster, a certificate of it; `other.pem` is an authority that signed nothing here.
fn write_certificates(directory: &Path, data: &Path) {
    let authority = |name: &str| {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(rcgen::DnType::CommonName, name);
        CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
    };
    let (ours, other) = (authority("ours"), authority("other"));
    fs::write(directory.join("ca.pem"), ours.pem()).unwrap();
    fs::write(directory.join("other.pem"), other.pem()).unwrap();
    let key = KeyPair::generate().unwrap();
    let server = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap().signed_by(&key, &ours).unwrap();
    let owner = fs::metadata(data).unwrap();
    for (name, text) in [("server.crt", server.pem()), ("server.key", key.serialize_pem())] {
        fs::write(data.join(name), text).unwrap();
        fs::set_permissions(data.join(name), Permissions::from_mode(0o600)).unwrap();
        chown(data.join(name), Some(owner.uid()), Some(owner.gid())).unwrap();
    }
}

/// Starts the cluster on a port that was free a moment ago; `None` when it is not any more.
fn listen(home: &Path) -> Option<(Child, u16)> {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let data = home.join("data");
    // PostgreSQL keeps how it was started, its own path first.
    let kept = fs::read_to_string(data.join("postmaster.opts")).unwrap();
    let program = kept.split_whitespace().next().unwrap();
    let mut command = Command::new("/bin/sh");
    command.args(["-c", GUARD, "guard", program, "-D"]).arg(&data).args(["-p", &port.to_string()]);
    let settings = ["listen_addresses=127.0.0.1", "ssl=on", "fsync=off", "unix_socket_permissions=0700"];
    command.args(settings.iter().flat_map(|setting| ["-c", setting]));
    command.arg("-c").arg(format!("unix_socket_directories={}", home.display()));
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).current_dir(home);
    let owner = fs::metadata(&data).unwrap();
    if rustix::process::geteuid().is_root() {
        std::os::unix::process::CommandExt::uid(&mut command, owner.uid());
        std::os::unix::process::CommandExt::gid(&mut command, owner.gid());
    }
    let mut guard = command.spawn().unwrap();
    let deadline = Instant::now() + PATIENCE;
    let state = data.join("postmaster.pid");
    while !fs::read_to_string(&state).is_ok_and(|state| state.lines().nth(7).map(str::trim) == Some("ready")) {
        if Instant::now() > deadline || !runs(&guard) {
            drop(guard.stdin.take());
            guard.wait().unwrap();
            return None;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    Some((guard, port))
}

/// Whether the guard still has a child that is no zombie.
fn runs(guard: &Child) -> bool {
    let children = format!("/proc/{0}/task/{0}/children", guard.id());
    let children = fs::read_to_string(children).unwrap_or_default();
    let alive = |pid: &str| fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !stat.contains(") Z "));
    // Before it has started its child it has none, and is the shell itself.
    children.is_empty() || children.split_whitespace().any(alive)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_over_tls_is_migrated_and_served() {
    let postgres = TlsPostgres::start().await;
    let place = postgres.migrated(&postgres.url("127.0.0.1", "sslmode=require")).await;

    let process = place.serve().await;

    assert_eq!(process.stranger().get("/health/ready").await.status, 200);
    let over = "select count(*) filter (where ssl), count(*) from pg_stat_ssl join pg_stat_activity using (pid) \
                where application_name = 'tanager'";
    let over = postgres.owner().await.query_one(over, &[]).await.unwrap();
    let (encrypted, all): (i64, i64) = (over.get(0), over.get(1));
    assert!(all > 0 && encrypted == all, "{encrypted} of {all}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_does_not_prove_the_host_is_refused() {
    let postgres = TlsPostgres::start().await;
    postgres.migrated(&postgres.url("127.0.0.1", "sslmode=require")).await;
    for (host, ca_file, mode) in [
        ("127.0.0.1", "other.pem", "require"),
        ("127.0.0.1", "other.pem", "prefer"),
        ("localhost", "ca.pem", "require"),
        ("localhost", "ca.pem", "prefer"),
    ] {
        let place = postgres.installation(&postgres.url(host, &format!("sslmode={mode}")), ca_file).await;
        let migrated = place.run(&["migrate"]).await;
        let said = String::from_utf8(migrated.stderr).unwrap();
        assert_eq!(migrated.status.code(), Some(1), "{host} {ca_file} {mode}: {said}");
        assert!(said.to_lowercase().contains("certificate"), "{host} {ca_file} {mode}: {said}");
        assert!(!said.contains("sesame"), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_without_tls_is_not_made_where_tls_is_required() {
    let postgres = TlsPostgres::start().await;
    let place = postgres.installation(&postgres.url("127.0.0.1", "sslmode=disable"), "ca.pem").await;
    let migrated = place.run(&["migrate"]).await;
    assert_eq!(migrated.status.code(), Some(1), "the server itself admits nobody without TLS");

    // A server that knows no TLS: nothing is said to it in clear.
    let plain = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("postgres://tanager:sesame@{}/tanager?sslmode=require", plain.local_addr().unwrap());
    let place = postgres.installation(&url, "ca.pem").await;
    let server = async {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        let (mut stream, _) = plain.accept().await.unwrap();
        let mut asked = [0; 8];
        stream.read_exact(&mut asked).await.unwrap();
        stream.write_all(b"N").await.unwrap();
        let mut heard = Vec::new();
        stream.read_to_end(&mut heard).await.unwrap();
        heard
    };
    let (migrated, heard) = tokio::join!(place.run(&["migrate"]), server);
    assert_eq!(migrated.status.code(), Some(1));
    assert!(heard.is_empty(), "after its refusal nothing more was sent");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_several_hosts_the_one_that_lives_and_can_be_written_is_used() {
    let postgres = TlsPostgres::start().await;
    // Let go of at once: nobody listens there.
    let dead = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let hosts = format!("{dead},127.0.0.1:{}", postgres.port);
    let url = format!("postgres://tanager:sesame@{hosts}/tanager?sslmode=require&target_session_attrs=read-write");
    let place = postgres.migrated(&url).await;
    let process = place.serve().await;
    assert_eq!(process.stranger().get("/health/ready").await.status, 200);
    drop(process);

    // What swallows every packet is dead, too, and is not waited for so long that the next is never tried.
    let (_hole, swallows) = black_hole().await;
    let hosts = format!("{swallows},127.0.0.1:{}", postgres.port);
    let url = format!("postgres://tanager:sesame@{hosts}/tanager?sslmode=require&target_session_attrs=read-write");
    let place = place.with("TANAGER_DATABASE__URL", &url).with("TANAGER_DATABASE__CONNECT_TIMEOUT", "500 ms");
    assert_eq!(place.serve().await.stranger().get("/health/ready").await.status, 200);

    let standby = "alter database tanager set default_transaction_read_only = on";
    postgres.owner().await.batch_execute(standby).await.unwrap();
    let said = place.refusal().await;
    assert!(said.contains("database"), "a host that cannot be written is none: {said}");
}

/// A port whose queue is full: who connects there hears nothing, like of a machine that is switched off.
async fn black_hole() -> (Vec<tokio::net::TcpStream>, std::net::SocketAddr) {
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    // Never accepted from, and kept as long as the program runs.
    let listener = Box::leak(Box::new(socket.listen(1).unwrap()));
    let address = listener.local_addr().unwrap();
    let mut waiting = Vec::new();
    while let Ok(stream) =
        tokio::time::timeout(Duration::from_millis(300), tokio::net::TcpStream::connect(address)).await
    {
        waiting.push(stream.unwrap());
    }
    (waiting, address)
}
