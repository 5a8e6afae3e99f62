//! The segments of a path that name something, read into the domain's types.

use actix_web::HttpRequest;
use uuid::Uuid;

use super::error::ApiError;
use crate::domain::{channel::Channel, username::Username};

/// The length of a UUID with its four dashes: its one spelling on the wire.
const UUID_LENGTH: usize = 36;

/// The segment `{username}`; 400/26 when it is no username.
pub fn username(request: &HttpRequest) -> Result<Username, ApiError> {
    Username::parse(segment(request, "username"))
        .map_err(|trouble| ApiError::malformed("username", "must be a username").hint(trouble.to_string()))
}

/// The segment `{username}` as it was sent; `None` on a route that has none.
#[must_use]
pub fn account(request: &HttpRequest) -> Option<&str> {
    request.match_info().get("username")
}

/// The channel that the segment `place` names; `None` when there is no such channel.
#[must_use]
pub fn channel(request: &HttpRequest, place: &str) -> Option<Channel> {
    Channel::named(segment(request, place))
}

/// The segment `place` as an id, which the contract calls `name`; 400/26 when it is none.
pub fn id(request: &HttpRequest, place: &str, name: &str) -> Result<Uuid, ApiError> {
    let text = segment(request, place);
    let id = Uuid::try_parse(text).ok().filter(|_| text.len() == UUID_LENGTH);
    id.ok_or_else(|| ApiError::malformed(name, "must be an id that this service has given out"))
}

/// The segment as the router read it; what is escaped there names nothing of ours.
#[must_use]
pub fn segment<'a>(request: &'a HttpRequest, name: &str) -> &'a str {
    request.match_info().get(name).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;
    use proptest::prelude::*;

    use super::*;

    fn request(name: &'static str, value: &'static str) -> HttpRequest {
        TestRequest::default().param(name, value).to_http_request()
    }

    fn code<T>(outcome: Result<T, ApiError>) -> u16 {
        outcome.err().map_or(0, |error| error.code().number())
    }

    #[test]
    fn segments_become_types_or_errors() {
        assert_eq!(username(&request("username", "alice")).ok().unwrap().as_str(), "alice");
        assert_eq!(code(username(&request("username", ".."))), 26);
        assert_eq!(code(username(&request("username", "a%2Fb"))), 26);
        assert_eq!(channel(&request("channel", "sms"), "channel"), Some(Channel::Sms));
        assert_eq!(channel(&request("channel", "SMS"), "channel"), None);
    }

    #[test]
    fn an_id_has_one_spelling() {
        let text = "0197f5a0-8c2e-7c3a-9d61-0a1b2c3d4e5f";
        assert_eq!(id(&request("challenge", text), "challenge", "challenge_id").ok().unwrap().to_string(), text);
        for other in [
            "",
            "1",
            "0197f5a08c2e7c3a9d610a1b2c3d4e5f",
            "{0197f5a0-8c2e-7c3a-9d61-0a1b2c3d4e5f}",
            "urn:uuid:0197f5a0-8c2e-7c3a-9d61-0a1b2c3d4e5f",
            "0197f5a0-8c2e-7c3a-9d61-0a1b2c3d4e5g",
        ] {
            assert_eq!(code(id(&request("challenge", other), "challenge", "challenge_id")), 26, "{other:?}");
        }
    }

    proptest! {
        #[test]
        fn a_segment_is_an_id_or_a_channel_if_and_only_if_it_is_spelled_like_one(
            text in prop_oneof![
                any::<String>(),
                "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
                "[0-9a-fA-Fg-]{36}",
                "[{]?[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}[}\n]?",
                "(sms|email|totp|recovery|SMS|sms )",
            ],
        ) {
            let request = TestRequest::default().param("place", text.clone()).to_http_request();
            let form = regex::Regex::new("^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$").unwrap();
            let read = id(&request, "place", "id");
            prop_assert_eq!(read.as_ref().ok().map(ToString::to_string), form.is_match(&text).then(|| text.to_lowercase()));
            prop_assert!(read.is_ok() || code(read) == 26);
            let named = channel(&request, "place");
            prop_assert_eq!(named.map(Channel::name), ["sms", "email", "totp", "recovery"].into_iter().find(|name| *name == text));
        }
    }
}
