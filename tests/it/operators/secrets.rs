//! An operator can never confirm a customer's challenge nor read a TAN (`api.md` section 8).

use reqwest::Method;
use serde_json::json;

use crate::{
    app::{Answer, Customer, TestApp},
    contract::routes::{Place, TABLE, documented, shape},
};

/// A customer with two challenges that wait for their TANs: one for a token, one for a new address.
struct Waiting {
    customer: Customer,
    challenge: String,
    enrolment: String,
    tans: [String; 2],
}

impl Waiting {
    async fn of(app: &TestApp, username: &str) -> Self {
        let customer = app.customer_with_sms(username).await;
        let challenge = customer.challenge("sms").await.text("challenge_id").to_owned();
        let first = app.tan_sent_to(&customer.phone);
        // An operator begins an enrolment as anyone may who proves it then.
        let enrolled = app.admin.post(&customer.path("/tan/email"), json!({"address": customer.email})).await;
        assert_eq!(enrolled.status, 202, "{enrolled:?}");
        let enrolment = enrolled.body["challenge"]["challenge_id"].as_str().unwrap().to_owned();
        let tans = [first, app.tan_sent_to(&customer.email)];
        Self { customer, challenge, enrolment, tans }
    }

    fn shows_none(&self, answer: &Answer) -> bool {
        let headers = format!("{:?}", answer.headers);
        self.tans.iter().all(|tan| !answer.raw.contains(tan.as_str()) && !headers.contains(tan.as_str()))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_route_shows_an_operator_a_tan() {
    let app = TestApp::start().await;
    let mut tried = 0;
    for (number, (path, method)) in documented(&app).await.into_iter().enumerate() {
        let route = TABLE.iter().find(|route| shape(route.path) == path && route.method == method).unwrap();
        let waiting = Waiting::of(&app, &format!("w{number}")).await;
        for challenge in [&waiting.challenge, &waiting.enrolment] {
            let username = &waiting.customer.username;
            let place = Place { username, challenge, token: challenge };
            let body = route.body_for(username);
            let answer = app.admin.send(route.verb(), &place.path(route.path), &[], body).await;
            assert!(waiting.shows_none(&answer), "{method} {path}");
            tried += 1;
        }
    }
    assert!(tried >= 2 * TABLE.len(), "{tried}");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_cannot_confirm_a_challenge_even_with_the_right_tan() {
    let app = TestApp::start().await;
    let waiting = Waiting::of(&app, "alice").await;
    let alice = &waiting.customer;
    for (challenge, tan) in [&waiting.challenge, &waiting.enrolment].into_iter().zip(&waiting.tans) {
        let path = alice.path(&format!("/tan/challenge/{challenge}"));
        let confirmed = app.admin.post(&format!("{path}/confirm"), json!({"tan": tan})).await;
        assert_eq!(confirmed.error(), (403, 44));
        assert_eq!(app.admin.post(&format!("{path}/retransmit"), json!({})).await.error(), (403, 44));
        assert_eq!(app.admin.delete(&path).await.error(), (403, 44));
        assert_eq!(app.admin.send(Method::GET, &path, &[], None).await.error(), (403, 44));
        assert_eq!(alice.state(challenge).await, "open");
    }
    let request = app.admin.post(&alice.path("/tan/challenge/sms"), json!({})).await;
    assert_eq!(request.error(), (403, 44));
    for (challenge, tan) in [&waiting.challenge, &waiting.enrolment].into_iter().zip(&waiting.tans) {
        assert_eq!(alice.confirm(challenge, tan).await.status, 200, "the customer can");
    }
    app.stop().await;
}
