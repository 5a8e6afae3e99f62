//! A real mail server with certificates of the test's own authority, which does as it is told.

use std::{
    fs,
    path::Path,
    process::Stdio,
    sync::{Arc, Mutex},
    time::Duration,
};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    process::{Child, ChildStdin, ChildStdout, Command},
    sync::watch,
    time::timeout,
};

const PATIENCE: Duration = Duration::from_mins(1);

/// How a server is set up.
pub struct Style {
    /// TLS from the first byte.
    pub implicit: bool,
    /// No TLS at all, though it has a certificate.
    pub hides_tls: bool,
    /// `server` is for localhost and 127.0.0.1, `elsewhere` for another host.
    pub certificate: &'static str,
    /// What `tanager` has to say to be let in.
    pub password: Option<&'static str>,
}

impl Default for Style {
    fn default() -> Self {
        Self { implicit: false, hides_tls: false, certificate: "server", password: None }
    }
}

/// A mail that the server heard to its end.
pub struct Mail(Value);

impl Mail {
    pub fn raw(&self) -> &str {
        self.0["raw"].as_str().unwrap()
    }

    /// As whom it was handed over; `None`: nobody was asked.
    pub fn user(&self) -> Option<&str> {
        self.0["user"].as_str()
    }

    /// Whether it came over TLS.
    pub fn is_encrypted(&self) -> bool {
        self.0["secure"].as_bool().unwrap()
    }

    pub fn recipient(&self) -> &str {
        self.0["envelope"]["rcptTo"][0]["address"].as_str().unwrap()
    }

    pub fn sender(&self) -> &str {
        self.0["envelope"]["mailFrom"]["address"].as_str().unwrap()
    }

    pub fn head(&self) -> &str {
        self.raw().split_once("\r\n\r\n").unwrap().0
    }

    /// A line of the head, unfolded.
    pub fn header(&self, name: &str) -> String {
        let head = self.head().replace("\r\n ", " ");
        let mut found = head.split("\r\n").filter_map(|line| line.strip_prefix(&format!("{name}: ")));
        let value = found.next().unwrap_or_else(|| panic!("no {name} in {head}")).to_owned();
        assert_eq!(found.next(), None, "{name} stands there twice");
        value
    }

    /// The plain text, out of its encoding: of a mail with two parts the first.
    pub fn body(&self) -> String {
        let behind_the_head = self.raw().split_once("\r\n\r\n").unwrap().1;
        let kind = self.header("Content-Type");
        let Some((_, boundary)) = kind.split_once("boundary=") else { return decoded(behind_the_head) };
        let first = behind_the_head.split(&format!("--{}", boundary.trim_matches('"'))).nth(1).unwrap();
        let (head, text) = first.split_once("\r\n\r\n").unwrap();
        assert!(head.contains("Content-Type: text/plain"), "{head}");
        decoded(text)
    }
}

/// Quoted-printable.
pub fn decoded(text: &str) -> String {
    let joined = text.replace("=\r\n", "");
    let mut pieces = joined.split('=');
    let mut bytes = pieces.next().unwrap().as_bytes().to_vec();
    for piece in pieces {
        bytes.push(u8::from_str_radix(&piece[..2], 16).unwrap());
        bytes.extend(&piece.as_bytes()[2..]);
    }
    String::from_utf8(bytes).unwrap()
}

/// A running server. It ends when its standard input is closed, which the kernel does when the test dies.
pub struct MailServer {
    orders: tokio::sync::Mutex<ChildStdin>,
    told: Arc<Mutex<Vec<Value>>>,
    changed: watch::Receiver<()>,
    style: Style,
    port: u16,
    directory: TempDir,
    _child: Child,
}

