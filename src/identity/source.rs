//! Who says who is calling, where it is not this service: asked once for what many want to know at once, remembered for a
//! moment, and left in peace while there are no answers. It fails closed: without an answer nobody is known.

use std::{sync::Arc, time::Duration};

use super::{
    answers::{Answers, Question},
    introspection::AuthorizationServer,
    unclear::Unclear,
    upstream::BankCore,
    verdict::Verdict,
};
use crate::{
    breaker::SharedBreaker,
    domain::{
        breaker::{Change, Ending, Resting},
        credential,
        id::AccessTokenId,
        keys::{KeyError, KeyRing},
        username::Username,
    },
};

/// A longer credential is none: nobody is asked about it.
const LONGEST: usize = 8 * 1024;

/// Who is asked.
#[derive(Clone)]
pub enum Voucher {
    /// The bank core, with the caller's own credential, about an account.
    BankCore(BankCore),
    /// An authorization server (RFC 7662), about the caller's token.
    AuthorizationServer(AuthorizationServer),
}

impl Voucher {
    /// Whether it can know such a credential at all.
    fn can_know(&self, authorization: &str) -> bool {
        let readable = match self {
            Self::BankCore(_) => true,
            Self::AuthorizationServer(_) => credential::bearer(authorization).is_some(),
        };
        readable && authorization.len() <= LONGEST
    }

    /// The same question is one about the same credential, to the byte, and, where the account is part of it, the same
    /// account.
    fn question(&self, ring: &KeyRing, authorization: &str, username: &Username) -> Result<Question, KeyError> {
        let account = match self {
            Self::BankCore(_) => Some(username),
            Self::AuthorizationServer(_) => None,
        };
        credential::question(ring, authorization, account)
    }

    async fn ask(&self, authorization: &str, username: &Username) -> Result<Verdict, Unclear> {
        match self {
            Self::BankCore(bank_core) => bank_core.ask(authorization, username).await,
            Self::AuthorizationServer(server) => server.ask(authorization).await,
        }
    }
}

/// Who says who is calling. Cheap to clone.
#[derive(Clone)]
pub struct IdentitySource(Arc<Inner>);

struct Inner {
    voucher: Voucher,
    answers: Answers,
    breaker: SharedBreaker,
    ring: Arc<KeyRing>,
}

impl IdentitySource {
    /// A yes is remembered for `remember`, a no for a second at most; `ring` makes the hashes by which they are found.
    #[must_use]
    pub fn new(voucher: Voucher, remember: Duration, ring: Arc<KeyRing>) -> Self {
        Self(Arc::new(Inner { voucher, answers: Answers::new(remember), breaker: SharedBreaker::default(), ring }))
    }

    /// What is said of the value of an `Authorization` header that is the foreign session `session`, when it comes for
    /// the account `username`. Whether it is good at this moment, and for that account, is still to be looked at.
    pub async fn ask(
        &self,
        authorization: &str,
        session: AccessTokenId,
        username: &Username,
    ) -> Result<Verdict, Arc<Unclear>> {
        let Inner { voucher, answers, ring, .. } = &*self.0;
        if !voucher.can_know(authorization) {
            return Ok(Verdict::Unknown);
        }
        let question = voucher.question(ring, authorization, username).map_err(Unclear::from)?;
        let found = answers.find(question, session, || self.ask_now(authorization, username)).await;
        measure(match &found {
            Ok(found) if found.remembered => "remembered",
            Ok(found) if found.verdict == Verdict::Unknown => "unknown",
            Ok(_) => "known",
            Err(unclear) if matches!(**unclear, Unclear::Resting { .. }) => "resting",
            Err(_) => "unclear",
        });
        Ok(found?.verdict)
    }

    /// Forgets what is known of a session that was closed here: the next request asks anew.
    pub fn forget(&self, session: AccessTokenId) {
        self.0.answers.forget(session);
    }

    async fn ask_now(&self, authorization: &str, username: &Username) -> Result<Verdict, Unclear> {
        let permit = self.0.breaker.admit().map_err(|Resting { retry_after }| Unclear::Resting { retry_after })?;
        let answer = self.0.voucher.ask(authorization, username).await;
        if let Err(unclear) = &answer {
            tracing::error!(error = %unclear, cause = %unclear.cause(), "nobody says who is calling; the request was refused");
        }
        tell(permit.settle(answer.as_ref().map_or_else(Unclear::ending, |_| Ending::Answered)));
        metrics::gauge!("tanager_identity_breaker_open").set(if self.0.breaker.is_closed() { 0.0 } else { 1.0 });
        answer
    }
}

fn tell(change: Change) {
    match change {
        Change::None => {}
        Change::Opened(rest) => {
            tracing::error!("nobody says who is calling; identity.url is left in peace for {rest:?}");
        }
        Change::Closed => tracing::info!("identity.url answers again"),
    }
}

/// Counts what became of a request whose caller somebody else is to know.
fn measure(outcome: &'static str) {
    metrics::counter!("tanager_identity_answers_total", "outcome" => outcome).increment(1);
}
