//! The headers that carry something (`api.md` sections 1, 2 and 6): each is read once, strictly, into a type of its own.
//!
//! Whether a credential or a token is a good one is not decided here.

use actix_web::http::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};

use super::{
    code::Code,
    error::ApiError,
    header_names::{IDEMPOTENCY_KEY, TAN_TOKEN},
    secret::SecretText,
};

const LONGEST_KEY: usize = 255;

/// The whole of an `Authorization` header, whatever its scheme. Whose credential it is, is not known here.
pub struct Authorization(SecretText);

impl Authorization {
    /// Reads the header; 401/40 when absent or unreadable, 400/23 when it stands twice.
    pub fn read(headers: &HeaderMap) -> Result<Self, ApiError> {
        let value = only(headers, &AUTHORIZATION, "Authorization")?;
        let text = value.and_then(|value| value.to_str().ok()).ok_or_else(unauthorized)?;
        Ok(Self(SecretText::new(text)))
    }

    /// The header's value. For the one who judges it.
    #[must_use]
    pub fn reveal(&self) -> &str {
        self.0.reveal()
    }
}

/// What stands in `TAN-Token`. Its form is judged with its value: one answer, 403/10003, for all that is wrong with it.
pub struct TanToken(SecretText);

impl TanToken {
    /// Reads the header; `None` when absent, 400/23 when it stands twice, is a list, is empty or is no text.
    pub fn read(headers: &HeaderMap) -> Result<Option<Self>, ApiError> {
        let Some(value) = only(headers, &TAN_TOKEN, "TAN-Token")? else { return Ok(None) };
        match value.to_str() {
            Ok(text) if !text.trim().is_empty() && !text.contains(',') => Ok(Some(Self(SecretText::new(text.trim())))),
            Ok(_) | Err(_) => Err(ApiError::header("TAN-Token", "must hold exactly one token")),
        }
    }

    /// The token in clear. For hashing only.
    #[must_use]
    pub fn reveal(&self) -> &str {
        self.0.reveal()
    }
}

/// An `Idempotency-Key`: 1 to 255 visible ASCII characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdempotencyKey(String);

impl IdempotencyKey {
    /// Reads the header; `None` when absent, 400/23 when it stands twice or is malformed.
    pub fn read(headers: &HeaderMap) -> Result<Option<Self>, ApiError> {
        let Some(value) = only(headers, &IDEMPOTENCY_KEY, "Idempotency-Key")? else { return Ok(None) };
        let visible = value.as_bytes().iter().all(u8::is_ascii_graphic);
        match value.to_str() {
            Ok(text) if visible && (1..=LONGEST_KEY).contains(&text.len()) => Ok(Some(Self(text.to_owned()))),
            Ok(_) | Err(_) => {
                Err(ApiError::header("Idempotency-Key", "must be 1 to 255 visible ASCII characters, without blanks"))
            }
        }
    }

    /// The key as it was sent.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The one value of `name`; `None` when absent, 400/23 when there are several.
fn only<'a>(headers: &'a HeaderMap, name: &HeaderName, written: &str) -> Result<Option<&'a HeaderValue>, ApiError> {
    let mut values = headers.get_all(name);
    match (values.next(), values.next()) {
        (first, None) => Ok(first),
        (_, Some(_)) => Err(ApiError::header(written, "must not stand twice")),
    }
}

