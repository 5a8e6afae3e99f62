//! Telling a customer: what is posted with a transition, and how a notice ends.

use crate::domain::{
    account::Account,
    chance::Chance,
    event::{Event, EventKind},
    id::TransmissionId,
    language::Language,
    notice::{Notice, NoticeEnd, PostedNotice, Reference},
    rules::transmission::Way,
    time::Timestamp,
};

/// How notices of a transition are sent: by whom they are begun at once, and until when he is waited for.
pub struct Posting<'a> {
    /// The moment.
    pub now: Timestamp,
    /// From then on anyone may send them.
    pub due_at: Timestamp,
    /// The language that the customer reads.
    pub language: Option<&'a Language>,
    /// For their ids and references.
    pub chance: &'a dyn Chance,
}

impl Account {
    /// Posts a notice: it is written with this transition, and sent afterwards, once at least.
    pub fn post(&mut self, notice: Notice, posting: &Posting<'_>) {
        let posted = PostedNotice {
            id: TransmissionId::new(posting.now, posting.chance),
            reference: Reference::generate(posting.chance),
            language: posting.language.cloned(),
            made_at: posting.now,
            due_at: posting.due_at,
            tries: 1,
            notice,
        };
        self.note(told_of(EventKind::NoticePosted, &posted));
        self.posted.push(posted);
    }

    /// Ends a notice, and tells the trail how.
    pub fn conclude_notice(&mut self, posted: &PostedNotice, end: NoticeEnd, way: Option<&Way>) {
        let event = match end {
            NoticeEnd::Sent => told_of(EventKind::NoticeSent, posted),
            NoticeEnd::GivenUp(reason) => told_of(EventKind::NoticeFailed, posted).with("reason", reason),
        };
        self.note_hand_over(event, way);
        self.concluded.push(posted.id);
    }
}

fn told_of(kind: EventKind, posted: &PostedNotice) -> Event {
    Event::of(kind)
        .with("notice", posted.notice.kind.name())
        .with("channel", posted.notice.address.channel().name())
        .with("tan_info", posted.notice.address.masked())
        .with("reference", posted.reference.as_str())
}
