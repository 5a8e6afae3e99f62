//! What goes on to the bank core and back, and what does not.

use super::*;

const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

#[actix_web::test]
async fn the_target_goes_on_as_it_was_sent() {
    let core = Core::answering(OK).await;
    let targets = ["/", "/a//b/./../c/%2e%2E/d;e=f/?x='y'&z=%zz|{}\\^`", "/caf%C3%A9?", "/x\\y|z{}\"", "*"];
    served(&core, |address| async move {
        for target in targets {
            let method = if target == "*" { "OPTIONS" } else { "GET" };
            let answer = asked(address, &format!("{method} {target}"), "").await;
            assert!(answer.starts_with("HTTP/1.1 200"), "{target}: {answer}");
        }
    })
    .await;
    let lines: Vec<_> = core.seen().iter().map(|request| request.lines().next().unwrap().to_owned()).collect();
    for (line, target) in lines.iter().zip(targets) {
        let path = line.split(' ').nth(1).unwrap();
        assert_eq!(path, target);
    }
    assert_eq!(lines.len(), targets.len());
}

#[actix_web::test]
async fn a_base_stands_before_every_path() {
    let core = Core::answering(OK).await;
    let lines = format!("upstream = '{}/core/v1/'", core.url());
    served_with(&lines, |address| async move { asked(address, "GET /a/../b?c", "").await }).await;
    assert!(core.only().starts_with("GET /core/v1/a/../b?c HTTP/1.1\r\n"), "{}", core.only());
}

#[actix_web::test]
async fn what_a_client_says_of_itself_or_of_its_proof_does_not_go_on() {
    let core = Core::answering(OK).await;
    let sent = "tan-TOKEN: t\r\nTAN_Token: t\r\nTaler-Challenge-Ids: c\r\nX-Challenge-Id: c\r\nX-Tan-Account: bob\r\n\
                x_tan-Account: bob\r\nX-HTTP-Method-Override: PUT\r\nX_HTTP_METHOD: PUT\r\nX-Method-Override: PUT\r\n\
                X-Original-URL: /x\r\nX-Rewrite-Url: /x\r\nForwarded: for=1.2.3.4\r\nX-Forwarded-For: 1.2.3.4\r\n\
                X_Forwarded_Host: evil\r\nX-Forwarded-Prefix: /x\r\nX-Real-IP: 1.2.3.4\r\nKeep-Alive: 9\r\nTE: trailers\r\n\
                Trailer: x\r\nProxy-Authorization: p\r\nProxy: p\r\nProxy-Connection: p\r\nUpgrade: h2c\r\n\
                Connection: X-Hop, Authorization, x-forwarded-for\r\nX-Hop: h\r\nAuthorization: Bearer a\r\n\
                Idempotency-Key: own\r\nX-Request-Id: mine\r\nCookie: c=d\r\nX_Custom: kept\r\nExpect: 100-continue\r\n";
    let request = format!("GET /public HTTP/1.1\r\nHost: bank.example\r\nConnection: close\r\n{sent}\r\n");
    served(&core, |address| async move { spoken(address, &request).await }).await;
    let seen = core.only();
    let mut lines: Vec<&str> = seen.trim_end().lines().skip(1).collect();
    lines.sort_unstable();
    let host = format!("host: {}", core.authority());
    let expected = [
        "authorization: Bearer a",
        "cookie: c=d",
        &host,
        "idempotency-key: own",
        "x-forwarded-for: 127.0.0.1",
        "x-forwarded-host: bank.example",
        "x-forwarded-proto: http",
        "x-request-id: mine",
        "x_custom: kept",
    ];
    assert_eq!(lines, expected);
}

#[actix_web::test]
async fn the_cores_reply_is_not_touched() {
    let answer = "HTTP/1.1 418 I'm a teapot\r\ncontent-length: 4\r\nx-own: 1\r\nx-own: 2\r\nset-cookie: a=b\r\n\
                  cache-control: max-age=9\r\ncontent-encoding: gzip\r\nserver: core\r\ndate: then\r\n\
                  connection: x-hop, content-encoding\r\nx-hop: h\r\nkeep-alive: timeout=5\r\n\r\n\u{1}\u{2}\0x";
    let core = Core::answering(answer).await;
    let reply = served(&core, |address| asked(address, "GET /public", "Origin: https://bank.example\r\n")).await;
    let (head, body) = reply.split_once("\r\n\r\n").unwrap();
    assert_eq!(body, "\u{1}\u{2}\0x");
    let mut lines: Vec<&str> = head.lines().collect();
    lines.sort_unstable();
    let expected = [
        "HTTP/1.1 418 I'm a teapot",
        "cache-control: max-age=9",
        "connection: close",
        "content-encoding: gzip",
        "content-length: 4",
        "date: then",
        "server: core",
        "set-cookie: a=b",
        "x-own: 1",
        "x-own: 2",
    ];
    assert_eq!(lines, expected);
}

