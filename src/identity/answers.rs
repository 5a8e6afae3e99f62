//! Answers of a moment ago, so that who is asked is asked once for what many want to know at once.
//!
//! An answer is found by a keyed hash of the credential, which is in no entry. All time here is monotonic; until when a
//! credential itself is good is decided at each use, by the database's clock.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use moka::{Expiry, future, policy::EvictionPolicy, sync};

use super::{client::WITHIN, unclear::Unclear, verdict::Verdict};
use crate::domain::id::AccessTokenId;

/// Answers remembered at once, and sessions that were closed here.
const REMEMBERED: u64 = 100_000;
/// A no is not remembered longer: who has just logged in is not to wait.
const LONGEST_NO: Duration = Duration::from_secs(1);

/// The keyed hash of a question.
pub(super) type Question = [u8; 32];

/// An answer, and when it was asked for: it says nothing of what happened later.
#[derive(Clone)]
struct Answer {
    verdict: Verdict,
    asked: Instant,
    answered: Instant,
}

/// An answer that was found, or given.
pub(super) struct Found {
    pub(super) verdict: Verdict,
    /// Whether it was there, or somebody else asked for it.
    pub(super) remembered: bool,
}

/// How long an answer is remembered.
#[derive(Clone, Copy)]
struct Memory {
    yes: Duration,
}

impl Memory {
    /// How long it is still remembered.
    fn left(self, answer: &Answer) -> Duration {
        let longest = match answer.verdict {
            Verdict::Known(_) => self.yes,
            Verdict::Unknown => self.yes.min(LONGEST_NO),
        };
        longest.saturating_sub(answer.asked.elapsed())
    }
}

impl Expiry<Question, Answer> for Memory {
    fn expire_after_create(&self, _: &Question, answer: &Answer, _: Instant) -> Option<Duration> {
        Some(self.left(answer))
    }

    fn expire_after_update(&self, _: &Question, answer: &Answer, _: Instant, _: Option<Duration>) -> Option<Duration> {
        Some(self.left(answer))
    }
}

/// The answers of a moment ago.
pub(super) struct Answers {
    memory: Memory,
    known: future::Cache<Question, Answer>,
    /// When a session was closed here, for as long as there may be older answers.
    closed: sync::Cache<AccessTokenId, Instant>,
}

impl Answers {
    /// Remembers a yes for `remember`, a no for a second at most, and what is no answer not at all.
    pub(super) fn new(remember: Duration) -> Self {
        let memory = Memory { yes: remember };
        let known = future::Cache::builder().max_capacity(REMEMBERED).expire_after(memory).build();
        let closed = sync::Cache::builder()
            .max_capacity(REMEMBERED)
            // What is new always finds a place.
            .eviction_policy(EvictionPolicy::lru())
            .time_to_live(remember.saturating_add(WITHIN.saturating_mul(2)))
            .build();
        Self { memory, known, closed }
    }

    /// The answer to `question` about a credential that is `session`: the one remembered, the one that somebody waits for
    /// at this moment, or the one that `ask` gives. Who stops waiting leaves the asking to the next; an error is told to
    /// those alone who waited for it.
    pub(super) async fn find<F>(
        &self,
        question: Question,
        session: AccessTokenId,
        ask: impl Fn() -> F,
    ) -> Result<Found, Arc<Unclear>>
    where
        F: Future<Output = Result<Verdict, Unclear>>,
    {
        let came = Instant::now();
        loop {
            let answer = async {
                let asked = Instant::now();
                Ok(Answer { verdict: ask().await?, asked, answered: Instant::now() })
            };
            let entry = self.known.entry(question).or_try_insert_with(answer).await?;
            let remembered = !entry.is_fresh();
            let answer = entry.into_value();
            if self.is_of_now(&answer, came, session) {
                return Ok(Found { verdict: answer.verdict, remembered });
            }
            self.known.invalidate(&question).await;
        }
    }

    /// Whether an answer serves one who came at that moment: it was waited for or is still remembered, and was not asked
    /// for before the session was closed.
    fn is_of_now(&self, answer: &Answer, came: Instant, session: AccessTokenId) -> bool {
        let timely = came <= answer.answered || !self.memory.left(answer).is_zero();
        timely && self.closed.get(&session).is_none_or(|closed| closed < answer.asked)
    }

    /// Forgets what is known of a session, also what is being asked at this moment.
    pub(super) fn forget(&self, session: AccessTokenId) {
        self.closed.insert(session, Instant::now());
    }
}

#[cfg(test)]
mod tests {
    use std::{
        future::{Ready, ready},
        sync::atomic::{AtomicUsize, Ordering},
    };

    use tokio::sync::Notify;

    use super::*;
    use crate::{
        domain::{caller::Scope, keys::tests::Fixed, time::Timestamp},
        identity::verdict::Vouched,
    };

    const QUESTION: Question = [7; 32];
    const LONG: Duration = Duration::from_secs(10);

    fn yes() -> Verdict {
        Verdict::Known(Vouched::of(None, Scope::ReadWrite))
    }

    fn session(number: u8) -> AccessTokenId {
        AccessTokenId::new(Timestamp::from_seconds(1), &Fixed(number))
    }

    /// Somebody who is asked, and counts how often.
    #[derive(Default)]
    struct Asked {
        times: AtomicUsize,
        may_answer: Notify,
    }

