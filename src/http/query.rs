//! The query of a request, read strictly: a parameter that stands twice or is malformed is 400/26; those that nobody
//! asks for are ignored.

use std::ops::RangeInclusive;

use super::{cursor, error::ApiError};
use crate::domain::{time::Timestamp, username::Username};

/// The most rows that a list has.
const LONGEST_LIST: u64 = 1000;
/// How many it has when nobody says.
pub const LIST: u32 = 100;

/// The parameters of a query, decoded. No `Debug`: a filter may name a customer.
pub struct Query {
    pairs: Vec<(String, String)>,
}

impl Query {
    /// Reads what stands behind the `?` of a URL (`application/x-www-form-urlencoded`); 400/26 when an escape is broken or
    /// does not decode to UTF-8.
    pub fn parse(raw: &str) -> Result<Self, ApiError> {
        decoded_pairs(raw).map(|pairs| Self { pairs }).ok_or_else(|| {
            ApiError::malformed("query", "must be UTF-8, escaped as in application/x-www-form-urlencoded")
        })
    }

    /// The parameter `name` as text; `None` when absent.
    pub fn optional_text(&self, name: &str) -> Result<Option<&str>, ApiError> {
        let mut values = self.pairs.iter().filter(|(key, _)| key == name).map(|(_, value)| value.as_str());
        let (first, second) = (values.next(), values.next());
        if second.is_some() {
            return Err(ApiError::malformed(name, "must not stand twice"));
        }
        match first {
            Some(text) if text.contains('\0') => {
                Err(ApiError::malformed(name, "must be a text (without the character U+0000)"))
            }
            other => Ok(other),
        }
    }

    /// The parameter `name` as a whole number, written in digits alone, within `range`; `None` when absent.
    pub fn optional_integer(&self, name: &str, range: RangeInclusive<u64>) -> Result<Option<u64>, ApiError> {
        let Some(text) = self.optional_text(name)? else { return Ok(None) };
        let digits_alone = text.bytes().all(|byte| byte.is_ascii_digit());
        let number = text.parse().ok().filter(|number| digits_alone && range.contains(number));
        number.map(Some).ok_or_else(|| {
            let trouble = format!("must be a whole number from {} to {}", range.start(), range.end());
            ApiError::malformed(name, &trouble)
        })
    }

    /// The parameter `name` as seconds since 1970; `None` when absent.
    pub fn optional_moment(&self, name: &str) -> Result<Option<Timestamp>, ApiError> {
        /// 9999-12-31T23:59:59Z: the last second that PostgreSQL, RFC 3339 and every client can write.
        const LAST: u64 = 253_402_300_799;
        let seconds = self.optional_integer(name, 0..=LAST)?;
        Ok(seconds.and_then(|seconds| i64::try_from(seconds).ok()).map(Timestamp::from_seconds))
    }
}

/// Which part of the accounts is wanted: `limit` (1 to 1000, 100 unless told), `filter`, and `offset` or `cursor`.
pub struct Page<'a> {
    /// What the names begin with; empty for all.
    pub filter: &'a str,
    /// How many at most.
    pub limit: u32,
    /// How many are passed over.
    pub offset: u32,
    /// The name behind which it begins.
    pub behind: Option<Username>,
}

impl<'a> Page<'a> {
    /// Reads the four parameters, each of which may be absent; 400/26 when one is malformed, or when two say where it
    /// begins.
    pub fn read(query: &'a Query) -> Result<Self, ApiError> {
        let offset = query.optional_integer("offset", 0..=u64::from(u32::MAX))?;
        let behind = cursor::read(query)?.map(username_of).transpose()?;
        if offset.is_some() && behind.is_some() {
            return Err(ApiError::malformed("cursor", "must not stand beside offset"));
        }
        Ok(Self {
            filter: query.optional_text("filter")?.unwrap_or_default(),
            limit: limit(query)?,
            offset: offset.and_then(|offset| u32::try_from(offset).ok()).unwrap_or_default(),
            behind,
        })
    }
}

/// The parameter `limit`: 1 to 1000; [`LIST`] unless told.
fn limit(query: &Query) -> Result<u32, ApiError> {
    Ok(optional_limit(query)?.unwrap_or(LIST))
}

/// The parameter `limit`: 1 to 1000; `None` when absent.
pub fn optional_limit(query: &Query) -> Result<Option<u32>, ApiError> {
    let sent = query.optional_integer("limit", 1..=LONGEST_LIST)?;
    Ok(sent.and_then(|limit| u32::try_from(limit).ok()))
}

