//! Pages of browsers at the gateway (section 6a): pre-flight requests are the core's, with the service's headers beside.

use reqwest::Method;

use super::{Bank, transfer};
use crate::{
    app::Answer,
    bank_core::{Reply, Script},
};

const PAGE: &str = "https://bank.example";

fn names(answer: &Answer, header: &str) -> Vec<String> {
    let values = answer.headers.get_all(header).iter().flat_map(|value| value.to_str().unwrap().split(','));
    values.map(|name| name.trim().to_lowercase()).collect()
}

async fn preflight(bank: &Bank, path: &str) -> Answer {
    let asked =
        [("Origin", PAGE), ("Access-Control-Request-Method", "POST"), ("Access-Control-Request-Headers", "tan-token")];
    bank.client("").send(Method::OPTIONS, path, &asked, None).await
}

fn allowed() -> Script {
    let reply =
        Reply::new(204).header("Access-Control-Allow-Origin", PAGE).header("Access-Control-Allow-Methods", "POST");
    Script::say(&reply.header("Access-Control-Allow-Headers", "authorization, x-own"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_preflight_of_a_route_that_is_not_protected_is_the_core_s_alone() {
    let bank = Bank::open().await;
    bank.core.on("OPTIONS", "/open", allowed());
    let answer = preflight(&bank, "/open").await;
    assert_eq!((answer.status.as_u16(), answer.header("access-control-allow-headers")), (204, "authorization, x-own"));
    let seen = bank.core.last("OPTIONS", "/open");
    assert_eq!(seen.header("origin").as_deref(), Some(PAGE));
    assert_eq!(seen.header("access-control-request-headers").as_deref(), Some("tan-token"));
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_service_s_headers_are_added_to_a_successful_preflight_of_a_protected_route() {
    let bank = Bank::open().await;
    let path = "/accounts/alice/transactions";
    bank.core.on("OPTIONS", path, allowed());
    let answer = preflight(&bank, path).await;
    assert_eq!((answer.status.as_u16(), answer.header("access-control-allow-origin")), (204, PAGE), "{answer:?}");
    let headers = names(&answer, "access-control-allow-headers");
    for name in ["authorization", "x-own", "tan-token", "taler-challenge-ids"] {
        assert!(headers.contains(&name.to_owned()), "{name}: {headers:?}");
    }
    assert_eq!(bank.core.hits("OPTIONS", path), 1);
    bank.core.on("OPTIONS", path, Script::refuse(405));
    let refused = preflight(&bank, path).await;
    assert_eq!((refused.status.as_u16(), refused.header("access-control-allow-headers")), (405, ""), "{refused:?}");
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_can_read_what_the_gateway_itself_replies() {
    let bank = Bank::open().await;
    let alice = bank.customer("alice").await;
    let origin = [("Origin", PAGE)];
    for (path, error) in [("/accounts/alice/transactions", (403, 10002)), ("/accounts/alice/transactions/", (400, 26))]
    {
        let body = Some(super::TRANSFER.to_owned());
        let answer = alice.client.send(Method::POST, path, &origin, body).await;
        assert_eq!((answer.error(), answer.header("access-control-allow-origin")), (error, PAGE), "{answer:?}");
        let exposed = names(&answer, "access-control-expose-headers");
        assert!(
            exposed.contains(&"tan-required".to_owned()) && exposed.contains(&"retry-after".to_owned()),
            "{exposed:?}"
        );
    }
    let other = [("Origin", "https://evil.example")];
    let answer = alice.client.send(Method::POST, "/accounts/alice/transactions/", &other, None).await;
    assert!(!answer.headers.contains_key("access-control-allow-origin"), "{answer:?}");
    assert_eq!(bank.transfers(&alice), 0);
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_options_request_is_no_way_to_do_what_is_protected() {
    let bank = Bank::open().await;
    let alice = bank.customer("alice").await;
    let path = "/accounts/alice/transactions";
    bank.core.on("OPTIONS", path, Script::say(&Reply::new(204)));
    let override_headers = [("X-HTTP-Method-Override", "POST"), ("Origin", PAGE)];
    alice.client.send(Method::OPTIONS, path, &override_headers, Some(super::TRANSFER.to_owned())).await;
    assert!(bank.core.seen().iter().all(|seen| seen.header("x-http-method-override").is_none()));
    assert_eq!(bank.transfers(&alice), 0);
    assert_eq!(transfer(&alice, "").await.error(), (403, 10002));
    bank.close().await;
}
