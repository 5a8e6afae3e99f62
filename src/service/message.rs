//! The messages of this service: what they say is the catalog's matter, whom they go to is ours.

use super::{Failure, ProtectedRequest, Service};
use crate::{
    channel::{Envelope, MessageBody, MessageKind},
    domain::{
        account::Account,
        address::Address,
        challenge::{Challenge, ChallengeKind},
        id::TransmissionId,
        language::Language,
        limits::Limits,
        tan::Tan,
        username::Username,
    },
    message::{About, Letterhead, NoticeMessage, Phrase, RenderError, TanMessage, Text},
    storage::notices::ClaimedNotice,
};

/// Digits that are blotted out of what a transport says of a message without a TAN.
const DIGITS_OF_A_NOTICE: u8 = 6;

/// One sending of a TAN: of which challenge, whereto, and under which id.
pub(super) struct Carried<'a> {
    pub(super) challenge: &'a Challenge,
    pub(super) address: &'a Address,
    pub(super) tan: &'a Tan,
    pub(super) transmission: TransmissionId,
}

impl From<RenderError> for Failure {
    fn from(error: RenderError) -> Self {
        tracing::error!(error = %error, "a message could not be written; nothing was sent");
        Self::Unavailable
    }
}

impl Service {
    /// The first of these languages that is spoken here.
    #[must_use]
    pub fn spoken(&self, wanted: &[Language]) -> Option<Language> {
        wanted.iter().find_map(|language| self.0.parts.catalog.speaks(language))
    }

    /// Starts what transports have running all the time. For a service that is about to serve; what only looks something up
    /// need not.
    pub fn begin_transports(&self) {
        self.0.parts.outlets.iter().for_each(|(_, outlet)| outlet.begin());
    }

    /// The message that carries a TAN, in the customer's language.
    pub(super) fn tan_message(
        &self,
        account: &Account,
        carried: &Carried<'_>,
        limits: &Limits,
    ) -> Result<Envelope, Failure> {
        let Carried { challenge, address, tan, transmission } = *carried;
        let language = self.0.parts.catalog.choose(account.language.iter().chain(&challenge.language));
        let message = TanMessage {
            letterhead: self.letterhead(),
            tan: tan.reveal(),
            about: about(challenge),
            minutes: limits.tan_lifetime.as_secs().div_ceil(60),
        };
        let text = self.0.parts.catalog.tan(&language, address.channel(), &message)?;
        Ok(Envelope {
            transmission: transmission.as_uuid(),
            kind: MessageKind::Tan,
            expected_digits: challenge.tan_digits,
            ..addressed(&account.username, address.clone(), &language, text)
        })
    }

    /// A message that tells of something, without a TAN. Its language is never that of a request: whoever sends requests may
    /// be the thief of whom it warns.
    pub(super) fn notice_message(&self, claimed: &ClaimedNotice) -> Result<Envelope, Failure> {
        let ClaimedNotice { username, posted, .. } = claimed;
        let language = self.0.parts.catalog.choose(&posted.language);
        let notice = &posted.notice;
        let reference = posted.reference.as_str();
        let message = NoticeMessage { letterhead: self.letterhead(), kind: notice.kind, reference };
        let text = self.0.parts.catalog.notice(&language, notice.address.channel(), &message)?;
        Ok(Envelope {
            transmission: posted.id.as_uuid(),
            ..addressed(username, notice.address.clone(), &language, text)
        })
    }

    /// What a customer is shown of an operation of the service's own: in his language or, where that is not known, in that of
    /// the request.
    pub(super) fn phrase(&self, account: &Account, request: &ProtectedRequest, phrase: &Phrase<'_>) -> String {
        let catalog = &self.0.parts.catalog;
        catalog.phrase(&catalog.choose(account.language.iter().chain(&request.language)), phrase)
    }

    fn letterhead(&self) -> Letterhead<'_> {
        let bank = &self.0.parts.bank;
        Letterhead { bank: &bank.name, host: bank.host.as_deref(), contact: bank.contact.as_deref() }
    }
}

fn about(challenge: &Challenge) -> About<'_> {
    match (challenge.summary.as_ref(), challenge.kind) {
        (Some(approval), _) => About::Operation { summary: approval.whole(), brief: approval.brief() },
        (None, ChallengeKind::Address) => About::Address,
        (None, ChallengeKind::Token | ChallengeKind::Taler) => About::Nothing,
    }
}

fn addressed(username: &Username, address: Address, language: &Language, text: Text) -> Envelope {
    Envelope {
        transmission: uuid::Uuid::nil(),
        channel: address.channel(),
        kind: MessageKind::Notice,
        account: username.clone(),
        language: language.as_str().to_owned(),
        subject: text.subject,
        address,
        body: MessageBody::new(text.plain.into_string()),
        html: text.html.map(|html| MessageBody::new(html.into_string())),
        expected_digits: DIGITS_OF_A_NOTICE,
    }
}
