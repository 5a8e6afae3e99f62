//! SMS gateways over HTTP: the transport against real connections, and the service with one behind it. What must not happen is looked
//! up at the gateway, in the replies, in the database and in the log.

mod certificates;
mod connections;
mod hand_overs;
mod messages;
mod replies;
mod secrets;

use std::{sync::Arc, time::Duration};

use rustls::RootCertStore;
use tanager::{
    channel::{Credentials, Envelope, HttpSender, MessageBody, MessageKind, SendError, Sender},
    domain::{address::Address, channel::Channel, username::Username},
    settings::{Settings, TransportKind},
};
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::{
    app::{Client, Customer, Installation, Process},
    bank_core::{BankCore, Reply, Script},
};

/// What is called of the stubs here.
const TARGET: &str = "/v1/messages";
/// The secret of every gateway here.
const SECRET: &str = "sesame-4711-swordfish";
/// A generic gateway that takes JSON; `URL` is where it is.
const JSON: &str = r#"
kind = "http"
url = "URL/v1/messages"
secret = "sesame-4711-swordfish"
headers = { Authorization = "Bearer {{ secret }}", Idempotency-Key = "{{ transmission }}" }
body = '{"to": {{ address }}, "text": {{ message }}}'
"#;

fn settings(keys: &str, url: &str) -> Settings {
    let text = format!(
        "[database]\nurl = 'host=h'\n[channel.sms]\ntimeout = '1 min'\n[channel.sms.transport.gateway]\n{}",
        keys.replace("URL", url)
    );
    let settings = Settings::from_toml(&text, std::path::Path::new("/"), std::iter::empty());
    settings.unwrap_or_else(|troubles| panic!("{troubles}"))
}

/// The transport alone, with these keys, to a gateway at `url`.
fn sender_with(keys: &str, url: &str, roots: RootCertStore) -> HttpSender {
    let settings = settings(keys, url);
    let transport = &settings.channels.sms.transports[0];
    let TransportKind::Http(http) = &transport.kind else { panic!("no gateway") };
    let credentials = Credentials { secret: Zeroizing::new(SECRET.to_owned()), username: http.username.clone() };
    let call = Arc::clone(&http.call);
    HttpSender::new(call, Arc::clone(&http.replies), credentials, roots, transport.timeout).unwrap()
}

fn sender(keys: &str, gateway: &BankCore) -> HttpSender {
    sender_with(keys, &gateway.url(), RootCertStore::empty())
}

fn envelope(text: &str) -> Envelope {
    Envelope {
        transmission: Uuid::from_u128(7),
        channel: Channel::Sms,
        kind: MessageKind::Tan,
        account: Username::parse("alice").unwrap(),
        language: "en".to_owned(),
        subject: String::new(),
        address: Address::parse(Channel::Sms, "+41791234567").unwrap(),
        body: MessageBody::new(text.to_owned()),
        html: None,
        expected_digits: 8,
    }
}

/// Sends one message, within the time that every transport promises.
async fn send(sender: &HttpSender) -> Result<(), SendError> {
    let sent = tokio::time::timeout(sender.timeout() + Duration::from_secs(1), async {
        sender.send(&envelope("Your TAN is 12345678.")).await
    });
    sent.await.expect("it comes back within its timeout and a second")
}

/// What a gateway says that takes charge of the message.
fn accepts() -> Script {
    Script::say(&Reply::new(202).json(&serde_json::json!({"status": "queued"})))
}

/// The service as it is run, with SMS gateways behind it.
struct Scene {
    place: Installation,
    gateway: BankCore,
    backup: BankCore,
    operators: String,
}

impl Scene {
    /// With these keys of `[channel.sms]` and its transports in place of a script; `URL` is the gateway, `BACKUP` another one.
    async fn of(channel: &str) -> Self {
        let (place, gateway, backup) = (Installation::new().await, BankCore::open().await, BankCore::open().await);
        for stub in [&gateway, &backup] {
            stub.on("POST", TARGET, accepts());
        }
        let channel = channel.replace("URL", &gateway.url()).replace("BACKUP", &backup.url());
        let text = std::fs::read_to_string(place.path("tanager.toml")).unwrap();
        let (before, behind) = text.split_once("[channel.sms]").unwrap();
        let (_, behind) = behind.split_once("[channel.email]").unwrap();
        let text = format!("{before}[channel.sms]\n{channel}\n[channel.email]{behind}");
        std::fs::write(place.path("tanager.toml"), text).unwrap();
        let operators = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
        let place = place.with("TANAGER_SERVER__OPERATORS_LISTEN", &operators);
        Self { place: place.with("RUST_LOG", "trace"), gateway, backup, operators }
    }

    /// With one gateway that takes JSON.
    async fn new() -> Self {
        Self::of(&format!("timeout = \"5 s\"\n[channel.sms.transport.gateway]{JSON}")).await
    }

    async fn metrics(&self) -> String {
        Client::new(&format!("http://{}", self.operators), "").get("/metrics").await.raw
    }
}

/// Asks for a challenge by SMS: status and code.
async fn asked(customer: &Customer) -> (u16, u64) {
    customer.client.post(&customer.path("/tan/challenge/sms"), serde_json::json!({})).await.error()
}

/// Waits for a line with these words.
async fn logged(process: &Process, words: &str) {
    crate::app::eventually(words, async || process.log().contains(words)).await;
}
