//! `[gateway]`: the reverse proxy in front of the bank core.

use std::{collections::BTreeSet, path::PathBuf, time::Duration};

use super::{
    address::{HttpUrl, Listen},
    operation::Operation,
    raw::Raw,
    section::Section,
    server::Server,
    value::{Named, Value, plain_text, quoted, span},
};
use crate::domain::limits::Limits;

const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_hours(1);
/// What names a file in `upstream_authorization`.
const FILE: &str = "file:";

/// What becomes of a request to a route that no operation names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DefaultRoute {
    /// It passes.
    Pass,
    /// It is refused, unless its method is GET, HEAD or OPTIONS.
    DenyUnsafe,
}

impl Named for DefaultRoute {
    const NAMES: &'static [(&'static str, Self)] = &[("pass", Self::Pass), ("deny-unsafe", Self::DenyUnsafe)];
}

/// The credential that the bank core is called with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UpstreamAuthorization {
    /// The caller's own.
    Forward,
    /// The one in this file.
    File(PathBuf),
}

impl Value for UpstreamAuthorization {
    fn read(raw: &Raw) -> Result<Self, String> {
        let right = r#""forward", or "file:" and the name of the file that holds the credential"#;
        let text = plain_text(raw, right)?;
        match text.strip_prefix(FILE).filter(|file| !file.is_empty()) {
            Some(file) => Ok(Self::File(file.into())),
            None if text == "forward" => Ok(Self::Forward),
            None => Err(format!("is not known here; write {right}")),
        }
    }

    fn show(&self) -> String {
        match self {
            Self::Forward => quoted("forward"),
            Self::File(file) => quoted(&format!("{FILE}{}", file.display())),
        }
    }
}

/// `[gateway]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gateway {
    /// Where the gateway listens: the address that faces the world.
    pub listen: Listen,
    /// The bank core.
    pub upstream: HttpUrl,
    /// What becomes of a request to a route that no operation names.
    pub default: DefaultRoute,
    /// The credential that the bank core is called with.
    pub upstream_authorization: UpstreamAuthorization,
    /// How long the bank core may take to its status line; 1 s to 1 h and less than `limits.reservation_lease`.
    pub upstream_timeout: Duration,
    /// The protected routes.
    pub operations: Vec<Operation>,
}

impl Gateway {
    /// `None` when what is required is missing or wrong; the trouble is noted then.
    pub(super) fn read(section: &mut Section<'_>, server: &Server, limits: &Limits) -> Option<Self> {
        let listen: Option<Listen> = section.required("listen", r#"where the world comes in, like "0.0.0.0:8080""#);
        if let Some(listen) = &listen {
            check_listen(section, listen, server);
        }
        let upstream: Option<HttpUrl> = section.required("upstream", r#"the bank core, like "http://127.0.0.1:8081""#);
        if upstream.as_ref().is_some_and(HttpUrl::names_the_account) {
            section.trouble("upstream", "is one for all; write it without {username}");
        }
        let default = section.or("default", DefaultRoute::Pass);
        let upstream_authorization = authorization(section);
        let upstream_timeout = section.within("upstream_timeout", Duration::from_secs(20), SECOND..=HOUR);
        check_lease(section, upstream_timeout, limits.reservation_lease);
        let operations = section.sections("operation", Operation::read);
        check_distinct(section, &operations);
        let operations = operations.into_iter().collect::<Option<_>>()?;
        Some(Self {
            listen: listen?,
            upstream: upstream?,
            default,
            upstream_authorization,
            upstream_timeout,
            operations,
        })
    }
}

fn authorization(section: &mut Section<'_>) -> UpstreamAuthorization {
    match section.or("upstream_authorization", UpstreamAuthorization::Forward) {
        UpstreamAuthorization::File(file) => UpstreamAuthorization::File(section.directory().join(file)),
        UpstreamAuthorization::Forward => UpstreamAuthorization::Forward,
    }
}

fn check_listen(section: &mut Section<'_>, listen: &Listen, server: &Server) {
    let taken =
        [("server.listen", Some(&server.listen)), ("server.operators_listen", server.operators_listen.as_ref())];
    for (key, other) in taken {
        if other.is_some_and(|other| listen.clashes_with(other)) {
            section.trouble("listen", format!("is the same as {key}; write another port or socket"));
        }
    }
}

fn check_lease(section: &mut Section<'_>, upstream_timeout: Duration, lease: Duration) {
    if lease <= upstream_timeout {
        let (lease, timeout) = (span(lease), span(upstream_timeout));
        let text = format!(
            "{lease:?} is not more than gateway.upstream_timeout ({timeout}); write a longer lease or a shorter \
             timeout, so that no reservation lapses while the bank core is still at work"
        );
        section.trouble_elsewhere("limits.reservation_lease", text);
    }
}

/// Names and routes are each said once: two operations of one route would leave open what it asks for.
fn check_distinct(section: &mut Section<'_>, operations: &[Option<Operation>]) {
    let (mut names, mut routes) = (BTreeSet::new(), BTreeSet::new());
    for (at, operation) in operations.iter().enumerate() {
        let Some(operation) = operation else { continue };
        if !names.insert(operation.name.clone()) {
            section.trouble(&format!("operation[{at}].name"), format!("{:?} is taken; write another", operation.name));
        }
        if !routes.insert((operation.method.clone(), operation.path.shape())) {
            let text = format!("{} {} is protected already; keep one of them", operation.method, operation.path);
            section.trouble(&format!("operation[{at}].path"), text);
        }
    }
}