/// Which part of an account's challenges is wanted: `limit` and `cursor`.
pub struct HistoryPage {
    /// How many at most.
    pub limit: u32,
    /// The place before which it begins.
    pub before: Option<i64>,
}

impl HistoryPage {
    /// Reads the two parameters, each of which may be absent; 400/26 when one is malformed.
    pub fn read(query: &Query) -> Result<Self, ApiError> {
        Ok(Self { limit: limit(query)?, before: cursor::read(query)?.map(place_of).transpose()? })
    }
}

/// A place in an account's history: the number of an event, from 1.
fn place_of(bytes: Vec<u8>) -> Result<i64, ApiError> {
    let place = <[u8; 8]>::try_from(bytes).ok().map(i64::from_be_bytes).filter(|place| *place > 0);
    place.ok_or_else(cursor::malformed)
}

fn username_of(place: Vec<u8>) -> Result<Username, ApiError> {
    let name = String::from_utf8(place).ok().and_then(|name| Username::parse(&name).ok());
    name.ok_or_else(cursor::malformed)
}

/// The names and values of a query, in their order; `None` when an escape is broken or does not decode to UTF-8.
#[must_use]
pub fn decoded_pairs(raw: &str) -> Option<Vec<(String, String)>> {
    raw.split('&').filter(|part| !part.is_empty()).map(decoded_pair).collect()
}

fn decoded_pair(part: &str) -> Option<(String, String)> {
    let (name, value) = part.split_once('=').unwrap_or((part, ""));
    Some((decoded(name)?, decoded(value)?))
}

/// Undoes `+` and `%XX`; `None` when an escape is broken or the result is not UTF-8.
fn decoded(raw: &str) -> Option<String> {
    let mut bytes = raw.bytes();
    let mut text = Vec::with_capacity(raw.len());
    while let Some(byte) = bytes.next() {
        text.push(match byte {
            b'+' => b' ',
            b'%' => hex_digit(bytes.next()?)? * 16 + hex_digit(bytes.next()?)?,
            other => other,
        });
    }
    String::from_utf8(text).ok()
}

