//! One attempt at an operation, from its clearance to its settlement. Runs to its end, whoever waits for it.

use std::sync::Arc;

use http::{HeaderMap, HeaderName, Request, Response};
use hyper::body::Incoming;
use tokio::time::{Instant, timeout_at};

use super::revocation;
use crate::{
    domain::{
        assurance::{Demand, OnMissing},
        caller::AccessToken,
        operation::OperationDigest,
        rules::{protect::Proof, settle::Outcome},
        summary::Approval,
        username::Username,
    },
    gateway::{body::Outgoing, gate::Shared, headers::value_of, upstream::Unanswered},
    http::error::ApiError,
    service::{Cleared, CoreOperation, Hold, Settlement, TalerChallenge},
    settings::Revocation,
};

const X_TAN_CHALLENGE: HeaderName = HeaderName::from_static("x-tan-challenge");
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// An operation that was read whole. No `Debug`: it is a customer's.
pub(super) struct Errand {
    /// Who calls; `None` where the bank core's answer says it: a log-in.
    pub(super) caller: Option<AccessToken>,
    /// The operation's name.
    pub(super) name: String,
    /// Whether its method changes nothing.
    pub(super) reads: bool,
    /// Whether its 2xx closes the account here too.
    pub(super) closes_account: bool,
    /// How a session is ended that a withheld log-in began.
    pub(super) revocation: Option<Revocation>,
    pub(super) described: Described,
    pub(super) request: Request<Outgoing>,
}

/// What the use cases are told of an operation.
pub(super) struct Described {
    pub(super) account: Username,
    pub(super) digest: OperationDigest,
    pub(super) demand: Demand,
    pub(super) on_missing: OnMissing,
    pub(super) summary: Option<Approval>,
    pub(super) proof: Proof,
}

/// How an operation ended.
pub(super) enum Ended {
    /// The bank core answered.
    Answered(Response<Incoming>),
    /// One of these has to be solved first.
    Challenged(Vec<TalerChallenge>),
}

/// A token that is held, as this machine's clock sees it.
struct Held {
    hold: Hold,
    /// Not after the end of its lease: measured from before it was asked for.
    until: Instant,
}

impl Held {
    /// By when there has to be an answer. `NeverReached` once the lease is over: the customer may have been told that the
    /// token is void, or another may be at work, so nothing is sent any more.
    fn due(&self, due: Instant) -> Result<Instant, Unanswered> {
        if Instant::now() < self.until {
            return Ok(due.min(self.until));
        }
        tracing::warn!("the lease was over before the request could be sent; nothing was sent");
        Err(Unanswered::NeverReached)
    }
}

impl Described {
    fn operation(&self) -> CoreOperation<'_> {
        CoreOperation {
            username: &self.account,
            digest: self.digest,
            demand: self.demand,
            summary: self.summary.clone(),
            proof: self.proof.clone(),
            on_missing: self.on_missing,
        }
    }
}

impl Errand {
    /// Clears, sends and settles.
    pub(super) async fn run(self, shared: Arc<Shared>) -> Result<Ended, ApiError> {
        let until = Instant::now() + shared.service().limits().reservation_lease;
        match &self.caller {
            Some(caller) => {
                let (operation, service) = (self.described.operation(), shared.service());
                let held = match service.begin_operation(caller, &self.name, self.reads, &operation).await? {
                    Cleared::NotNeeded => None,
                    Cleared::Held(hold) => Some(Held { hold, until }),
                    Cleared::Challenged(challenges) => return Ok(Ended::Challenged(challenges)),
                };
                self.carry_out(&shared, held).await
            }
            None => self.log_in(&shared, until).await,
        }
    }

    async fn carry_out(self, shared: &Shared, held: Option<Held>) -> Result<Ended, ApiError> {
        let answer = send(shared, self.request, held.as_ref()).await;
        // A redirection is a success, but not yet a reason to close an account for good.
        let done = answer.as_ref().is_ok_and(|answer| answer.status().is_success());
        let (username, closes_account) = (self.described.account, self.closes_account && done);
        let settlement =
            Settlement { username, hold: held.map(|held| held.hold), outcome: outcome_of(&answer), closes_account };
        shared.service().conclude(settlement).await;
        Ok(Ended::Answered(answer?))
    }

    /// The bank core checks the password. Its yes is withheld until a proof comes with a repeat.
    async fn log_in(mut self, shared: &Arc<Shared>, until: Instant) -> Result<Ended, ApiError> {
        if let Some(hold) = shared.service().begin_log_in(&self.described.operation()).await? {
            return self.carry_out(shared, Some(Held { hold, until })).await;
        }
        // A core that repeats its answers by key would hand out again what is withheld here.
        self.request.headers_mut().remove(IDEMPOTENCY_KEY);
        let answer = send(shared, self.request, None).await?;
        if !may_begin_a_session(&answer) {
            return Ok(Ended::Answered(answer));
        }
        let withheld = match shared.service().judge_log_in(&self.described.operation()).await {
            Ok(None) => return Ok(Ended::Answered(answer)),
            Ok(Some(challenges)) => Ok(Ended::Challenged(challenges)),
            Err(failure) => Err(failure.into()),
        };
        // No session of it reaches the client: it is read to be revoked, or dropped with its connection.
        if let Some(revocation) = &self.revocation {
            revocation::begin(shared, revocation, &self.described.account, answer);
        }
        withheld
    }
}

/// Whether an answer to a log-in is a yes, and may bring a session: a redirection can set one as well.
fn may_begin_a_session(answer: &Response<Incoming>) -> bool {
    answer.status().is_success() || answer.status().is_redirection()
}

async fn send(
    shared: &Shared,
    mut request: Request<Outgoing>,
    held: Option<&Held>,
) -> Result<Response<Incoming>, Unanswered> {
    let mut due = Instant::now() + shared.patience;
    if let Some(held) = held {
        due = held.due(due)?;
        let named = name_the_proof(request.headers_mut(), &held.hold);
        // Nothing was sent.
        named.map_err(|_| Unanswered::NeverReached)?;
    }
    timeout_at(due, shared.operations.send(request)).await.unwrap_or(Err(Unanswered::TimedOut))
}

/// The same key for each try of the same work, in place of the client's own.
fn name_the_proof(headers: &mut HeaderMap, hold: &Hold) -> Result<(), ApiError> {
    headers.insert(IDEMPOTENCY_KEY, value_of(hold.idempotency_key.as_bytes())?);
    headers.insert(X_TAN_CHALLENGE, value_of(hold.challenge.as_uuid().to_string().as_bytes())?);
    Ok(())
}

/// What was seen of an attempt.
fn outcome_of(answer: &Result<Response<Incoming>, Unanswered>) -> Outcome {
    match answer {
        Ok(answer) => Outcome::of_status(answer.status().as_u16()),
        Err(Unanswered::NeverReached) => Outcome::NoEffect,
        Err(Unanswered::HungUp | Unanswered::Garbled | Unanswered::TimedOut) => Outcome::Unknown { over: false },
    }
}
