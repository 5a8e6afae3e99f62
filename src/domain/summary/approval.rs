//! What is approved, for places of different width.

use std::fmt;

use super::Summary;

/// What stands between the whole and the short form where both are carried in one text: no summary has a line break.
const BETWEEN: char = '\n';

/// What is approved: its summary and, where parts of it may be shortened (a template's filter `shorten`), the same in fewer
/// characters, for a message that has no room for the whole. Amount and payee stand in both as they were written.
#[derive(Clone, PartialEq, Eq)]
pub struct Approval {
    whole: String,
    brief: Option<String>,
}

impl Approval {
    /// With a short form, which is kept if it is one.
    #[must_use]
    pub fn new(whole: Summary, brief: Option<Summary>) -> Self {
        let whole = whole.into_string();
        let shorter = |brief: &String| brief.chars().count() < whole.chars().count();
        Self { brief: brief.map(Summary::into_string).filter(shorter), whole }
    }

    /// A sentence of the service's own, which has no short form.
    #[must_use]
    pub fn of(whole: impl Into<String>) -> Self {
        Self { whole: whole.into(), brief: None }
    }

    /// The whole summary.
    #[must_use]
    pub fn whole(&self) -> &str {
        &self.whole
    }

    /// The short form, where there is one.
    #[must_use]
    pub fn brief(&self) -> Option<&str> {
        self.brief.as_deref()
    }

    /// Both in one text, to be sealed.
    #[must_use]
    pub fn carried(&self) -> String {
        match &self.brief {
            Some(brief) => format!("{}{BETWEEN}{brief}", self.whole),
            None => self.whole.clone(),
        }
    }

    /// What [`carried`](Self::carried) made; `None` of an empty text.
    #[must_use]
    pub fn read(carried: &str) -> Option<Self> {
        let (whole, brief) = match carried.split_once(BETWEEN) {
            Some((whole, brief)) => (whole, Some(brief.to_owned())),
            None => (carried, None),
        };
        (!whole.is_empty()).then(|| Self { whole: whole.to_owned(), brief })
    }
}

impl From<Summary> for Approval {
    fn from(whole: Summary) -> Self {
        Self::new(whole, None)
    }
}

/// It says whom a customer pays: nothing for a log.
impl fmt::Debug for Approval {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Approval({} characters)", self.whole.chars().count())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_carried_is_read_back(whole in "\\PC{1,40}", brief in prop::option::of("\\PC{1,40}")) {
            let (Ok(whole), brief) = (Summary::of(&whole), brief.and_then(|brief| Summary::of(&brief).ok())) else { return Ok(()) };
            let approval = Approval::new(whole.clone(), brief);
            prop_assert_eq!(Approval::read(&approval.carried()), Some(approval.clone()));
            prop_assert_eq!(approval.whole(), whole.as_str());
            prop_assert!(approval.brief().is_none_or(|brief| brief.chars().count() < whole.as_str().chars().count()));
        }
    }

    #[test]
    fn nothing_approves_nothing() {
        assert_eq!(Approval::read(""), None);
        assert_eq!(format!("{:?}", Approval::of("Transfer")), "Approval(8 characters)");
    }
}
