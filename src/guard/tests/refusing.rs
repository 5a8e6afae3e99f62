//! What is refused, in whose words, and that nothing ran.

use super::*;

#[actix_web::test]
async fn a_refusal_is_relayed_as_it_is_and_the_handler_does_not_run() {
    let (stub, seen) = (Stub::start(), web::Data::new(Seen::default()));
    for (status, code) in [
        (400, 26),
        (403, 44),
        (403, 10003),
        (403, 10004),
        (404, 5106),
        (409, 10005),
        (429, 10006),
        (429, 5131),
        (503, 10090),
    ] {
        stub.say("reserve", Said { headers: vec![("Retry-After", "7")], ..Said::code(status, code) });
        let answer = ask(&stub.guard(), operation(), &seen, post("/accounts/alice/200")).await;
        assert_eq!(answer.error(), (status, u64::from(code)));
        assert_eq!(answer.headers.get("Retry-After").unwrap(), "7");
    }
    assert_eq!(seen.runs(), 0);
    assert!(stub.ends().iter().all(|end| end == "reserve"), "{:?}", stub.ends());
}

#[actix_web::test]
async fn a_missing_proof_is_relayed_with_its_ticket_byte_for_byte() {
    let (stub, seen) = (Stub::start(), web::Data::new(Seen::default()));
    let body = r#"{ "hint":"…", "code":10002 ,"operation":"tic.ket","assurance":"bound","tan_channels":[] }"#;
    let headers = vec![("TAN-Required", "bound")];
    stub.say("reserve", Said { status: 403, headers, body: body.to_owned() });
    let answer = ask(&stub.guard(), operation(), &seen, TestRequest::post().uri("/accounts/alice/200")).await;
    assert_eq!((answer.status, answer.body.as_slice(), seen.runs()), (403, body.as_bytes(), 0));
    assert_eq!(answer.headers.get("TAN-Required").unwrap(), "bound");
    assert_eq!(answer.headers.get("Content-Type").unwrap(), "application/json");
    assert_eq!(answer.headers.get("Cache-Control").unwrap(), "no-store");
}

#[actix_web::test]
async fn an_answer_that_is_none_of_the_clients_business_is_unavailable() {
    let (stub, seen) = (Stub::start(), web::Data::new(Seen::default()));
    let plain = |status, body: &str| Said { status, headers: Vec::new(), body: body.to_owned() };
    let mut incomplete = granted();
    incomplete.as_object_mut().unwrap().remove("idempotency_key");
    for said in [
        Said::code(401, 40),
        Said::code(403, 40),
        Said::code(404, 21),
        Said::code(413, 32),
        Said::code(500, 10090),
        plain(200, ""),
        plain(200, "[]"),
        plain(200, r#"{"required": "no"}"#),
        plain(200, &incomplete.to_string()),
        plain(204, ""),
        Said { headers: vec![("Location", "/elsewhere")], ..plain(307, "") },
        plain(403, "<html>"),
    ] {
        let shown = format!("{} {}", said.status, said.body);
        stub.say("reserve", said);
        let answer = ask(&stub.guard(), operation(), &seen, post("/accounts/alice/200")).await;
        assert_eq!(answer.error(), (503, 10090), "{shown}");
        assert_eq!(answer.headers.get("Retry-After").unwrap(), "1");
    }
    assert_eq!(seen.runs(), 0);
}

#[actix_web::test]
async fn nothing_runs_while_tanager_is_away_or_does_not_answer() {
    let seen = web::Data::new(Seen::default());
    let address = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap();
    let away = guard(&format!("http://{address}"), Duration::from_secs(20));
    assert_eq!(ask(&away, operation(), &seen, post("/accounts/alice/200")).await.error(), (503, 10090));
    let stub = Stub::start();
    stub.state.gate.forget_permits(tokio::sync::Semaphore::MAX_PERMITS);
    let silent = guard(&stub.url, Duration::from_millis(100));
    assert_eq!(ask(&silent, operation(), &seen, post("/accounts/alice/200")).await.error(), (503, 10090));
    assert_eq!(seen.runs(), 0);
    stub.stop().await;
}

#[actix_web::test]
async fn a_token_header_that_is_not_exactly_one_token_is_malformed() {
    let (stub, seen) = (Stub::start(), web::Data::new(Seen::default()));
    let bare = || TestRequest::post().uri("/accounts/alice/200");
    for request in [
        post("/accounts/alice/200").append_header(("TAN-Token", "tan_abc")),
        bare().insert_header(("TAN-Token", "tan_a,tan_b")),
        bare().insert_header(("TAN-Token", "")),
        bare().insert_header(("TAN-Token", &b"tan_\xff"[..])),
    ] {
        assert_eq!(ask(&stub.guard(), operation(), &seen, request).await.error(), (400, 23));
    }
    assert_eq!((stub.calls().len(), seen.runs()), (0, 0));
}

#[actix_web::test]
async fn a_body_that_is_too_large_or_encoded_is_refused_before_tanager_is_asked() {
    let (stub, seen) = (Stub::start(), web::Data::new(Seen::default()));
    let sized = |bytes: usize| post("/accounts/alice/200").set_payload("x".repeat(bytes));
    assert_eq!(ask(&stub.guard(), operation(), &seen, sized(65)).await.error(), (413, 32));
    let announced = post("/accounts/alice/200").insert_header(("Content-Length", "65"));
    assert_eq!(ask(&stub.guard(), operation(), &seen, announced).await.error(), (413, 32));
    let encoded = sized(1).insert_header(("Content-Encoding", "gzip"));
    assert_eq!(ask(&stub.guard(), operation(), &seen, encoded).await.error(), (415, 28));
    assert_eq!((stub.calls().len(), seen.runs()), (0, 0));
    assert_eq!(ask(&stub.guard(), operation(), &seen, sized(64)).await.status, 200);
}

#[actix_web::test]
async fn what_cannot_be_shown_cannot_be_approved() {
    let (stub, seen) = (Stub::start(), web::Data::new(Seen::default()));
    let request = post("/accounts/alice/200").set_payload(r#"{"sum": 1}"#);
    assert_eq!(ask(&stub.guard(), Operation::bound(summary), &seen, request).await.error(), (400, 26));
    assert_eq!((stub.calls().len(), seen.runs()), (0, 0));
}