fn hex_digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(raw: &str) -> Query {
        Query::parse(raw).unwrap_or_else(|error| panic!("{raw}: {error}"))
    }

    fn code<T>(outcome: Result<T, ApiError>) -> u16 {
        outcome.err().map_or(0, |error| error.code().number())
    }

    #[test]
    fn parameters_are_decoded_and_unknown_ones_ignored() {
        let query = read("filter=a+b%2Bc%C3%A4&x=1&x=2&&limit=20&%6fffset=0007&since=1766000000&flag");
        assert_eq!(query.optional_text("filter").unwrap(), Some("a b+cä"));
        assert_eq!(query.optional_integer("limit", 1..=100).unwrap(), Some(20));
        assert_eq!(query.optional_integer("offset", 0..=100).unwrap(), Some(7));
        assert_eq!(query.optional_moment("since").unwrap(), Some(Timestamp::from_seconds(1_766_000_000)));
        assert_eq!(query.optional_text("flag").unwrap(), Some(""));
        assert_eq!(query.optional_text("account").unwrap(), None);
        assert_eq!(read("").optional_integer("limit", 1..=100).unwrap(), None);
    }

    #[test]
    fn a_parameter_that_stands_twice_is_malformed() {
        assert_eq!(code(read("limit=1&limit=1").optional_integer("limit", 1..=100)), 26);
        assert_eq!(code(read("filter=a&%66ilter=b").optional_text("filter")), 26);
    }

    #[test]
    fn what_is_no_number_within_its_range_is_malformed() {
        for raw in ["", "0", "101", "-1", "+1", "1.0", "1e1", "0x1", "%201", "١", "99999999999999999999"] {
            assert_eq!(code(read(&format!("limit={raw}")).optional_integer("limit", 1..=100)), 26, "{raw:?}");
        }
        for raw in ["never", "-1", "253402300800"] {
            assert_eq!(code(read(&format!("since={raw}")).optional_moment("since")), 26, "{raw:?}");
        }
    }

    #[test]
    fn a_page_has_bounds_and_defaults() {
        let read_page = |raw| {
            let query = read(raw);
            Page::read(&query).map(|page| (page.filter.to_owned(), page.limit, page.offset))
        };
        assert_eq!(read_page("").ok().unwrap(), (String::new(), 100, 0));
        assert_eq!(
            read_page("limit=1000&offset=4294967295&filter=al").ok().unwrap(),
            ("al".to_owned(), 1000, u32::MAX)
        );
        let behind = |raw| Page::read(&read(raw)).ok().and_then(|page| page.behind.map(|name| name.to_string()));
        assert_eq!(behind("cursor=YWxpY2U"), Some("alice".to_owned()));
        for raw in ["limit=0", "limit=1001", "limit=x", "offset=-1", "offset=4294967296", "filter=a&filter=b"] {
            assert_eq!(code(read_page(raw)), 26, "{raw}");
        }
        for raw in ["cursor=YWxpY2U&offset=0", "cursor=_w", "cursor=Lg", "cursor=YSBi", "cursor=AAAAAAAAAAc"] {
            assert_eq!(code(read_page(raw)), 26, "{raw}");
        }
    }

    #[test]
    fn a_place_in_a_history_is_the_number_of_an_event() {
        let read_page = |raw| HistoryPage::read(&read(raw)).map(|page| (page.limit, page.before));
        assert_eq!(read_page("").ok().unwrap(), (100, None));
        assert_eq!(read_page("limit=2&cursor=AAAAAAAAACo").ok().unwrap(), (2, Some(42)));
        for raw in ["limit=0", "cursor=AAAAAAAAAAA", "cursor=gAAAAAAAAAE", "cursor=YWxpY2U", "cursor=x"] {
            assert_eq!(code(read_page(raw)), 26, "{raw}");
        }
    }

    #[test]
    fn broken_escapes_are_malformed() {
        for raw in ["a=%", "a=%4", "a=%zz", "%ff=1", "a=%c3", "a=%+1"] {
            assert_eq!(code(Query::parse(raw)), 26, "{raw:?}");
        }
        assert_eq!(code(read("filter=%00").optional_text("filter")), 26);
    }

    proptest! {
        #[test]
        fn what_is_read_is_what_every_other_reader_reads(raw in prop_oneof![any::<String>(), "([a-c]|%[0-9a-fA-F]{2}|[=&+%;]|%c3%a4){0,24}"]) {
            let escape = regex::bytes::Regex::new("(?-u)%(?:[^0-9a-fA-F]|.[^0-9a-fA-F]|.?$)").unwrap();
            let read = decoded_pairs(&raw);
            let lenient: Vec<(String, String)> =
                url::form_urlencoded::parse(raw.as_bytes()).map(|(name, value)| (name.into_owned(), value.into_owned())).collect();
            if let Some(pairs) = &read {
                prop_assert_eq!(pairs, &lenient);
            } else {
                // Refused only for a broken escape, or for bytes that the other reader had to replace.
                let replaced = lenient.iter().any(|(name, value)| (name.clone() + value).contains('\u{fffd}'));
                prop_assert!(escape.is_match(raw.as_bytes()) || replaced);
            }
            if let Ok(query) = Query::parse(&raw) {
                let times = lenient.iter().filter(|(name, _)| name == "a").count();
                let first = lenient.iter().find(|(name, _)| name == "a").map(|(_, value)| value.as_str());
                let wanted = (times < 2 && first.is_none_or(|value| !value.contains('\0'))).then_some(first);
                prop_assert_eq!(query.optional_text("a").ok(), wanted);
                prop_assert!(query.optional_integer("a", 0..=9).is_ok_and(|number| number.is_none_or(|number| number <= 9)) || times > 0);
                prop_assert!(query.optional_moment("a").is_ok() || times > 0);
            }
        }

        #[test]
        fn pairs_of_any_kind_come_back_out_of_their_escapes(pairs in prop::collection::vec(any::<(String, String)>(), 0..5)) {
            let raw = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&pairs).finish();
            prop_assert_eq!(decoded_pairs(&raw), Some(pairs));
        }

        #[test]
        fn a_number_is_read_if_and_only_if_it_is_digits_within_the_range(text in prop_oneof!["[0-9]{1,22}", "[ +-]?[0-9]{1,4}[.e ]?[0-9]{0,2}"]) {
            let raw = url::form_urlencoded::Serializer::new(String::new()).append_pair("n", &text).finish();
            let wanted = text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse::<u128>().unwrap());
            let wanted = wanted.filter(|number| (5..=5000).contains(number));
            let read = read(&raw).optional_integer("n", 5..=5000);
            prop_assert_eq!(read.ok().flatten().map(u128::from), wanted);
        }
    }
}
