//! Which headers pass, which are taken off, and which are the service's own (section 6a).

use super::{Bank, Plan, Request, TRANSFER, transfer};
use crate::{
    app::Customer,
    bank_core::{Reply, Script, Seen},
    wire::RawReply,
};

/// What a client may not say on any route.
const STRIPPED: &str = "TAN-Token: tan_x\r\nTaler-Challenge-Ids: a\r\nX-Challenge-Id: b\r\nX-Tan-Account: bob\r\nx-tan-challenge: c\r\n\
    X-TAN-Anything: d\r\nX_Tan_Account: bob\r\nX-Tan_Account: bob\r\nX_TAN-Account: bob\r\nX.Tan.Account: bob\r\nX-Tan+Account: bob\r\nX-HTTP-Method-Override: DELETE\r\n\
    X-HTTP-Method: DELETE\r\nX-Method-Override: DELETE\r\nKeep-Alive: timeout=5\r\nProxy-Connection: keep-alive\r\n\
    Proxy-Authorization: Basic eDp5\r\nTE: trailers\r\nX-Hop: 1\r\nX-Hop-Too: 2\r\n";

/// Their names as a lenient reader spells them.
const GONE: &[&str] = &[
    "tan-token",
    "taler-challenge-ids",
    "x-tan-account",
    "x-tan-challenge",
    "x-tan-anything",
    "x-http-method-override",
    "x-http-method",
    "x-method-override",
    "keep-alive",
    "proxy-connection",
    "proxy-authorization",
    "te",
    "x-hop",
    "x-hop-too",
    "upgrade",
];

fn names(seen: &Seen) -> Vec<String> {
    seen.head.fields().into_iter().map(|(name, _)| name.replace(['_', '.', '+'], "-")).collect()
}

async fn sent(bank: &Bank, line: &str, fields: &str, body: &str) -> RawReply {
    let mut wire = bank.wire().await;
    wire.send(format!("{line} HTTP/1.1\r\nHost: bank.example\r\n{fields}Content-Length: {}\r\n\r\n{body}", body.len()))
        .await;
    wire.reply_to(line.split(' ').next().unwrap()).await.expect("a reply comes")
}

fn authorization(customer: &Customer) -> String {
    format!("Authorization: Bearer {}\r\n", customer.client.token)
}

