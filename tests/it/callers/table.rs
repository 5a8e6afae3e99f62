//! A table: a line a route, a column a kind of caller.

use std::collections::BTreeSet;

use super::{
    document::{Document, Route},
    kind::Kind,
};
use crate::{app::Answer, contract::routes::shape};

/// What a kind of caller is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cell {
    /// This status: it is done, or shown.
    Done(u16),
    /// This status and code: nothing is done.
    Refused(u16, u64),
    /// The same for a body of good form; one that is none is told so first.
    Late(u16, u64),
}

/// A route, and what each kind of caller is answered there.
pub struct Line {
    pub method: &'static str,
    pub path: &'static str,
    pub cells: Vec<(Kind, Cell)>,
}

/// A table, read.
pub struct Table(pub Vec<Line>);

impl Cell {
    pub const UNAUTHORIZED: Self = Self::Refused(401, 40);
    pub const FORBIDDEN: Self = Self::Refused(403, 44);
    pub const TAN: Self = Self::Refused(403, 10002);
    pub const TWICE: Self = Self::Refused(400, 23);
    pub const NO_JSON: Self = Self::Refused(400, 22);

    fn read(text: &str) -> Self {
        match text {
            "401" => Self::UNAUTHORIZED,
            "403" => Self::FORBIDDEN,
            "403*" => Self::Late(403, 44),
            "TAN" => Self::TAN,
            "400" => Self::TWICE,
            "n/a" => Self::Refused(404, 5132),
            text => match text.split_once('.') {
                Some((status, code)) => Self::Refused(status.parse().unwrap(), code.parse().unwrap()),
                None => Self::Done(text.parse().unwrap()),
            },
        }
    }

    /// What an answer is.
    pub fn of(answer: &Answer) -> Self {
        let (status, code) = answer.error();
        if status < 400 { Self::Done(status) } else { Self::Refused(status, code) }
    }

    /// What a request of good form is answered.
    pub const fn told(self) -> Self {
        match self {
            Self::Late(status, code) => Self::Refused(status, code),
            cell => cell,
        }
    }

    /// Whether this is said before a body is looked at.
    pub fn is_about_the_caller(self) -> bool {
        [Self::UNAUTHORIZED, Self::FORBIDDEN, Self::TWICE].contains(&self)
    }
}

impl Line {
    fn read(line: &'static str, kinds: &[Kind]) -> Self {
        let mut words = line.split_whitespace();
        let (method, path) = (words.next().unwrap(), words.next().unwrap());
        let cells: Vec<_> = kinds.iter().copied().zip(words.by_ref().map(Cell::read)).collect();
        assert!(cells.len() == kinds.len() && words.next().is_none(), "a cell for each column: {line}");
        Self { method, path, cells }
    }

    pub fn route(&self) -> Route {
        (shape(self.path), self.method.to_owned())
    }

    pub fn cell(&self, kind: Kind) -> Cell {
        self.cells.iter().find(|(known, _)| *known == kind).unwrap_or_else(|| panic!("no column {kind:?}")).1
    }

    /// Whether what is done here changes anything.
    pub fn changes(&self) -> bool {
        self.method != "GET"
    }
}

impl Table {
    /// Reads a table; `#` begins what is for people.
    pub fn read(text: &'static str) -> Self {
        let mut lines = text.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty());
        let head = lines.next().expect("a table has a head");
        let kinds: Vec<_> = head.split_whitespace().map(Kind::named).collect();
        Self(lines.map(|line| Line::read(line, &kinds)).collect())
    }

    pub fn kinds(&self) -> impl Iterator<Item = Kind> {
        self.0[0].cells.iter().map(|(kind, _)| *kind)
    }

    /// The lines of what is protected.
    pub fn protected(&self) -> impl Iterator<Item = &Line> {
        self.0.iter().filter(|line| line.cell(Kind::Own) == Cell::TAN)
    }

    /// What a listener has and the table has not, and the other way round.
    pub fn against(&self, document: &Document) -> Vec<String> {
        let known: BTreeSet<_> = self.0.iter().map(Line::route).collect();
        let said: BTreeSet<_> = document.routes().cloned().collect();
        let missing = said.difference(&known).map(|route| format!("{route:?} has no line in the table"));
        let gone = known.difference(&said).map(|route| format!("{route:?} has a line, and is not in the document"));
        missing.chain(gone).collect()
    }
}