impl MailServer {
    pub async fn start(style: Style) -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/mail");
        let missing = "the mail server is missing: run scripts/provision --tests";
        assert!(folder.join("node_modules/smtp-server").is_dir(), "{missing}");
        let directory = tempfile::tempdir().unwrap();
        write_certificates(directory.path());
        let options = json!({
            "directory": directory.path(), "certificate": style.certificate, "secure": style.implicit,
            "hideSTARTTLS": style.hides_tls, "password": style.password, "port": 0,
        });
        let mut child = Command::new("node")
            .args(["server.mjs", &options.to_string()])
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect(missing);
        let (tell, changed) = watch::channel(());
        let told = Arc::<Mutex<Vec<Value>>>::default();
        tokio::spawn(listen(child.stdout.take().unwrap(), Arc::clone(&told), tell));
        let orders = tokio::sync::Mutex::new(child.stdin.take().unwrap());
        let mut server = Self { orders, told, changed, style, port: 0, directory, _child: child };
        let listening = server.until("it listens", |told| told.iter().any(|event| event["event"] == "listening"));
        listening.await;
        server.port = u16::try_from(server.all("listening")[0]["port"].as_u64().unwrap()).unwrap();
        server
    }

    /// The keys of a transport that trusts this server.
    pub fn settings(&self) -> String {
        let encryption = if self.style.implicit { "tls" } else { "starttls" };
        let login = self.style.password.map(|password| format!("username = 'tanager'\npassword = '{password}'\n"));
        format!(
            "kind = 'smtp'\nhost = '127.0.0.1'\nport = {}\nencryption = '{encryption}'\nca_file = '{}'\n\
             from = 'Example Bank <tan@bank.example>'\n{}",
            self.port,
            self.file("ca.pem"),
            login.unwrap_or_default()
        )
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    pub fn file(&self, name: &str) -> String {
        self.directory.path().join(name).display().to_string()
    }

    /// Tells it what to do at a stage instead of saying yes; returns when it knows.
    pub async fn order(&self, order: Value) {
        let known = self.all("obeyed").len();
        let line = format!("{order}\n");
        self.orders.lock().await.write_all(line.as_bytes()).await.unwrap();
        self.until("it obeys", |told| count(told, "obeyed") > known).await;
    }

    /// What it took charge of, oldest first.
    pub fn mails(&self) -> Vec<Mail> {
        self.all("mail").into_iter().map(Mail).collect()
    }

    /// What it heard to its end, taken or not.
    pub fn heard(&self) -> Vec<Mail> {
        self.all("heard").into_iter().map(Mail).collect()
    }

    pub fn connections(&self) -> usize {
        self.all("connection").len()
    }

    /// Waits for the mail of that number, the first being 1.
    pub async fn mail(&self, number: usize) -> Mail {
        self.until("a mail", |told| count(told, "mail") >= number).await;
        self.mails().swap_remove(number - 1)
    }

    /// Waits until it came to the stage of an order, as often.
    pub async fn at_stage(&self, times: usize) {
        self.until("the stage of an order", |told| count(told, "stage") >= times).await;
    }

    /// Waits until so many connections have ended.
    pub async fn closed(&self, times: usize) {
        self.until("a connection ends", |told| count(told, "closed") >= times).await;
    }

    fn all(&self, event: &str) -> Vec<Value> {
        self.told.lock().unwrap().iter().filter(|told| told["event"] == event).cloned().collect()
    }

    async fn until(&self, what: &str, happened: impl Fn(&[Value]) -> bool) {
        let mut changed = self.changed.clone();
        let waiting = changed.wait_for(|()| happened(&self.told.lock().unwrap()));
        let happened = timeout(PATIENCE, waiting).await.unwrap_or_else(|_| panic!("{what}: not within {PATIENCE:?}"));
        assert!(happened.is_ok(), "{what}: the mail server has ended");
    }
}

fn count(told: &[Value], event: &str) -> usize {
    told.iter().filter(|told| told["event"] == event).count()
}

async fn listen(stdout: ChildStdout, told: Arc<Mutex<Vec<Value>>>, tell: watch::Sender<()>) {
    let mut lines = BufReader::new(stdout).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        told.lock().unwrap().push(serde_json::from_str(&line).unwrap());
        tell.send_replace(());
    }
}

/// `ca.pem` and certificates of it; `other.pem` is an authority that signed nothing here.
fn write_certificates(directory: &Path) {
    let authority = |name: &str| {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(rcgen::DnType::CommonName, name);
        CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
    };
    let (ours, other) = (authority("ours"), authority("other"));
    fs::write(directory.join("ca.pem"), ours.pem()).unwrap();
    fs::write(directory.join("other.pem"), other.pem()).unwrap();
    for (name, hosts) in [("server", vec!["localhost", "127.0.0.1"]), ("elsewhere", vec!["mail.elsewhere.example"])] {
        let key = KeyPair::generate().unwrap();
        let hosts: Vec<_> = hosts.into_iter().map(str::to_owned).collect();
        let certificate = CertificateParams::new(hosts).unwrap().signed_by(&key, &ours).unwrap();
        fs::write(directory.join(format!("{name}.pem")), certificate.pem()).unwrap();
        fs::write(directory.join(format!("{name}.key")), key.serialize_pem()).unwrap();
    }
}
