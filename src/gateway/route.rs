//! Whose a request is: the service's own, a protected route of the bank core, one that passes, or one that is refused
//! because a lenient reader could take it for something that it is not.

use super::{
    lenient::{any_reading, could_be, could_be_parameter, is_plain, is_plain_segment},
    target::Target,
};
use crate::{
    domain::username::Username,
    settings::{DefaultRoute, Gateway, Operation},
};

/// What below an account is the service's own at this listener.
const OWN_BELOW_ACCOUNTS: [&str; 3] = ["tan", "challenge", "session"];
const ACCOUNTS: &str = "accounts";
const OWN_ROOT: &str = "tanager";
/// Parameters of a query that some frameworks read a method out of.
const METHOD_PARAMETERS: [&str; 4] = ["_method", "x-http-method-override", "x-http-method", "x-method-override"];

/// Whose a request is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Whose<'a> {
    /// The service's own, in its normal form.
    Own,
    /// The bank core's, protected: the operation, and the account that the path names.
    Protected(&'a Operation, Username),
    /// The bank core's, and nothing of ours.
    Core,
    /// It could be taken for one of ours or a protected one, and is not spelled like it: 400/26.
    Doubtful,
    /// Not named, and not safe, where only named routes may be unsafe: 403/44.
    Denied,
}

/// The protected routes, and what becomes of all others.
#[derive(Clone, Debug)]
pub struct Routes {
    named: Vec<Route>,
    default: DefaultRoute,
    /// What stands before every path at the bank core.
    base: String,
}

#[derive(Clone, Debug)]
struct Route {
    operation: Operation,
    segments: Vec<Segment>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Segment {
    // In this order: of two routes that match, the one with the earlier literal is the more exact.
    Literal(String),
    Username,
    Any,
}

impl Routes {
    /// The routes of `[[gateway.operation]]`, of a bank core that has them below `base`.
    #[must_use]
    pub fn new(gateway: &Gateway, base: &str) -> Self {
        let mut named: Vec<_> = gateway.operations.iter().map(Route::of).collect();
        named.sort_by(|one, other| one.rank().cmp(other.rank()));
        Self { named, default: gateway.default, base: base.to_owned() }
    }

    /// Whose a request with this method and target is.
    #[must_use]
    pub fn whose(&self, method: &str, target: &Target<'_>) -> Whose<'_> {
        if !is_plain(target.path()) || !target.is_origin_form() {
            return self.whose_if_odd(method, target);
        }
        let segments: Vec<&[u8]> = target.path().as_bytes().split(|byte| *byte == b'/').skip(1).collect();
        if is_own(&segments) {
            return Whose::Own;
        }
        if could_be_own(&segments) {
            return Whose::Doubtful;
        }
        // Every route that could be meant has to be the one that is: a normal form of one may be a mangled other.
        let mut exact = None;
        for route in self.named.iter().filter(|route| route.could_be_asked(method, target) && route.could_be(&segments))
        {
            let Some(username) = route.matched(method, &segments) else { return Whose::Doubtful };
            exact = exact.or(Some((route, username)));
        }
        match exact {
            Some((route, username)) => Whose::Protected(&route.operation, username),
            None => self.unnamed(method),
        }
    }

    /// The operation that a pre-flight request asks about: one whose route `target` is, with `method`.
    #[must_use]
    pub fn is_protected(&self, method: &str, target: &Target<'_>) -> bool {
        matches!(self.whose(method, target), Whose::Protected(..))
    }

    /// A path that is not in any route's normal form: it passes where nobody could take it for one.
    fn whose_if_odd(&self, method: &str, target: &Target<'_>) -> Whose<'_> {
        let asked: Vec<&Route> = self.named.iter().filter(|route| route.could_be_asked(method, target)).collect();
        let doubtful = self.could_be_read_as(target.path(), |segments| {
            could_be_own(segments) || asked.iter().any(|route| route.could_be(segments))
        });
        if doubtful { Whose::Doubtful } else { self.unnamed(method) }
    }

    /// Whether `target` could be taken for a protected route if its method were another: a form can name one.
    #[must_use]
    pub fn could_be_protected_otherwise(&self, target: &Target<'_>) -> bool {
        self.could_be_read_as(target.path(), |segments| self.named.iter().any(|route| route.could_be(segments)))
    }

    fn could_be_read_as(&self, path: &str, wanted: impl Fn(&[&[u8]]) -> bool + Copy) -> bool {
        any_reading(path, wanted) || self.could_leave_base(path, wanted)
    }

    /// Whether a reader of base and `path` could leave the base (`/../base/accounts/…` comes back to it), or find there
    /// what is `wanted`.
    fn could_leave_base(&self, path: &str, wanted: impl Fn(&[&[u8]]) -> bool) -> bool {
        let base: Vec<&str> = self.base.split('/').skip(1).collect();
        !base.is_empty()
            && any_reading(&format!("{}{path}", self.base), |segments| {
                let stays = base.iter().zip(segments).all(|(base, segment)| could_be(segment, base));
                segments.get(base.len()..).is_none_or(|below| !stays || wanted(below))
            })
    }

    fn unnamed(&self, method: &str) -> Whose<'_> {
        match self.default {
            DefaultRoute::DenyUnsafe if !matches!(method, "GET" | "HEAD" | "OPTIONS") => Whose::Denied,
            DefaultRoute::DenyUnsafe | DefaultRoute::Pass => Whose::Core,
        }
    }
}

impl Route {
    fn of(operation: &Operation) -> Self {
        let segment = |written: &str| match written {
            "{username}" => Segment::Username,
            other if other.starts_with('{') => Segment::Any,
            other => Segment::Literal(other.to_owned()),
        };
        Self { operation: operation.clone(), segments: operation.path.segments().map(segment).collect() }
    }

