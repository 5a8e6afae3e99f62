//! The workflow of two-factor authentication by an app, step by step, as deSEC describes it.

use reqwest::Method;
use serde_json::{Value, json};

use super::{Still, channels, enrol, proven, remove, send, set_up};
use crate::{app::Authenticator, contract::seconds};

#[tokio::test(flavor = "multi_thread")]
async fn an_app_is_set_up_proven_used_doubled_and_given_up_again() {
    let app = Still::start().await;
    let alice = app.customer("alice").await;

    // Created: told once, and not in force.
    let enrolled = enrol(&alice, &json!({"name": "telephone"}), "").await;
    let (challenge, telephone) = set_up(&enrolled);
    assert_eq!((enrolled.text("tan_channel"), enrolled.text("state")), ("totp", "pending"));
    assert_eq!(enrolled.body["challenge"]["tan_info"], "telephone");
    assert_eq!(channels(&alice).await, json!([]));
    assert_eq!(alice.client.post("/accounts/alice/tan/challenge/totp", json!({})).await.error(), (409, 5132));

    // Wrong codes are counted; the right one activates it.
    let wrong = alice.confirm(&challenge, &app.wrong(&[&telephone])).await;
    assert_eq!((wrong.error(), wrong.number("attempts_left")), ((409, 5134), 2));
    let active = alice.confirm(&challenge, &app.code(&telephone, 0)).await;
    assert_eq!(active.body, json!({"tan_channel": "totp", "state": "active"}), "no token comes of it");
    assert_eq!(channels(&alice).await, json!(["totp"]));

    // From now on a change of factors asks for a code, and one that was shown to activate the app is none.
    let refused = enrol(&alice, &json!({"name": "tablet"}), "").await;
    assert_eq!((refused.error(), refused.header("tan-required")), ((403, 10002), "token"));
    assert_eq!(refused.text("summary"), "add an authenticator app named tablet");
    assert_eq!(refused.body["tan_channels"], json!([{"tan_channel": "totp", "tan_info": "telephone"}]));
    let ticket = json!({"operation": refused.text("operation")});
    let asked = alice.client.post("/accounts/alice/tan/challenge/totp", ticket).await;
    assert_eq!(asked.text("summary"), "add an authenticator app named tablet");
    let replayed = alice.confirm(asked.text("challenge_id"), &app.code(&telephone, 0)).await;
    assert_eq!(replayed.error(), (409, 5134));
    app.advance(super::STEP);
    let solved = alice.confirm(asked.text("challenge_id"), &app.code(&telephone, 0)).await;
    assert_eq!((solved.status.as_u16(), &solved.body["bound"]), (200, &json!(true)));

    // The second app; either of the two proves the customer from now on.
    let (challenge, tablet) = set_up(&enrol(&alice, &json!({"name": "tablet"}), solved.text("tan_token")).await);
    assert_eq!(alice.confirm(&challenge, &app.code(&tablet, 0)).await.status, 200);
    app.advance(super::STEP);
    for device in [&telephone, &tablet] {
        proven(&alice, "totp", &app.code(device, 0)).await;
    }
    app.advance(super::STEP);

    // One goes, the other stays; the last one gone, nothing is asked for any more.
    assert_eq!(remove(&alice, "totp?name=telephone", "").await.error(), (403, 10002));
    let token = app.token(&alice, &tablet).await;
    assert_eq!(remove(&alice, "totp?name=telephone", &token).await.status, 204);
    assert_eq!(channels(&alice).await, json!(["totp"]));
    let token = app.token(&alice, &tablet).await;
    assert_eq!(remove(&alice, "totp?name=tablet", &token).await.status, 204);
    assert_eq!(channels(&alice).await, json!([]));
    assert_eq!(enrol(&alice, &json!({}), "").await.status, 202);
    assert_eq!(app.messages(), 0, "an account without an address is told nothing");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_reply_of_an_enrolment_is_what_an_app_is_set_up_with() {
    let app = Still::start().await;
    let alice = app.customer("alice").await;
    let before = app.now();
    let enrolled = send(&alice.client, Method::POST, "/accounts/alice/tan/totp", "", None).await;
    assert_eq!(enrolled.status, 202, "a body may be absent: {enrolled:?}");
    let secret = enrolled.text("secret");
    assert_eq!(secret.len(), 32, "160 bits");
    let uri = format!(
        "otpauth://totp/Example%20Bank:alice?secret={secret}&issuer=Example%20Bank&algorithm=SHA1&digits=6&period=30"
    );
    assert_eq!(enrolled.text("otpauth_uri"), uri);
    let picture = enrolled.text("qr_svg");
    assert!(picture.contains("<svg ") && picture.ends_with("</svg>") && !picture.contains(secret), "{picture}");
    let challenge = enrolled.body["challenge"].as_object().unwrap();
    let mut members: Vec<&str> = challenge.keys().map(String::as_str).collect();
    members.sort_unstable();
    assert_eq!(members, ["attempts_left", "challenge_id", "solve_expiration", "tan_channel", "tan_info"]);
    assert_eq!((&challenge["tan_channel"], &challenge["tan_info"]), (&json!("totp"), &json!("default")));
    assert_eq!(seconds(&challenge["solve_expiration"]), u64::try_from(before + 1800).unwrap(), "time to set an app up");
    assert_eq!(enrolled.header("cache-control"), "no-store");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_app_was_set_up_with_is_shown_in_no_other_reply() {
    let app = Still::start().await;
    let alice = app.customer("alice").await;
    let enrolled = enrol(&alice, &json!({}), "").await;
    let (challenge, device) = set_up(&enrolled);
    let mut shown = Vec::new();
    let looks = ["", "/tan", &format!("/tan/challenge/{challenge}"), "/challenges"];
    for round in 0..2 {
        for look in looks {
            shown.push(alice.client.get(&alice.path(look)).await.raw);
            shown.push(app.admin.get(&alice.path(look)).await.raw);
        }
        shown.push(app.admin.get("/audit?account=alice").await.raw);
        if round == 0 {
            shown.push(alice.confirm(&challenge, &app.code(&device, 0)).await.raw);
        }
    }
    assert!(shown.iter().any(|reply| reply.contains("channel.activated")));
    for reply in shown {
        assert!(!reply.contains(enrolled.text("secret")) && !reply.contains("otpauth"), "{reply}");
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_challenge_for_a_code_transmits_nothing_and_cools_nothing() {
    let app = Still::start().await;
    let (alice, device) = app.customer_with_app("alice").await;
    let codes = app.codes(&alice, &app.token(&alice, &device).await).await;
    for (channel, info, answer) in [("totp", "default", app.code(&device, 0)), ("recovery", "10/10", codes[0].clone())]
    {
        let first = alice.challenge(channel).await;
        let again = alice.challenge(channel).await;
        assert_ne!(first.text("challenge_id"), again.text("challenge_id"), "no cool-down");
        assert_eq!((first.text("tan_channel"), first.text("tan_info")), (channel, info));
        assert_eq!(seconds(&first.body["solve_expiration"]), u64::try_from(app.now() + 300).unwrap());
        for member in ["earliest_retransmission", "transmissions_left"] {
            assert_eq!(first.body.get(member), None, "{channel}: {member}");
        }
        assert_eq!(alice.retransmit(first.text("challenge_id")).await.error(), (409, 5132));
        let watched = alice.client.get(&alice.path(&format!("/tan/challenge/{}", first.text("challenge_id")))).await;
        assert_eq!((watched.text("state"), watched.body.get("earliest_retransmission")), ("open", None));
        assert_eq!(alice.confirm(first.text("challenge_id"), &answer).await.status, 200);
        assert_eq!(
            alice.client.delete(&alice.path(&format!("/tan/challenge/{}", again.text("challenge_id")))).await.status,
            204
        );
    }
    assert_eq!(app.messages(), 0);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_enrolment_is_over_with_its_challenge_and_a_second_one_voids_the_first() {
    let app = Still::start().await;
    let alice = app.customer("alice").await;
    let (first, telephone) = set_up(&enrol(&alice, &json!({"name": "telephone"}), "").await);
    let (second, tablet) = set_up(&enrol(&alice, &json!({"name": "tablet"}), "").await);
    assert_eq!(alice.state(&first).await, "void");
    assert_eq!(alice.confirm(&first, &app.code(&telephone, 0)).await.error(), (409, 5144));
    assert_eq!(alice.confirm(&second, &app.code(&telephone, 0)).await.error(), (409, 5134), "another app's code");
    app.advance(std::time::Duration::from_hours(1));
    assert_eq!(alice.confirm(&second, &app.code(&tablet, 0)).await.error(), (409, 5144));
    assert_eq!(channels(&alice).await, json!([]));
    assert_eq!(alice.client.get("/accounts/alice/tan").await.body["tan_channels"], json!([]));
    app.stop().await;
}

/// Another reader of the address than the one that draws it.
#[tokio::test(flavor = "multi_thread")]
async fn an_app_that_reads_the_address_shows_the_same_codes() {
    let app = Still::start().await;
    let alice = app.customer("alice").await;
    let enrolled = enrol(&alice, &json!({}), "").await;
    let address = url::Url::parse(enrolled.text("otpauth_uri")).unwrap();
    let parameter =
        |name: &str| address.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
    assert_eq!((address.scheme(), address.host_str()), ("otpauth", Some("totp")));
    assert_eq!(parameter("issuer").as_deref(), Some("Example Bank"));
    let scanned = Authenticator::from_secret(&parameter("secret").unwrap());
    let challenge = enrolled.body["challenge"]["challenge_id"].as_str().unwrap();
    assert_eq!(alice.confirm(challenge, &app.code(&scanned, 0)).await.body["state"], Value::from("active"));
    app.stop().await;
}
