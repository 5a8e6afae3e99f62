//! A log-in whose password only the core can check (section 6a, `identity = "response"`): its 2xx is withheld until a proof
//! comes, and no session of it reaches the client.

use serde_json::json;

use super::{
    Bank, Plan,
    plan::OPERATIONS,
    taler::{asked, confirmed, ids},
};
use crate::{
    app::{Answer, Client},
    bank_core::{CORE_PASSWORD, CORE_SESSION, Reply, Script, Step, basic},
    contract::{tans_sent, trace},
};

const PATH: &str = "/accounts/alice/token";
const WISH: &str = r#"{"scope":"readwrite"}"#;

/// A log-in with this password and these ids; an empty one is none.
async fn log_in(client: &Client, password: &str, ids: &str) -> Answer {
    let credential = basic("alice", password);
    let mut headers = vec![("Authorization", credential.as_str())];
    if !ids.is_empty() {
        headers.push(("Taler-Challenge-Ids", ids));
    }
    client.send(reqwest::Method::POST, PATH, &headers, Some(WISH.to_owned())).await
}

fn assert_withheld(answer: &Answer) {
    let everything = format!("{:?} {}", answer.headers, answer.raw);
    assert!(!everything.contains(CORE_SESSION) && !everything.contains("access_token"), "{everything}");
    assert!(!answer.headers.contains_key("set-cookie"), "{everything}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_right_password_alone_gets_challenges_and_no_session() {
    for plan in [Plan::default(), Plan::upstream()] {
        let bank = Bank::with(plan).await;
        let alice = bank.customer("alice").await;
        let client = bank.client("");
        let withheld = log_in(&client, CORE_PASSWORD, "").await;
        let ids = ids(&withheld);
        assert_withheld(&withheld);
        assert_eq!((bank.core.hits("POST", PATH), tans_sent(&bank.app)), (1, 0));
        assert_withheld(&asked(&client, &ids[0], "").await);
        assert_withheld(&log_in(&client, CORE_PASSWORD, &ids[0]).await);
        assert_eq!(confirmed(&client, &ids[0], &bank.app.tan_sent_to(&alice.phone)).await.status, 204);

        let session = log_in(&client, CORE_PASSWORD, &ids[0]).await;

        assert_eq!((session.status.as_u16(), session.text("access_token")), (200, CORE_SESSION), "{session:?}");
        assert!(session.header("set-cookie").contains(CORE_SESSION), "as the core sent it");
        assert_eq!(bank.core.last("POST", PATH).body, WISH.as_bytes());
        let again = log_in(&client, CORE_PASSWORD, &ids[0]).await;
        assert_eq!(self::ids(&again).len(), 1, "one proof, one log-in");
        assert_withheld(&again);
        bank.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_gets_the_core_s_own_words_and_learns_nothing_of_the_second_factor() {
    let bank = Bank::open().await;
    let alice = bank.customer("alice").await;
    let client = bank.client("");
    let before = trace(&bank.app).await;
    let refused = log_in(&client, "guess", "").await;
    assert_eq!(refused.error(), (401, 5104), "{refused:?}");
    assert_eq!(refused.header("www-authenticate"), "Basic realm=\"core\"");
    assert_eq!(trace(&bank.app).await, before);
    let id = ids(&log_in(&client, CORE_PASSWORD, "").await).remove(0);
    asked(&client, &id, "").await;
    assert_eq!(confirmed(&client, &id, &bank.app.tan_sent_to(&alice.phone)).await.status, 204);
    assert_eq!(log_in(&client, "guess", &id).await.error(), (401, 5104), "a proof is no password");
    assert_eq!(log_in(&client, CORE_PASSWORD, &id).await.status, 200, "and is not spent by a wrong one");
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_core_says_but_a_success_passes() {
    let bank = Bank::open().await;
    bank.customer("alice").await;
    let client = bank.client("");
    for status in [400, 401, 403, 404, 429, 500, 503] {
        bank.core.once(
            "POST",
            PATH,
            Script::say(&Reply::new(status).header("Retry-After", "9").body(b"the core's words")),
        );
        let passed = log_in(&client, CORE_PASSWORD, "").await;
        assert_eq!((passed.status.as_u16(), passed.raw.as_str()), (status, "the core's words"));
        assert_eq!(passed.header("retry-after"), "9");
    }
    bank.core.once("POST", PATH, Script(vec![Step::Read, Step::HangUp]));
    assert_eq!(log_in(&client, CORE_PASSWORD, "").await.error(), (502, 10091));
    assert_eq!(tans_sent(&bank.app), 0);
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_of_success_is_withheld() {
    let bank = Bank::open().await;
    bank.customer("alice").await;
    let client = bank.client("");
    let secret = json!({"access_token": CORE_SESSION});
    let odd = Reply::new(200).header("X-Session", CORE_SESSION).header("Location", CORE_SESSION);
    for reply in [
        Reply::new(201).json(&secret),
        Reply::new(204).header("Set-Cookie", CORE_SESSION),
        Reply::new(202).json(&secret),
        Reply::new(206).json(&secret),
        Reply::new(200).chunked(&[secret.to_string().as_bytes()], &format!("x-session: {CORE_SESSION}\r\n")),
        odd.json(&secret),
    ] {
        bank.core.once("POST", PATH, Script::say(&reply));
        let withheld = log_in(&client, CORE_PASSWORD, "").await;
        assert_eq!(ids(&withheld).len(), 1);
        assert_withheld(&withheld);
    }
    let early = format!("HTTP/1.1 103 Early Hints\r\nLink: {CORE_SESSION}\r\n\r\n");
    let reply = Reply::new(200).json(&secret).bytes();
    bank.core.once("POST", PATH, Script(vec![Step::Read, Step::Write(early.into_bytes()), Step::Write(reply)]));
    assert_withheld(&log_in(&client, CORE_PASSWORD, "").await);
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_without_channels_logs_in_at_once_and_so_does_one_that_is_new_here() {
    let bank = Bank::with(Plan::upstream()).await;
    bank.customer_with("alice", &[]).await;
    let client = bank.client("");
    assert_eq!(log_in(&client, CORE_PASSWORD, "").await.text("access_token"), CORE_SESSION);
    let credential = basic("carol", CORE_PASSWORD);
    let carol = client
        .send(reqwest::Method::POST, "/accounts/carol/token", &[("Authorization", &credential)], Some(WISH.to_owned()))
        .await;
    assert_eq!(carol.text("access_token"), CORE_SESSION, "{carol:?}");
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proof_of_another_account_opens_nothing() {
    let bank = Bank::open().await;
    bank.customer("alice").await;
    let bob = bank.customer("bob").await;
    let client = bank.client("");
    let credential = basic("bob", CORE_PASSWORD);
    let theirs = client
        .send(reqwest::Method::POST, "/accounts/bob/token", &[("Authorization", &credential)], Some(WISH.to_owned()))
        .await;
    let id = ids(&theirs).remove(0);
    let sent = client.post(&format!("/accounts/bob/challenge/{id}"), json!({})).await;
    assert_eq!(sent.status, 200, "{sent:?}");
    let tan = bank.app.tan_sent_to(&bob.phone);
    let done = client.post(&format!("/accounts/bob/challenge/{id}/confirm"), json!({"tan": tan})).await;
    assert_eq!(done.status, 204, "{done:?}");
    assert_withheld(&log_in(&client, CORE_PASSWORD, &id).await);
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn withheld_answers_are_limited_like_challenges() {
    let plan = Plan { limits: String::new(), ..Plan::default() };
    let bank = Bank::with(plan).await;
    bank.customer("alice").await;
    let client = bank.client("");
    let mut refused = None;
    for _ in 0..40 {
        let answer = log_in(&client, CORE_PASSWORD, "").await;
        assert_withheld(&answer);
        if answer.status == 429 {
            refused = Some(answer);
            break;
        }
    }
    let refused = refused.expect("so many sessions are made at the core that nobody proves");
    assert_eq!((refused.error(), refused.retry_after() > 0), ((429, 5131), true), "{refused:?}");
    assert!(!refused.text("limit").is_empty());
    assert_eq!(tans_sent(&bank.app), 0);
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn withheld_answers_are_limited_where_the_account_has_nothing_to_prove_itself_with_too() {
    let operations = OPERATIONS.replace("name = \"login\"", "name = \"login\"\nstrength = \"possession\"");
    let bank = Bank::with(Plan { limits: String::new(), ..Plan::operations(&operations) }).await;
    bank.customer_with("alice", &["email"]).await;
    let client = bank.client("");
    let mut codes = Vec::new();
    for _ in 0..40 {
        let answer = log_in(&client, CORE_PASSWORD, "").await;
        assert_withheld(&answer);
        codes.push(answer.error());
    }
    assert_eq!((codes[0], codes[39]), ((403, 10002), (429, 5131)), "{codes:?}");
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_in_of_somebody_who_is_blocked_or_deleted_here_opens_nothing() {
    let bank = Bank::with(Plan::upstream()).await;
    bank.customer("alice").await;
    assert_eq!(bank.app.admin.delete("/accounts/alice").await.status, 204);
    let refused = log_in(&bank.client(""), CORE_PASSWORD, "").await;
    assert_eq!(refused.error(), (403, 44), "{refused:?}");
    assert_withheld(&refused);
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redirection_is_no_way_to_a_session_either() {
    let bank = Bank::open().await;
    bank.customer("alice").await;
    let client = bank.client("");
    for status in [300, 304, 307] {
        let cookie = format!("session={CORE_SESSION}");
        bank.core.once("POST", PATH, Script::say(&Reply::new(status).header("Set-Cookie", &cookie)));
        assert_withheld(&log_in(&client, CORE_PASSWORD, "").await);
    }
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_withheld_session_is_ended_at_the_core_where_it_says_how_and_a_proven_one_is_not() {
    let operations =
        OPERATIONS.replace("name = \"login\"", "name = \"login\"\nrevoke_path = \"/accounts/{username}/token\"");
    let bank = Bank::with(Plan::operations(&operations)).await;
    let alice = bank.customer("alice").await;
    let client = bank.client("");
    let id = ids(&log_in(&client, CORE_PASSWORD, "").await).remove(0);
    bank.core.until_hit("DELETE", PATH, 1).await;
    let ended = bank.core.last("DELETE", PATH);
    assert_eq!(ended.header("authorization"), Some(format!("Bearer {CORE_SESSION}")));
    log_in(&client, "guess", "").await;
    asked(&client, &id, "").await;
    assert_eq!(confirmed(&client, &id, &bank.app.tan_sent_to(&alice.phone)).await.status, 204);
    assert_eq!(log_in(&client, CORE_PASSWORD, &id).await.status, 200);
    assert_eq!(ids(&log_in(&client, CORE_PASSWORD, &id).await).len(), 1);
    bank.core.until_hit("DELETE", PATH, 2).await;
    let core = bank.core.seen();
    bank.close().await;
    let ended = core.iter().filter(|seen| seen.method == "DELETE").count();
    assert_eq!(ended, 2, "two were withheld, one was handed over");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_in_is_judged_by_its_own_password_also_where_the_core_is_called_with_a_credential_of_its_own() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("credential");
    std::fs::write(&file, basic("alice", CORE_PASSWORD)).unwrap();
    let bank = Bank::with(Plan::lines(&format!("upstream_authorization = \"file:{}\"", file.display()))).await;
    bank.customer_with("alice", &[]).await;
    let client = bank.client("");
    assert_eq!(log_in(&client, "guess", "").await.error(), (401, 5104));
    let nobody = client.send(reqwest::Method::POST, PATH, &[], Some(WISH.to_owned())).await;
    assert_eq!(nobody.status, 401, "{nobody:?}");
    assert_eq!(log_in(&client, CORE_PASSWORD, "").await.text("access_token"), CORE_SESSION);
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_s_log_in_has_a_body_as_small_as_the_service_s_own() {
    let bank = Bank::open().await;
    let body = format!("\"{}\"", "x".repeat(64 * 1024));
    let refused = bank.client("").send(reqwest::Method::POST, PATH, &[], Some(body)).await;
    assert_eq!(refused.error(), (413, 32), "{refused:?}");
    assert_eq!(bank.core.hits("POST", PATH), 0);
    bank.close().await;
}
