//! The kinds of callers: the columns of the tables.

/// A kind of caller. The account that the path names is Alice's; the other one is Bob's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// No credential at all.
    Nobody,
    /// Alice's, in no form that a credential has.
    Malformed,
    /// Of good form, and nobody's.
    Unknown,
    /// Alice's, past its time.
    Expired,
    /// Alice's, logged out.
    Ended,
    /// A one-shot token of Alice's that lives, as if it were a credential.
    OneShot,
    /// A password: one that the bank core knows, where that says who calls.
    Basic,
    /// Alice's credential twice.
    Twice,
    /// Alice, logged in.
    Own,
    /// Alice, logged in and stepped up.
    Stepped,
    /// Alice, only looking.
    Looks,
    /// An API token of Alice's that names the operation `transfer`.
    Api,
    /// Bob, logged in.
    Other,
    /// Bob, logged in and stepped up.
    OtherStepped,
    /// Bob, only looking.
    OtherLooks,
    /// An API token of Bob's.
    OtherApi,
    /// A log-in token of Alice's of this service's own, where the bank core says who calls.
    Minted,
    /// An operator.
    Admin,
    /// A bank core.
    Core,
}

/// Every kind with its name at the head of a column. What is Bob's has the name of what is Alice's, with a stroke.
const NAMES: [(&str, Kind); 19] = [
    ("none", Kind::Nobody),
    ("bad", Kind::Malformed),
    ("unk", Kind::Unknown),
    ("exp", Kind::Expired),
    ("end", Kind::Ended),
    ("tan", Kind::OneShot),
    ("basic", Kind::Basic),
    ("twice", Kind::Twice),
    ("own", Kind::Own),
    ("step", Kind::Stepped),
    ("look", Kind::Looks),
    ("api", Kind::Api),
    ("own'", Kind::Other),
    ("step'", Kind::OtherStepped),
    ("look'", Kind::OtherLooks),
    ("api'", Kind::OtherApi),
    ("mint", Kind::Minted),
    ("admin", Kind::Admin),
    ("core", Kind::Core),
];

impl Kind {
    /// The kind of that name.
    pub fn named(name: &str) -> Self {
        let found = NAMES.iter().find(|(known, _)| *known == name);
        found.unwrap_or_else(|| panic!("no kind of caller is called {name}")).1
    }
}