#[actix_web::test]
async fn a_reply_without_a_body_keeps_what_it_says_of_one() {
    for (line, answer, length) in [
        ("HEAD /x", "HTTP/1.1 200 OK\r\ncontent-length: 77\r\n\r\n", Some("content-length: 77")),
        ("HEAD /x", "HTTP/1.1 200 OK\r\n\r\n", None),
        ("GET /x", "HTTP/1.1 204 No Content\r\n\r\n", None),
        (
            "GET /x",
            "HTTP/1.1 304 Not Modified\r\ncontent-length: 77\r\netag: \"e\"\r\n\r\n",
            Some("content-length: 77"),
        ),
        ("GET /x", "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", Some("content-length: 0")),
    ] {
        let core = Core::answering(answer).await;
        let reply = served(&core, |address| asked(address, line, "")).await;
        let (head, body) = reply.split_once("\r\n\r\n").unwrap();
        assert_eq!(body, "", "{line}: {reply}");
        let said: Vec<&str> =
            head.lines().filter(|l| l.starts_with("content-length") || l.starts_with("transfer-encoding")).collect();
        assert_eq!(said, length.into_iter().collect::<Vec<_>>(), "{line}: {reply}");
    }
}

#[actix_web::test]
async fn connections_to_the_core_are_kept() {
    let core = Core::answering(OK).await;
    served(&core, |address| async move {
        for _ in 0..5 {
            asked(address, "GET /x", "").await;
        }
    })
    .await;
    assert_eq!((core.seen().len(), core.connections()), (5, 1));
}

#[actix_web::test]
async fn a_look_is_asked_again_where_the_core_closed_a_kept_connection_and_nothing_else_is() {
    for (method, expected, times) in [("GET", 200, 2), ("POST", 502, 1)] {
        let count = std::sync::atomic::AtomicUsize::new(0);
        let core = Core::following(move |_| {
            let first = count.fetch_add(1, std::sync::atomic::Ordering::SeqCst) == 0;
            (!first).then(|| OK.to_owned())
        })
        .await;
        let reply = served(&core, |address| async move { asked(address, &format!("{method} /x"), "").await }).await;
        assert_eq!((code_of(&reply).0, core.seen().len()), (expected, times), "{method}: {reply}");
    }
}

#[actix_web::test]
async fn a_core_that_is_away_or_hangs_up_is_told() {
    let absent = Core::absent().await;
    let silent = Core::following(|_| None).await;
    for core in [&absent, &silent] {
        let reply = served(core, |address| asked(address, "POST /x", "")).await;
        assert_eq!(code_of(&reply), (502, 10091), "{reply}");
        assert!(reply.contains("x-request-id: ") && reply.contains("cache-control: no-store"), "{reply}");
    }
}

#[actix_web::test]
async fn a_core_that_does_not_answer_in_time_is_told() {
    let core = Core::answering("").await;
    for headers in ["", "Content-Length: 2\r\n\r\nok"] {
        let lines = format!("upstream = '{}'\nupstream_timeout = '1 s'", core.url());
        let request = format!("POST /x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{headers}\r\n");
        let reply = served_with(&lines, |address| async move { spoken(address, &request).await }).await;
        assert_eq!(code_of(&reply), (502, 10091), "{reply}");
    }
}

#[actix_web::test]
async fn an_old_client_reads_to_the_end_of_the_connection() {
    let core = Core::answering("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n").await;
    let reply = served(&core, |address| spoken(address, "GET /x HTTP/1.0\r\n\r\n")).await;
    assert!(reply.ends_with("\r\n\r\nabc") && !reply.contains("chunked"), "{reply}");
}

#[actix_web::test]
async fn what_would_mirror_the_gateway_is_refused() {
    let core = Core::answering(OK).await;
    let reply = served(&core, |address| asked(address, "TRACE /x", "")).await;
    assert_eq!(code_of(&reply), (405, 20), "{reply}");
    assert!(reply.contains("allow: GET, HEAD, POST"), "{reply}");
    let reply = served(&core, |address| said(address, "CONNECT x:80 HTTP/1.1\r\nHost: x\r\n\r\n")).await;
    assert!(reply.starts_with("HTTP/1.1 4"), "{reply}");
    assert_eq!(core.seen().len(), 0);
}

#[actix_web::test]
async fn what_is_no_http_is_told_and_never_asked_for_again() {
    let core = Core::answering("hello\r\n\r\nconnection: close").await;
    let reply = served(&core, |address| asked(address, "GET /x", "")).await;
    assert_eq!((code_of(&reply), core.seen().len()), ((502, 10091), 1), "{reply}");
}

#[actix_web::test]
async fn a_length_that_is_none_ends_the_connection() {
    let core = Core::answering(OK).await;
    served(&core, |address| async move {
        for length in ["+5", "-5", "0x5", "5, 5", "5;", "", "5.0", "-0", "+0", "18446744073709551621", "\"5\"", "5 5"] {
            let head = format!("POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\nhello");
            let reply = said(address, &format!("{head}GET /hidden HTTP/1.1\r\nHost: x\r\n\r\n")).await;
            assert!(reply.starts_with("HTTP/1.1 400"), "{length}: {reply}");
        }
    })
    .await;
    assert_eq!(core.seen(), Vec::<String>::new());
}
