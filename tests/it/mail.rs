//! The transport `smtp`, from the program to a real mail server with TLS (`tests/mail`): what arrives there, whom it trusts,
//! and what becomes of a message that is refused, delayed or lost.

mod delivering;
mod giving_up;
mod parts;
mod refused;
mod server;
mod trusting;

use serde_json::json;

use self::server::MailServer;
use crate::app::{Answer, Customer, Installation, Process, tan_in};

/// An installation whose e-mail goes to these servers, in order of preference, each called after its place; `more` stands
/// behind the usual keys of each.
async fn sending_to(servers: &[&MailServer], timeout: &str, more: &str) -> Installation {
    let place = Installation::new().await;
    let text = std::fs::read_to_string(place.path("tanager.toml")).unwrap();
    let (before, rest) = text.split_once("[channel.email]").unwrap();
    let (_, after) = rest.split_once("[server]").unwrap();
    let names: Vec<_> = ["first", "second"].into_iter().take(servers.len()).collect();
    let section = |(name, server): (&&str, &&MailServer)| {
        format!("[channel.email.transport.{name}]\n{}{more}\n", server.settings())
    };
    let sections: String = names.iter().zip(servers).map(section).collect();
    let email = format!("[channel.email]\ntransports = {names:?}\ntimeout = \"{timeout}\"\n{sections}");
    std::fs::write(place.path("tanager.toml"), format!("{before}{email}[server]{after}")).unwrap();
    place
}

/// Writes something else into the configuration.
fn change(place: &Installation, from: &str, to: &str) {
    let text = std::fs::read_to_string(place.path("tanager.toml")).unwrap();
    assert!(text.contains(from), "no {from:?} in {text}");
    std::fs::write(place.path("tanager.toml"), text.replace(from, to)).unwrap();
}

/// The same as a running program, with a customer who gets his TANs by e-mail.
async fn serving(servers: &[&MailServer], timeout: &str) -> (Installation, Process, Customer) {
    let place = sending_to(servers, timeout, "").await;
    let process = place.serve().await;
    let alice = place.customer(&process, "alice", &["email"]).await;
    (place, process, alice)
}

async fn ask(customer: &Customer) -> Answer {
    customer.client.post(&customer.path("/tan/challenge/email"), json!({})).await
}

/// Asks for a TAN, which arrives at `server` and is good.
async fn prove(customer: &Customer, server: &MailServer) {
    let before = server.mails().len();
    let asked = ask(customer).await;
    assert_eq!(asked.status, 200, "{asked:?}");
    let mail = server.mail(before + 1).await;
    let confirmed = customer.confirm(asked.text("challenge_id"), &tan_in(&mail.body())).await;
    assert_eq!(confirmed.status, 200, "{confirmed:?}");
}

/// How many rows of `events` say that a message went out, or did not.
async fn events(place: &Installation, kind: &str) -> i64 {
    let owner = place.database.owner().await;
    owner.query_one("select count(*) from events where kind = $1", &[&kind]).await.unwrap().get(0)
}

/// The message could not be handed over, and nothing else happened: no challenge, no attempt, no cool-down.
async fn assert_nothing_came_of_it(place: &Installation, asked: &Answer) {
    assert_eq!(asked.error(), (502, 5133), "{asked:?}");
    assert!(!asked.raw.contains('@') && !asked.raw.contains("127.0.0.1"), "{}", asked.raw);
    let open = "select count(*) from challenges where state = 'open'";
    assert_eq!(place.database.owner().await.query_one(open, &[]).await.unwrap().get::<_, i64>(0), 0);
    assert_eq!(events(place, "transmission.sent").await, 0);
}