    impl Asked {
        fn times(&self) -> usize {
            self.times.load(Ordering::SeqCst)
        }

        fn at_once(&self, answer: Result<Verdict, Unclear>) -> Ready<Result<Verdict, Unclear>> {
            self.times.fetch_add(1, Ordering::SeqCst);
            ready(answer)
        }

        async fn when_told(&self, answer: Result<Verdict, Unclear>) -> Result<Verdict, Unclear> {
            self.times.fetch_add(1, Ordering::SeqCst);
            self.may_answer.notified().await;
            answer
        }

        async fn until_asked(&self, times: usize) {
            while self.times() < times {
                tokio::task::yield_now().await;
            }
        }
    }

    #[tokio::test]
    async fn a_yes_is_asked_for_once_and_a_no_again_after_a_second() {
        let (answers, asked) = (Answers::new(LONG), Asked::default());
        for remembered in [false, true, true] {
            let found = answers.find(QUESTION, session(1), || asked.at_once(Ok(yes()))).await.unwrap();
            assert_eq!((found.verdict, found.remembered), (yes(), remembered));
        }
        let other = answers.find([8; 32], session(2), || asked.at_once(Ok(Verdict::Unknown))).await.unwrap();
        assert_eq!((other.verdict, asked.times()), (Verdict::Unknown, 2));
        let begun = Instant::now();
        while asked.times() == 2 {
            answers.find([8; 32], session(2), || asked.at_once(Ok(Verdict::Unknown))).await.unwrap();
            // The memory tells nobody when it forgets.
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        assert!(begun.elapsed() < LONG, "not remembered as a yes is: {:?}", begun.elapsed());
        assert!(answers.find(QUESTION, session(1), || asked.at_once(Ok(yes()))).await.unwrap().remembered);
    }

    #[tokio::test]
    async fn where_nothing_is_to_be_remembered_each_request_asks() {
        let (answers, asked) = (Answers::new(Duration::ZERO), Asked::default());
        for verdict in [yes(), Verdict::Unknown, yes()] {
            let found = answers.find(QUESTION, session(1), || asked.at_once(Ok(verdict.clone()))).await.unwrap();
            assert_eq!((found.verdict, found.remembered), (verdict, false));
        }
        assert_eq!(asked.times(), 3);
    }

    #[tokio::test]
    async fn what_is_no_answer_is_told_to_those_who_waited_and_remembered_by_nobody() {
        let (answers, asked) = (Answers::new(LONG), Asked::default());
        let ask = || answers.find(QUESTION, session(1), || asked.when_told(Err(Unclear::Late)));
        let ((one, other), ()) = tokio::join!(async { tokio::join!(ask(), ask()) }, async {
            asked.until_asked(1).await;
            asked.may_answer.notify_one();
        });
        assert!(matches!(&*one.err().unwrap(), Unclear::Late) && matches!(&*other.err().unwrap(), Unclear::Late));
        assert_eq!(asked.times(), 1);
        let found = answers.find(QUESTION, session(1), || asked.at_once(Ok(yes()))).await.unwrap();
        assert_eq!((found.verdict, asked.times()), (yes(), 2));
    }

    #[tokio::test]
    async fn one_who_hangs_up_fails_nobody_who_waits_with_him() {
        let (answers, asked) = (Arc::new(Answers::new(LONG)), Arc::new(Asked::default()));
        let ask = |answers: Arc<Answers>, asked: Arc<Asked>| {
            tokio::spawn(async move { answers.find(QUESTION, session(1), || asked.when_told(Ok(yes()))).await })
        };
        let first = ask(Arc::clone(&answers), Arc::clone(&asked));
        asked.until_asked(1).await;
        let others: Vec<_> = (0..5).map(|_| ask(Arc::clone(&answers), Arc::clone(&asked))).collect();
        tokio::task::yield_now().await;
        first.abort();
        asked.until_asked(2).await;
        asked.may_answer.notify_one();
        for other in others {
            assert_eq!(other.await.unwrap().ok().unwrap().verdict, yes());
        }
        assert_eq!(asked.times(), 2, "one of them asked for all");
    }

    #[tokio::test]
    async fn a_closed_session_is_asked_about_anew_also_where_the_question_is_under_way() {
        let (answers, asked) = (Answers::new(LONG), Asked::default());
        answers.find(QUESTION, session(1), || asked.at_once(Ok(yes()))).await.unwrap();
        answers.forget(session(2));
        assert!(answers.find(QUESTION, session(1), || asked.at_once(Ok(yes()))).await.unwrap().remembered);
        answers.forget(session(1));
        let after = answers.find(QUESTION, session(1), || asked.at_once(Ok(Verdict::Unknown))).await.unwrap();
        assert_eq!((after.verdict, asked.times()), (Verdict::Unknown, 2));

        let under_way = answers.find([9; 32], session(3), || asked.when_told(Ok(yes())));
        let (found, ()) = tokio::join!(under_way, async {
            asked.until_asked(3).await;
            answers.forget(session(3));
            asked.may_answer.notify_one();
            asked.until_asked(4).await;
            asked.may_answer.notify_one();
        });
        assert!(found.is_ok());
        assert_eq!(asked.times(), 4);
    }
}
