//! The path of a protected route, in its one normal form.

use std::fmt;

use super::{
    raw::Raw,
    value::{Value, plain_text, quoted},
};

/// The placeholder of the account.
const USERNAME: &str = "{username}";
/// What below an account, at the gateway, is the service's own.
const OWN_BELOW_ACCOUNTS: [&str; 3] = ["tan", "challenge", "session"];

/// A path with `{username}` in it, and perhaps other placeholders of one segment each: `/accounts/{username}/transactions`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoutePath(String);

impl RoutePath {
    /// The path as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The segments as written, without their slashes.
    pub fn segments(&self) -> impl Iterator<Item = &str> {
        self.0.split('/').skip(1)
    }

    /// The path with its placeholders all alike: two routes of one shape match the same requests.
    pub(super) fn shape(&self) -> String {
        self.segments()
            .map(|segment| if is_placeholder(segment) { "/{}".to_owned() } else { format!("/{segment}") })
            .collect()
    }

    fn is_the_services_own(&self) -> bool {
        match self.segments().collect::<Vec<_>>().as_slice() {
            ["tanager", ..] => true,
            ["accounts", account, below, ..] => is_placeholder(account) && OWN_BELOW_ACCOUNTS.contains(below),
            _ => false,
        }
    }
}

impl fmt::Display for RoutePath {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

fn is_placeholder(segment: &str) -> bool {
    segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).is_some_and(|name| {
        !name.is_empty() && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
    })
}

/// A segment that every reader of a path takes for the same: nothing escaped, no dots, no parameters.
fn is_plain(segment: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-._~".contains(c);
    !segment.is_empty() && segment != "." && segment != ".." && segment.chars().all(allowed)
}

impl Value for RoutePath {
    fn read(raw: &Raw) -> Result<Self, String> {
        let right = r#"one like "/accounts/{username}/transactions""#;
        let path = Self(plain_text(raw, right)?);
        let well_formed = path.0.starts_with('/') && path.segments().all(|s| is_placeholder(s) || is_plain(s));
        if !well_formed {
            return Err(format!(
                "is not in normal form (segments of letters, digits and '-._~', or placeholders like {{id}}; no \
                 escapes, no slash at the end); write {right}"
            ));
        }
        if path.segments().filter(|segment| *segment == USERNAME).count() != 1 {
            return Err(format!("does not say whose it is; write {{username}} once, {right}"));
        }
        if path.is_the_services_own() {
            return Err(format!("is the service's own at the gateway; write another, {right}"));
        }
        Ok(path)
    }

    fn show(&self) -> String {
        quoted(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(path: &str) -> Result<RoutePath, String> {
        RoutePath::read(&Raw::Variable(path.to_owned()))
    }

    #[test]
    fn a_route_names_its_account_and_may_have_other_placeholders() {
        for path in [
            "/accounts/{username}",
            "/accounts/{username}/transactions",
            "/accounts/{username}/withdrawals/{withdrawal_id}/confirm",
            "/v1.0/{username}/x-y_z~",
        ] {
            assert_eq!(read(path).map(|path| path.0).as_deref(), Ok(path));
        }
        let shapes = ["/a/{username}/{x}", "/a/{username}/{y}"].map(|path| read(path).unwrap().shape());
        assert_eq!(shapes[0], shapes[1]);
    }

    #[test]
    fn a_route_that_readers_could_take_for_another_is_refused() {
        for path in [
            "",
            "/",
            "accounts/{username}",
            "/accounts/{username}/",
            "/accounts//{username}",
            "/accounts/../{username}",
            "/accounts/{username}/%41",
            "/accounts/{username}/a;b",
            "/accounts/{username}?a=b",
            "/accounts/{username}#a",
            "/accounts/{username}/a{b}",
            "/accounts/{}/{username}",
            "/accounts/ä/{username}",
        ] {
            assert!(read(path).is_err(), "{path}");
        }
    }

    #[test]
    fn a_route_without_an_account_or_of_the_service_itself_is_refused() {
        for path in [
            "/accounts/{name}",
            "/{username}/{username}",
            "/tanager/{username}",
            "/accounts/{username}/tan",
            "/accounts/{username}/challenge/{id}/confirm",
            "/accounts/{username}/session/step-up",
        ] {
            assert!(read(path).is_err(), "{path}");
        }
        assert!(read("/accounts/{username}/tan-info").is_ok());
    }
}