    /// Of two routes that match, the lesser is the more exact.
    fn rank(&self) -> &[Segment] {
        &self.segments
    }

    /// Whether a lenient reader could take `method`, or what the query says instead of it, for this route's.
    fn could_be_asked(&self, method: &str, target: &Target<'_>) -> bool {
        let own = &self.operation.method;
        let covers =
            |method: &str| method.eq_ignore_ascii_case(own) || (own == "GET" && method.eq_ignore_ascii_case("HEAD"));
        covers(method) || target.query().is_some_and(names_another_method)
    }

    /// The account that the path names, where the request is spelled as this route is.
    fn matched(&self, method: &str, segments: &[&[u8]]) -> Option<Username> {
        let own = &self.operation.method;
        let method_matches = method == own || (own == "GET" && method == "HEAD");
        if !method_matches || segments.len() != self.segments.len() {
            return None;
        }
        let mut account = None;
        for (segment, wanted) in segments.iter().zip(&self.segments) {
            match wanted {
                Segment::Literal(literal) if literal.as_bytes() == *segment => {}
                Segment::Username => account = username(segment),
                Segment::Any if is_plain_segment(segment) => {}
                Segment::Literal(_) | Segment::Any => return None,
            }
        }
        account
    }

    fn could_be(&self, segments: &[&[u8]]) -> bool {
        let one = |(segment, wanted): (&&[u8], &Segment)| match wanted {
            Segment::Literal(literal) => could_be(segment, literal),
            Segment::Username | Segment::Any => !segment.is_empty(),
        };
        segments.len() == self.segments.len() && segments.iter().zip(&self.segments).all(one)
    }
}

/// Whether a request with this target is for the service itself, and spelled so.
#[must_use]
pub fn is_the_services_own(target: &Target<'_>) -> bool {
    // Most requests are not, and are told apart by a few bytes.
    let worth_a_look = target.path().starts_with("/accounts/") || target.path().starts_with("/tanager");
    worth_a_look && target.is_origin_form() && is_plain(target.path()) && {
        let segments: Vec<&[u8]> = target.path().as_bytes().split(|byte| *byte == b'/').skip(1).collect();
        is_own(&segments)
    }
}

/// Whether these segments, plain ones, are the service's own.
fn is_own(segments: &[&[u8]]) -> bool {
    match segments {
        [first, ..] if *first == OWN_ROOT.as_bytes() => true,
        [first, account, below, ..] => {
            *first == ACCOUNTS.as_bytes()
                && username(account).is_some()
                && OWN_BELOW_ACCOUNTS.iter().any(|own| own.as_bytes() == *below)
        }
        _ => false,
    }
}

fn username(segment: &[u8]) -> Option<Username> {
    str::from_utf8(segment).ok().and_then(|segment| Username::parse(segment).ok())
}

fn could_be_own(segments: &[&[u8]]) -> bool {
    match segments {
        [first, ..] if could_be(first, OWN_ROOT) => true,
        [first, account, below, ..] => {
            !account.is_empty()
                && could_be(first, ACCOUNTS)
                && OWN_BELOW_ACCOUNTS.iter().any(|own| could_be(below, own))
        }
        _ => false,
    }
}

/// Whether a framework that lets the query name the method would read one there.
fn names_another_method(query: &str) -> bool {
    let mut names = query.split(['&', ';']).map(|pair| pair.split_once('=').map_or(pair, |(name, _)| name));
    names.any(|name| METHOD_PARAMETERS.iter().any(|parameter| could_be_parameter(name.as_bytes(), parameter)))
}

#[cfg(test)]
pub(in crate::gateway) mod tests;
