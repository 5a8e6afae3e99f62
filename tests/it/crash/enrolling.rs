//! The service is killed while it enrols an address that a one-shot token pays for: the token is spent exactly if the
//! message was sent in the end.

use super::{Point, Request, Scene};
use crate::app::{Customer, Process};

/// A customer with a token, who has asked for an enrolment that the service did not live to answer.
struct Enrolling {
    scene: Scene,
    process: Process,
    alice: Customer,
    token: String,
}

impl Enrolling {
    async fn killed_at(point: Point) -> Self {
        let scene = Scene::new().await;
        let mut process = scene.serve().await;
        let alice = scene.customer(&process, "alice").await;
        let asked = Request::challenge().begin(&alice).await.unwrap().unwrap();
        let solved = alice.confirm(asked.text("challenge_id"), &scene.tan(&alice.phone)).await;
        let token = solved.text("tan_token").to_owned();
        scene.die(point, &mut process, &alice, Request::enrol("email", &token)).await;
        Self { scene, process, alice, token }
    }

    /// Starts the service again.
    async fn restarted(mut self) -> Self {
        self.process = self.scene.serve().await;
        self.alice = self.alice.at(&self.process);
        self
    }

    /// What the token pays for now.
    async fn pay(&self) -> (u16, u64) {
        let answer = Request::enrol("email", &self.token).begin(&self.alice).await.unwrap().unwrap();
        answer.error()
    }

    fn mails(&self) -> usize {
        self.scene.sent().iter().filter(|sent| sent.address == self.alice.email).count()
    }

    /// The message went out: the token is gone, and the TAN puts the address in force.
    async fn assert_paid(&self) {
        assert_eq!(self.scene.challenges("alice", "kind = 'token' and state = 'spent'").await, 1);
        let (id, tan) = (self.scene.challenge_id("alice", "address").await, self.scene.tan(&self.alice.email));
        let confirmed = self.alice.confirm(&id, &tan).await;
        assert_eq!((confirmed.status.as_u16(), confirmed.text("state")), (200, "active"));
        let removal = self.alice.path("/tan/email");
        let headers = [("tan-token", self.token.as_str())];
        let again = self.alice.client.send(reqwest::Method::DELETE, &removal, &headers, None).await;
        assert_eq!(again.error(), (403, 10003), "the token pays once");
        let spent = "select count(*) from events where kind = 'token.spent'";
        assert_eq!(self.scene.number(spent).await, 1);
    }

    /// Nothing went out: the token is as good as before, once.
    async fn assert_free(&self) {
        self.scene.cool_down().await;
        assert_eq!(self.scene.challenges("alice", "kind = 'token' and state = 'spent'").await, 0);
        let sent = self.mails();
        assert_eq!(self.pay().await, (202, 0));
        assert_eq!(self.mails(), sent + 1);
        assert_eq!(self.scene.challenges("alice", "kind = 'token' and state = 'spent'").await, 1);
    }
}

async fn paid_for_messages(point: Point) -> usize {
    let enrolling = Enrolling::killed_at(point).await.restarted().await;
    enrolling.scene.until_settled().await;
    let sent = enrolling.scene.sent().split_off(1);
    assert!(sent.iter().all(|message| *message == sent[0]), "the same TAN under the same id: {sent:?}");
    enrolling.assert_paid().await;
    sent.len()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_pays_for_a_claim_that_is_written_after_its_service_was_killed() {
    assert_eq!(paid_for_messages(Point::ClaimWritten).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_whose_claim_was_lost_is_as_good_as_before() {
    let enrolling = Enrolling::killed_at(Point::ClaimLost).await.restarted().await;
    enrolling.scene.until_settled().await;
    assert_eq!(enrolling.scene.challenges("alice", "kind = 'address'").await, 0);
    enrolling.assert_free().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_pays_for_a_message_that_is_sent_after_a_take_over() {
    assert_eq!(paid_for_messages(Point::ScriptBegins).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_pays_once_for_a_message_that_went_out_twice() {
    assert_eq!(paid_for_messages(Point::ScriptEnds).await, 2);
    assert_eq!(paid_for_messages(Point::RecordLost).await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_spent_by_a_record_that_is_written_after_its_service_was_killed() {
    assert_eq!(paid_for_messages(Point::RecordWritten).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_free_again_when_the_take_over_could_not_send_either() {
    let enrolling = Enrolling::killed_at(Point::ScriptBegins).await;
    enrolling.scene.arm("fail");
    let enrolling = enrolling.restarted().await;
    enrolling.scene.until_settled().await;
    assert_eq!(enrolling.mails(), 0);
    assert_eq!(enrolling.scene.challenges("alice", "kind = 'address' and state = 'void'").await, 1);

    std::fs::remove_file(enrolling.scene.spool("fail")).unwrap();
    enrolling.assert_free().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_held_while_it_is_not_known_whether_its_holder_lives() {
    let enrolling = Enrolling::killed_at(Point::ScriptBegins).await.restarted().await;

    let headers = [("tan-token", enrolling.token.as_str())];
    let path = enrolling.alice.path("/tan/sms");
    let other = enrolling.alice.client.send(reqwest::Method::DELETE, &path, &headers, None).await;

    assert_eq!(other.error(), (409, 10005), "{other:?}");
    assert!((1..=6).contains(&other.retry_after()));
    enrolling.scene.until_settled().await;
    enrolling.assert_paid().await;
}

/// Nobody knows any more whether the message went out, so the token is void once its holder counts as dead
/// (`api.md` section 6, "unknown").
#[tokio::test(flavor = "multi_thread")]
async fn an_enrolment_that_was_withdrawn_while_its_holder_was_dead_is_not_sent_and_its_token_is_void() {
    let enrolling = Enrolling::killed_at(Point::ScriptBegins).await.restarted().await;
    let withdrawn = enrolling.alice.client.delete(&enrolling.alice.path("/tan/email")).await;
    assert_eq!(withdrawn.status, 204, "{withdrawn:?}");

    assert_eq!(enrolling.pay().await, (409, 10005));
    enrolling.scene.until_settled().await;

    assert_eq!(enrolling.pay().await, (403, 10003));
    assert_eq!(enrolling.mails(), 0);
    assert_eq!(enrolling.scene.challenges("alice", "claim_until is not null").await, 0);
}
