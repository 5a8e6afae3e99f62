//! The place in a list at which its next part begins, as a client hands it back: opaque, url-safe, and nothing but a place.

use data_encoding::BASE64URL_NOPAD;

use super::{error::ApiError, query::Query};

/// A place as the member `next` shows it.
#[must_use]
pub fn encode(bytes: &[u8]) -> String {
    BASE64URL_NOPAD.encode(bytes)
}

/// The place that the parameter `cursor` names; `None` when absent, 400/26 when it is none.
pub fn read(query: &Query) -> Result<Option<Vec<u8>>, ApiError> {
    let Some(text) = query.optional_text("cursor")? else { return Ok(None) };
    let place = BASE64URL_NOPAD.decode(text.as_bytes()).ok().filter(|place| !place.is_empty());
    place.map(Some).ok_or_else(|| ApiError::malformed("cursor", "must be the `next` of an earlier reply"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_comes_back_as_it_was_and_what_is_none_is_malformed() {
        let read = |raw: &str| read(&Query::parse(raw).ok().unwrap());
        for place in [&b"a"[..], b"alice.b~c_d-e", &[0, 255, 128, 7]] {
            assert_eq!(read(&format!("cursor={}", encode(place))).ok().unwrap().unwrap(), place);
        }
        assert_eq!(read("limit=1").ok().unwrap(), None);
        for raw in ["cursor=", "cursor=!", "cursor=YQ%3D%3D", "cursor=YR", "cursor=a", "cursor=YQ&cursor=YQ"] {
            assert_eq!(read(raw).err().unwrap().code().number(), 26, "{raw}");
        }
    }
}
