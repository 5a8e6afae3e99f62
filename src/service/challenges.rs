//! Requesting, watching, retransmitting, confirming and aborting challenges.

use super::{
    Failure, Service, permit,
    sending::{Begun, Place},
};
use crate::{
    domain::{
        account::{Account, Terms},
        caller::{AccessToken, Deed},
        challenge::Idempotency,
        channel::Channel,
        id::ChallengeId,
        language::Language,
        notice::{Notice, NoticeKind},
        refusal::Refusal,
        rules::{attempt::AttemptOutcome, request::Wish},
        secret::OneShotToken,
        standing::Consequence,
        tan::Candidate,
        ticket::Ticket,
        time::Timestamp,
        username::Username,
        view::ChallengeView,
    },
    storage::datastore::Wanted,
};

/// What a client asks for.
pub struct ChallengeRequest<'a> {
    /// On which channel.
    pub channel: Channel,
    /// The operation ticket, as the client sent it.
    pub ticket: Option<&'a str>,
    /// The `Idempotency-Key` and the request that came with it.
    pub idempotency: Option<Idempotency>,
    /// The language that the client prefers of those that are spoken here.
    pub language: Option<Language>,
}

/// What a right TAN yields.
pub enum Confirmed {
    /// A one-shot token.
    Token {
        /// The token: in this one reply only.
        token: OneShotToken,
        /// Until when it can be used.
        expires_at: Timestamp,
        /// Whether it is bound to an operation.
        bound: bool,
    },
    /// A new address is in force.
    Activated(Channel),
}

impl Service {
    /// Requests a challenge; answers when its message was handed over. The same request under the same
    /// `Idempotency-Key` names the same challenge and sends nothing.
    pub async fn request_challenge(
        &self,
        caller: &AccessToken,
        username: &Username,
        request: &ChallengeRequest<'_>,
    ) -> Result<ChallengeView, Failure> {
        permit(caller, Deed::Prove, username)?;
        self.send_from(async |place| self.begin_request(caller, username, request, place).await).await
    }

    /// Claims a challenge at the place given, or at one that is free at this moment. A place is always taken before
    /// anything is claimed; a repeated request needs none, nor a ticket that still lives.
    async fn begin_request(
        &self,
        caller: &AccessToken,
        username: &Username,
        request: &ChallengeRequest<'_>,
        mut place: Option<Place>,
    ) -> Result<Begun, Failure> {
        let wanted = Wanted { idempotency: request.idempotency.map(|known| known.key), ..Wanted::account(username) };
        self.change(caller, Deed::Prove, wanted, |account, terms| {
            if let Some(earlier) = account.same_request(terms.now, request.idempotency)? {
                return Ok(Begun::Known(account.view(account.challenge(earlier)?, terms)));
            }
            let wish = self.wish(account, terms, request)?;
            let outlet = self.way_out(request.channel)?;
            let new = self.new_challenge(terms, caller, outlet.as_deref(), request.language.as_ref());
            let mut tried = account.clone();
            tried.request(terms, &new, request.channel, wish)?;
            let Some(outlet) = outlet else {
                *account = tried;
                return Ok(Begun::Known(account.view(account.challenge(new.id)?, terms)));
            };
            let Some(place) = place.take().or_else(|| Place::free_now(outlet)) else {
                return Ok(Begun::NeedsPlace(request.channel));
            };
            *account = tried;
            Ok(Begun::ToSend(place, Box::new(self.dispatch(account, terms, new.id)?)))
        })
        .await
    }

    /// What the token of a new challenge will be bound to.
    fn wish(&self, account: &Account, terms: &Terms<'_>, request: &ChallengeRequest<'_>) -> Result<Wish, Refusal> {
        let idempotency = request.idempotency;
        let Some(raw) = request.ticket else { return Ok(Wish { idempotency, ..Wish::default() }) };
        let ticket =
            Ticket::open(raw, self.ring()).filter(|ticket| ticket.account == account.id).ok_or(UNREADABLE_TICKET)?;
        if terms.now >= ticket.expires_at {
            return Err(Refusal::ChallengeExpired);
        }
        Ok(Wish { operation: Some(ticket.operation), summary: ticket.summary, idempotency })
    }

    /// Where a challenge stands.
    pub async fn watch_challenge(
        &self,
        caller: &AccessToken,
        username: &Username,
        id: ChallengeId,
    ) -> Result<ChallengeView, Failure> {
        self.show(caller, Deed::Watch, Wanted::challenge(username, id), |account, terms| {
            account.refuse_taler(id)?;
            Ok(account.view(account.challenge(id)?, terms))
        })
        .await
    }

    /// Sends a challenge again; answers when its message was handed over.
    pub async fn retransmit_challenge(
        &self,
        caller: &AccessToken,
        username: &Username,
        id: ChallengeId,
    ) -> Result<ChallengeView, Failure> {
        let wanted = Wanted::challenge(username, id);
        self.send_from(async |place| self.begin_retransmission(caller, wanted, id, place).await).await
    }

