//! Where a page of a list ended, as a client carries it to the next: bytes of the list's own, url-safe and opaque. No
//! secret is in it, and nothing is believed of it but a place in the list.

use data_encoding::BASE64URL_NOPAD;

use super::{error::ApiError, query::Query};

/// The query parameter that a cursor comes back in.
const NAME: &str = "cursor";

/// The cursor that stands for `bytes`.
#[must_use]
pub fn encode(bytes: &[u8]) -> String {
    BASE64URL_NOPAD.encode(bytes)
}

/// The bytes of the cursor that the query has; `None` when it has none, 400/26 when it is not one.
pub fn read(query: &Query) -> Result<Option<Vec<u8>>, ApiError> {
    let Some(text) = query.optional_text(NAME)? else { return Ok(None) };
    let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).ok().filter(|bytes| !bytes.is_empty());
    bytes.map(Some).ok_or_else(malformed)
}

/// 400/26: that is no cursor of this list.
#[must_use]
pub fn malformed() -> ApiError {
    ApiError::malformed(NAME, "must be the \"next\" of the page before, asked for with the same filters")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_from(raw: &str) -> Result<Option<Vec<u8>>, u16> {
        read(&Query::parse(raw).ok().unwrap()).map_err(|error| error.code().number())
    }

    #[test]
    fn a_cursor_is_read_as_it_was_given_out_and_needs_no_escape() {
        for bytes in [&[0][..], &[255, 254, 253], b"any bytes at all"] {
            let cursor = encode(bytes);
            assert!(cursor.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)), "{cursor}");
            assert_eq!(read_from(&format!("limit=1&cursor={cursor}")), Ok(Some(bytes.to_vec())));
        }
        assert_eq!(read_from("limit=1"), Ok(None));
    }

    #[test]
    fn what_is_no_cursor_is_malformed() {
        for raw in
            ["cursor=", "cursor=%20", "cursor=A", "cursor=AA==", "cursor=!!!!", "cursor=AB", "cursor=AA&cursor=AA"]
        {
            assert_eq!(read_from(raw), Err(26), "{raw}");
        }
    }
}