const fn unauthorized() -> ApiError {
    ApiError::new(Code::Unauthorized)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn headers(name: &HeaderName, values: &[&[u8]]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(name.clone(), HeaderValue::from_bytes(value).unwrap());
        }
        headers
    }

    fn code<T>(outcome: Result<T, ApiError>) -> u16 {
        outcome.err().map_or(0, |error| error.code().number())
    }

    #[test]
    fn a_credential_is_kept_as_it_was_sent_whatever_its_scheme() {
        for sent in ["Basic YTpi", "bearer  x ", "x"] {
            let authorization = Authorization::read(&headers(&AUTHORIZATION, &[sent.as_bytes()])).ok().unwrap();
            assert_eq!(authorization.reveal(), sent);
        }
    }

    #[test]
    fn no_credential_or_one_that_is_no_text_is_unauthorized() {
        assert_eq!(code(Authorization::read(&HeaderMap::new())), 40);
        assert_eq!(code(Authorization::read(&headers(&AUTHORIZATION, &["Bearer \u{e9}".as_bytes()]))), 40);
    }

    #[test]
    fn a_header_that_stands_twice_is_malformed() {
        assert_eq!(code(Authorization::read(&headers(&AUTHORIZATION, &[b"Bearer x", b"Bearer x"]))), 23);
        assert_eq!(code(TanToken::read(&headers(&TAN_TOKEN, &[b"tan_a", b"tan_a"]))), 23);
        assert_eq!(code(IdempotencyKey::read(&headers(&IDEMPOTENCY_KEY, &[b"a", b"a"]))), 23);
    }

    #[test]
    fn a_tan_token_is_exactly_one_and_its_form_is_not_judged() {
        assert!(TanToken::read(&HeaderMap::new()).ok().unwrap().is_none());
        for sent in ["tan_x", "whatever it is", "T"] {
            let token = TanToken::read(&headers(&TAN_TOKEN, &[sent.as_bytes()])).ok().unwrap().unwrap();
            assert_eq!(token.reveal(), sent);
        }
        for sent in [&b""[..], b" ", b"tan_a,tan_b", b",", b"tan_\xff"] {
            assert_eq!(code(TanToken::read(&headers(&TAN_TOKEN, &[sent]))), 23, "{sent:?}");
        }
    }

    #[test]
    fn an_idempotency_key_is_visible_ascii_of_a_bounded_length() {
        assert_eq!(IdempotencyKey::read(&HeaderMap::new()).ok().unwrap(), None);
        let longest = "k".repeat(255);
        for sent in ["\"8e03978e\"", "~!", &longest] {
            let key = IdempotencyKey::read(&headers(&IDEMPOTENCY_KEY, &[sent.as_bytes()])).ok().unwrap().unwrap();
            assert_eq!(key.as_str(), sent);
        }
        let too_long = "k".repeat(256);
        for sent in ["", "a b", "a\tb", "\u{e9}", &too_long] {
            let outcome = IdempotencyKey::read(&headers(&IDEMPOTENCY_KEY, &[sent.as_bytes()]));
            assert_eq!(code(outcome), 23, "{sent:?}");
        }
    }

    /// A header's value of any bytes that a server hands on.
    fn value() -> impl Strategy<Value = HeaderValue> {
        let bytes = prop_oneof![
            prop::collection::vec(any::<u8>(), 0..40),
            "[ -~\t]{0,40}".prop_map(String::into_bytes),
            "[!-~]{250,260}".prop_map(String::into_bytes),
            " ?tan_[A-Za-z0-9_-]{43}[ ,]?".prop_map(String::into_bytes),
        ];
        bytes.prop_filter_map("no value of a header", |bytes| HeaderValue::from_bytes(&bytes).ok())
    }

    fn matched(form: &str, value: &HeaderValue) -> Option<String> {
        let text = std::str::from_utf8(value.as_bytes()).ok()?;
        regex::Regex::new(form).unwrap().is_match(text).then(|| text.to_owned())
    }

    proptest! {
        #[test]
        fn a_header_is_read_if_and_only_if_it_stands_once_in_its_form(sent in prop::collection::vec(value(), 1..3)) {
            let once = sent.len() == 1;
            let of = |name: &HeaderName| {
                let mut headers = HeaderMap::new();
                for value in &sent {
                    headers.append(name.clone(), value.clone());
                }
                headers
            };
            let text = matched("^[ -~\t]*$", &sent[0]).filter(|_| once);
            let read = Authorization::read(&of(&AUTHORIZATION));
            prop_assert_eq!(read.as_ref().ok().map(|read| read.reveal().to_owned()), text);
            prop_assert_eq!(code(read), if !once { 23 } else if matched("^[ -~\t]*$", &sent[0]).is_some() { 0 } else { 40 });

            let token = matched("^[ -+.-~\t-]*[!-+.-~-][ -+.-~\t-]*$", &sent[0]).filter(|_| once);
            let read = TanToken::read(&of(&TAN_TOKEN));
            let revealed = read.as_ref().ok().and_then(|read| read.as_ref()).map(|read| read.reveal().to_owned());
            prop_assert_eq!(revealed, token.as_deref().map(|token| token.trim().to_owned()));
            prop_assert_eq!(code(read), if token.is_some() { 0 } else { 23 });

            let key = matched("^[!-~]{1,255}$", &sent[0]).filter(|_| once);
            let read = IdempotencyKey::read(&of(&IDEMPOTENCY_KEY));
            prop_assert_eq!(read.as_ref().ok().cloned().flatten().map(|read| read.as_str().to_owned()), key.clone());
            prop_assert_eq!(code(read), if key.is_some() { 0 } else { 23 });
        }
    }
}
