//! What the gateway answers itself.

use super::*;

const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
const PAGE: &str = "Origin: https://bank.example\r\n";

#[actix_web::test]
async fn the_services_own_paths_never_reach_the_core() {
    let core = Core::answering(OK).await;
    served(&core, |address| async move {
        for (line, status, code) in [
            ("GET /tanager/config", 200, 0),
            ("HEAD /tanager/config", 200, 0),
            ("GET /tanager/docs", 200, 0),
            ("GET /tanager/openapi.json", 200, 0),
            ("GET /tanager/nothing", 404, 21),
            ("GET /tanager", 404, 21),
            ("POST /tanager/config", 405, 20),
            ("GET /accounts/alice/tan", 401, 40),
            ("POST /accounts/alice/tan/sms", 401, 40),
            ("GET /accounts/alice/tan/a/b/c/d", 404, 21),
            ("GET /accounts/alice/session", 404, 21),
            ("POST /accounts/alice/challenge/x", 404, 5107),
            ("GET /accounts/alice/challenge/x", 405, 20),
            ("GET /accounts/alice/%74an", 400, 26),
            ("GET /accounts/alice/tan/", 400, 26),
            ("POST /accounts/alice/Transactions", 400, 26),
        ] {
            let reply = asked(address, line, PAGE).await;
            assert_eq!(code_of(&reply), (status, code), "{line}: {reply}");
            for header in
                ["x-request-id: ", "cache-control: no-store", "access-control-allow-origin: https://bank.example"]
            {
                assert!(reply.contains(header), "{line}: {reply}");
            }
        }
    })
    .await;
    assert_eq!(core.seen().len(), 0);
}

#[actix_web::test]
async fn operators_have_no_routes_here() {
    let core = Core::answering(OK).await;
    let lines =
        ["GET /accounts", "POST /accounts", "GET /config", "GET /metrics", "POST /accounts/a/token", "GET /docs"];
    served(&core, |address| async move {
        for line in lines {
            assert!(asked(address, line, "").await.ends_with("\r\n\r\nok"), "{line}");
        }
    })
    .await;
    assert_eq!(core.seen().len(), lines.len());
}

#[actix_web::test]
async fn a_stranger_learns_nothing_of_a_protected_route() {
    let core = Core::answering(OK).await;
    let reply = served(&core, |address| asked(address, "POST /accounts/alice/transactions", PAGE)).await;
    assert_eq!(code_of(&reply), (401, 40), "{reply}");
    assert!(
        reply.contains("access-control-expose-headers: retry-after, x-request-id, tan-required, tan-warning"),
        "{reply}"
    );
    assert_eq!(core.seen().len(), 0);
}

#[actix_web::test]
async fn a_body_that_cannot_be_read_whole_is_refused() {
    let core = Core::answering(OK).await;
    let head = "POST /accounts/alice/transactions HTTP/1.1\r\nHost: x\r\nConnection: close\r\n";
    // A log-in: whom it is for, only the core can say.
    let log_in = format!("upstream = '{}'\n{TRANSFER}identity = 'response'\non_missing = 'challenge'", core.url());
    served_with(&log_in, |address| async move {
        let reply = said(address, &format!("{head}Content-Length: 1048577\r\n\r\n")).await;
        assert_eq!(code_of(&reply), (413, 32), "{reply}");
        let reply = said(address, &format!("{head}Content-Encoding: gzip\r\nContent-Length: 1\r\n\r\nx")).await;
        assert_eq!(code_of(&reply), (415, 28), "{reply}");
    })
    .await;
    assert_eq!(core.seen().len(), 0);
}

#[actix_web::test]
async fn where_routes_must_be_named_the_unsafe_ones_are_denied() {
    let core = Core::answering(OK).await;
    let lines = format!("upstream = '{}'\ndefault = 'deny-unsafe'\n{TRANSFER}", core.url());
    served_with(&lines, |address| async move {
        assert_eq!(code_of(&asked(address, "POST /x", "").await), (403, 44));
        assert_eq!(code_of(&asked(address, "GET /x", "").await).0, 200);
    })
    .await;
    assert_eq!(core.seen().len(), 1);
}

#[actix_web::test]
async fn pre_flight_requests_are_the_cores_and_say_on_protected_routes_what_the_gateway_reads() {
    let core = Core::answering(
        "HTTP/1.1 204 No Content\r\naccess-control-allow-origin: https://core.example\r\n\
         access-control-allow-headers: x-core\r\n\r\n",
    )
    .await;
    served(&core, |address| async move {
        let asks =
            |method: &str| format!("Origin: https://core.example\r\nAccess-Control-Request-Method: {method}\r\n");
        let ours = "access-control-allow-headers: tan-token, taler-challenge-ids, idempotency-key";
        let reply = asked(address, "OPTIONS /accounts/alice/transactions", &asks("POST")).await;
        assert!(reply.contains("access-control-allow-headers: x-core") && reply.contains(ours), "{reply}");
        for (path, method) in [("/accounts/alice/transactions", "GET"), ("/x", "POST")] {
            let reply = asked(address, &format!("OPTIONS {path}"), &asks(method)).await;
            assert!(reply.contains("access-control-allow-headers: x-core") && !reply.contains(ours), "{reply}");
        }
    })
    .await;
    assert_eq!(core.seen().len(), 3);
    let page = format!("{PAGE}Access-Control-Request-Method: POST\r\n");
    let reply =
        served(&core, |address| async move { asked(address, "OPTIONS /accounts/alice/tan/sms", &page).await }).await;
    assert!(reply.contains("access-control-allow-origin: https://bank.example"), "{reply}");
    assert_eq!(core.seen().len(), 3);
}