    /// Claims a retransmission at the place given, or at one that is free at this moment. A place is always taken
    /// before anything is claimed.
    async fn begin_retransmission(
        &self,
        caller: &AccessToken,
        wanted: Wanted<'_>,
        id: ChallengeId,
        mut place: Option<Place>,
    ) -> Result<Begun, Failure> {
        self.change(caller, Deed::Prove, wanted, |account, terms| {
            account.refuse_taler(id)?;
            let channel = account.challenge(id)?.channel();
            let mut tried = account.clone();
            let Some(outlet) = self.way_out(channel)? else { return Err(Refusal::ChannelNotSupported.into()) };
            tried.retransmit(terms, id, self.sending(terms, &outlet))?;
            let Some(place) = place.take().or_else(|| Place::free_now(outlet)) else {
                return Ok(Begun::NeedsPlace(channel));
            };
            *account = tried;
            Ok(Begun::ToSend(place, Box::new(self.dispatch(account, terms, id)?)))
        })
        .await
    }

    /// Ends a challenge, and the unspent token it yielded.
    pub async fn abort_challenge(
        &self,
        caller: &AccessToken,
        username: &Username,
        id: ChallengeId,
    ) -> Result<(), Failure> {
        self.change(caller, Deed::Prove, Wanted::challenge(username, id), |account, terms| {
            account.refuse_taler(id)?;
            Ok(account.abort(terms, id)?)
        })
        .await
    }

    /// Tries a TAN. No answer leaves before its count is written.
    pub async fn confirm_challenge(
        &self,
        caller: &AccessToken,
        username: &Username,
        id: ChallengeId,
        candidate: &Candidate,
    ) -> Result<Confirmed, Failure> {
        let token = OneShotToken::generate(self.chance());
        let outcome = self
            .change(caller, Deed::Prove, Wanted::challenge(username, id), |account, terms| {
                account.refuse_taler(id)?;
                let outcome = account.attempt(terms, self.ring(), id, candidate, token.hash())?;
                self.tell(account, terms, notices(&outcome, account));
                Ok(outcome)
            })
            .await?;
        count(&outcome);
        answer(&outcome, token)
    }
}

const UNREADABLE_TICKET: Refusal = Refusal::Parameter {
    name: "operation",
    trouble: "It is no operation ticket of this service, or it was changed on the way.",
};

fn answer(outcome: &AttemptOutcome, token: OneShotToken) -> Result<Confirmed, Failure> {
    match *outcome {
        AttemptOutcome::Solved { expires_at, bound, .. } => Ok(Confirmed::Token { token, expires_at, bound }),
        AttemptOutcome::Activated { channel, .. } => Ok(Confirmed::Activated(channel)),
        _ => Err(refusal(outcome).unwrap_or(Refusal::ChallengeNotFound).into()),
    }
}

/// What a caller is told of a try that was not right; `None` for one that was.
pub(super) fn refusal(outcome: &AttemptOutcome) -> Option<Refusal> {
    Some(match *outcome {
        AttemptOutcome::Solved { .. } | AttemptOutcome::Activated { .. } => return None,
        AttemptOutcome::Unknown => Refusal::ChallengeNotFound,
        AttemptOutcome::NoCandidate => Refusal::Parameter {
            name: "tan",
            trouble: "It has not the form of this channel's TANs; no attempt was counted.",
        },
        AttemptOutcome::Wrong { attempts_left, .. } => Refusal::WrongTan { attempts_left },
        AttemptOutcome::LastWrong { retry_after, .. } | AttemptOutcome::Exhausted { retry_after } => {
            Refusal::RateLimited { limit: "attempts_per_tan", retry_after }
        }
        AttemptOutcome::AlreadySolved => Refusal::ChallengeSolved,
        AttemptOutcome::Ended | AttemptOutcome::Expired => Refusal::ChallengeExpired,
        AttemptOutcome::Blocked { retry_after } => Refusal::AccountBlocked { retry_after },
    })
}

/// Whom an attempt's outcome is told: the replaced address, or every active one when a block began or is near.
pub(super) fn notices(outcome: &AttemptOutcome, account: &Account) -> Vec<Notice> {
    let consequence = match outcome {
        AttemptOutcome::Activated { notices, .. } | AttemptOutcome::Solved { notices, .. } => return notices.clone(),
        AttemptOutcome::Wrong { consequence, .. } | AttemptOutcome::LastWrong { consequence, .. } => *consequence,
        _ => Consequence::default(),
    };
    let mut notices = Vec::new();
    match consequence.block {
        Some(block) if block.until.is_never() => notices.extend(account.notices_to_all(NoticeKind::BlockedForGood)),
        Some(block) if block.first => notices.extend(account.notices_to_all(NoticeKind::Blocked)),
        Some(_) | None => {}
    }
    if consequence.warned {
        notices.extend(account.notices_to_all(NoticeKind::Warned));
    }
    notices
}

/// Counts a try, and the limit that refused it if one did, for operators' metrics.
pub(super) fn count(outcome: &AttemptOutcome) {
    let name = match outcome {
        AttemptOutcome::Solved { .. } | AttemptOutcome::Activated { .. } => "solved",
        AttemptOutcome::Wrong { .. } | AttemptOutcome::LastWrong { .. } => "wrong",
        _ => "refused",
    };
    metrics::counter!("tanager_attempts_total", "outcome" => name).increment(1);
    if let Some(limit) = outcome.refused_by() {
        super::measure_refusal(limit);
    }
}
