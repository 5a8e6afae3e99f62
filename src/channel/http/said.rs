//! What a gateway said: read as JSON for the verdict, and blotted for the log.

use data_encoding::BASE64;
use serde_json::Value;
use zeroize::Zeroizing;

use super::{
    super::{Envelope, blot},
    Credentials,
    line::End,
};
use crate::call::Place;

/// What is looked through, in bytes: more than reaches the log, and a secret that begins there.
const LOOKED_THROUGH: usize = 16 * 1024;
/// What stands for each byte of a secret.
const BLOT: u8 = b'*';

/// What a gateway said.
pub(super) struct Said {
    json: Option<Value>,
    text: Zeroizing<Vec<u8>>,
}

impl Said {
    /// `text` was read so far as `end` says: what is no whole document is no JSON.
    pub(super) fn new(text: &[u8], end: End) -> Self {
        let json: Option<Value> = if end == End::Whole { serde_json::from_slice(text).ok() } else { None };
        // Written anew, so that what it hides behind escapes (`\u0040`) is found.
        let shown = json.as_ref().map_or_else(|| text.to_vec(), |json| json.to_string().into_bytes());
        Self { json, text: Zeroizing::new(shown) }
    }

    /// The reply, where it is JSON.
    pub(super) fn json(&self) -> Option<&Value> {
        self.json.as_ref()
    }

    /// The words for the log: without the secret and the address in any spelling that they were sent in, and without what every
    /// transport's words are rid of.
    pub(super) fn blotted(mut self, credentials: &Credentials, envelope: &Envelope) -> String {
        let address = envelope.address.reveal();
        self.text.truncate(LOOKED_THROUGH);
        for spelling in spellings(&credentials.secret).into_iter().chain(spellings(address)).chain(basic(credentials)) {
            blot(&mut self.text, spelling.as_bytes());
        }
        let mut heard = blot::Heard::nothing();
        heard.hear(&self.text);
        heard.blotted(address, envelope.expected_digits)
    }
}

/// As it is, and as each place of a call writes it; the longer ones first, of which a shorter one may be a part.
fn spellings(secret: &str) -> Vec<Zeroizing<String>> {
    let form: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
    let places = [Place::Url, Place::Json, Place::Xml].map(|place| place.write(secret).unwrap_or_default());
    let mut spellings: Vec<_> = places.into_iter().map(|text| text.trim_matches('"').to_owned()).collect();
    spellings.extend([form, secret.to_owned()]);
    spellings.sort_by_key(|text| std::cmp::Reverse(text.len()));
    spellings.into_iter().map(Zeroizing::new).collect()
}

fn basic(credentials: &Credentials) -> Option<Zeroizing<String>> {
    let username = credentials.username.as_ref()?;
    let both = Zeroizing::new(format!("{username}:{}", credentials.secret.as_str()));
    Some(Zeroizing::new(BASE64.encode(both.as_bytes())))
}

fn blot(text: &mut [u8], secret: &[u8]) {
    if secret.is_empty() {
        return;
    }
    let mut from = 0;
    while let Some(at) = text.get(from..).and_then(|rest| rest.windows(secret.len()).position(|found| found == secret))
    {
        let end = from + at + secret.len();
        text.get_mut(from + at..end).unwrap_or_default().fill(BLOT);
        from = end;
    }
}