#[tokio::test(flavor = "multi_thread")]
async fn hop_by_hop_headers_and_what_is_the_service_s_own_are_taken_off_on_every_route() {
    let bank = Bank::open().await;
    let alice = bank.customer_with("alice", &[]).await;
    let hops = "Connection: keep-alive, X-Hop , x-hop-too, X-Request-Id, X-Tan-Account, Host, Content-Length\r\n";
    let fields = format!("{STRIPPED}{hops}{}X-Kept: yes\r\nContent-Type: application/json\r\n", authorization(&alice));
    for line in ["POST /open", "POST /accounts/alice/transactions", "POST /accounts/alice/notes", "GET /open"] {
        let (method, target) = line.split_once(' ').unwrap();
        bank.core.on(method, target, Script::say(&Reply::new(200)));
        let reply = sent(&bank, line, &fields, TRANSFER).await;
        assert_eq!(reply.status, 200, "{line}: {}", reply.text());
        let seen = bank.core.last(method, target);
        let protected = target.starts_with("/accounts");
        for gone in GONE {
            let own = protected && *gone == "x-tan-account";
            assert_eq!(names(&seen).contains(&(*gone).to_owned()), own, "{line}: {gone}: {}", seen.head.text());
        }
        assert_eq!(seen.header("x-tan-account").as_deref(), protected.then_some("alice"), "{line}");
        assert_eq!(seen.header("x-request-id").is_some(), protected, "{line}: {}", seen.head.text());
        assert_eq!(seen.header("x-kept").as_deref(), Some("yes"), "{line}");
        assert_eq!(seen.body, TRANSFER.as_bytes(), "{line}");
        assert_eq!(seen.head.all("host").len(), 1, "{line}: {}", seen.head.text());
    }
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_put_into_a_request_that_its_client_did_not_say() {
    let bank = Bank::open().await;
    bank.core.on("GET", "/plain", Script::say(&Reply::new(200)));
    let mut wire = bank.wire().await;
    wire.send("GET /plain HTTP/1.1\r\nHost: bank.example\r\n\r\n").await;
    assert_eq!(wire.reply_to("GET").await.unwrap().status, 200);
    let seen = bank.core.last("GET", "/plain");
    let proxies =
        ["host", "connection", "via", "forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto"];
    let made_up: Vec<_> = names(&seen).into_iter().filter(|name| !proxies.contains(&name.as_str())).collect();
    assert!(made_up.is_empty(), "{made_up:?}");
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_cannot_say_where_it_comes_from() {
    let bank = Bank::open().await;
    bank.core.on("GET", "/from", Script::say(&Reply::new(200)));
    sent(&bank, "GET /from", "X-Forwarded-For: 6.6.6.6\r\nForwarded: for=6.6.6.6\r\n", "").await;
    let seen = bank.core.last("GET", "/from");
    let told = seen.head.all("x-forwarded-for").join(", ");
    let nearest = told.rsplit(',').next().unwrap_or_default().trim();
    assert!(nearest.is_empty() || nearest == "127.0.0.1", "{}", seen.head.text());
    let forwarded = seen.head.all("forwarded").join(", ");
    assert!(!forwarded.rsplit(',').next().unwrap_or_default().contains("6.6.6.6"), "{}", seen.head.text());
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn hop_by_hop_headers_of_the_core_s_reply_are_taken_off_and_the_others_kept() {
    let bank = Bank::open().await;
    let said = Reply::new(200).header("Connection", "X-Hop").header("X-Hop", "1").header("Keep-Alive", "timeout=1");
    let said = said.header("X-Kept", "yes").header("Date", "Thu, 01 Jan 1970 00:00:00 GMT").header("Server", "core/1");
    bank.core.on("GET", "/back", Script::say(&said.body(b"body")));
    let reply = sent(&bank, "GET /back", "", "").await;
    assert_eq!((reply.head.one("x-hop"), reply.head.one("keep-alive")), (None, None), "{}", reply.head.text());
    assert_eq!(reply.head.one("x-kept").as_deref(), Some("yes"));
    assert_eq!(reply.head.one("date").as_deref(), Some("Thu, 01 Jan 1970 00:00:00 GMT"), "one date, the core's");
    assert_eq!(reply.head.one("server").as_deref(), Some("core/1"));
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_text_passes_in_header_values() {
    let bank = Bank::open().await;
    let mut said = Reply::new(200).body(b"ok").bytes();
    let at = said.windows(4).position(|window| window == b"\r\n\r\n").unwrap();
    said.splice(at..at, *b"\r\nX-Odd: \xe4\xff");
    bank.core.on("GET", "/odd", Script(vec![crate::bank_core::Step::Write(said)]));
    let mut wire = bank.wire().await;
    wire.send(b"GET /odd HTTP/1.1\r\nHost: b\r\nX-Odd: \xe4\xfc\r\n\r\n").await;
    let reply = wire.reply_to("GET").await.unwrap();
    assert_eq!(reply.status, 200);
    assert!(reply.head.0.windows(2).any(|window| window == b"\xe4\xff"), "{}", reply.head.text());
    assert!(bank.core.last("GET", "/odd").head.0.windows(2).any(|window| window == b"\xe4\xfc"));
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_a_token_was_used_the_core_learns_whose_and_by_which_challenge_and_gets_its_own_key() {
    let bank = Bank::open().await;
    let alice = bank.customer("alice").await;
    let approval = bank.transfer_token(&alice).await;
    let headers = [
        ("TAN-Token", approval.token.as_str()),
        ("Idempotency-Key", "mine"),
        ("X-Tan-Account", "bob"),
        ("X-Tan-Challenge", "x"),
        ("X_Tan_Challenge", "x"),
        ("X-Request-Id", "trace-1"),
        ("Connection", "X-Tan-Account, X-Tan-Challenge, Idempotency-Key, X-Request-Id"),
    ];
    let done = Request::post("/accounts/alice/transactions", TRANSFER).send_with(&alice.client, &headers).await;
    assert_eq!(done.status, 200, "{done:?}");
    let seen = bank.core.last("POST", "/accounts/alice/transactions");
    assert_eq!(seen.header("x-tan-account").as_deref(), Some("alice"));
    assert_eq!(seen.header("x-tan-challenge"), Some(approval.challenge));
    assert_eq!(seen.header("x-request-id").as_deref(), Some("trace-1"));
    let key = seen.header("idempotency-key").expect("a key comes with a token");
    assert!(key != "mine" && key.len() >= 16, "{key}");
    assert!(!names(&seen).contains(&"tan-token".to_owned()) && !seen.head.text().contains(&approval.token));
    assert_eq!(seen.head.text().matches("bob").count(), 0);
    assert_eq!(seen.header("authorization"), Some(format!("Bearer {}", alice.client.token)));
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_no_token_was_used_the_client_s_own_key_passes() {
    let bank = Bank::open().await;
    let alice = bank.customer_with("alice", &[]).await;
    for path in ["/accounts/alice/transactions", "/accounts/alice/notes", "/open"] {
        let request = Request::post(path, TRANSFER);
        let done = request.send_with(&alice.client, &[("Idempotency-Key", "mine"), ("TAN-Token", "tan_x")]).await;
        assert_eq!(done.status, 200, "{path}: {done:?}");
        let seen = bank.core.last("POST", path);
        assert_eq!(seen.header("idempotency-key").as_deref(), Some("mine"), "{path}");
        assert_eq!((seen.header("x-tan-challenge"), seen.header("tan-token")), (None, None), "{path}");
    }
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_credential_from_a_file_takes_the_place_of_the_caller_s() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("credential");
    std::fs::write(&file, "Bearer the-service-itself\n").unwrap();
    let line = format!("upstream_authorization = \"file:{}\"", file.display());
    let bank = Bank::with(Plan::lines(&line)).await;
    let alice = bank.customer_with("alice", &[]).await;
    let done = transfer(&alice, "").await;
    assert_eq!(done.status, 200, "{done:?}");
    let seen = bank.core.last("POST", "/accounts/alice/transactions");
    assert_eq!(seen.header("authorization").as_deref(), Some("Bearer the-service-itself"));
    let stranger = Request::post("/accounts/alice/transactions", TRANSFER).send(&bank.client(""), "").await;
    assert_eq!(stranger.error(), (401, 40));
    assert_eq!(bank.transfers(&alice), 1);
    bank.close().await;
}
