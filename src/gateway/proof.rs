//! The proof that comes with a request: a one-shot token, or ids of Taler's challenges. Whether it is a good one is not
//! decided here.

use actix_web::http::header::{HeaderMap, HeaderName};

use crate::{
    domain::{rules::protect::Proof, secret::SecretHash, taler::TalerId},
    http::{error::ApiError, header_names::TALER_CHALLENGE_IDS, headers::TanToken},
};

/// The older name of `Taler-Challenge-Ids`.
const X_CHALLENGE_ID: HeaderName = HeaderName::from_static("x-challenge-id");
/// Ids that one request may bring: more than any account has channels.
const MOST_IDS: usize = 16;

/// Reads what proves a request; 400/23 when it is malformed. An id that was never `given_out` proves nothing, and is left
/// out: whoever invents some gives an account no work to do.
pub fn read(headers: &HeaderMap, given_out: impl Fn(&str) -> bool) -> Result<Proof, ApiError> {
    let token = TanToken::read(headers)?.map(|token| SecretHash::of(token.reveal()));
    let taler = taler(headers)?.into_iter().filter(|id| given_out(id)).map(TalerId::proof).collect();
    Ok(Proof { taler, ..Proof::token(token) })
}

fn taler(headers: &HeaderMap) -> Result<Vec<&str>, ApiError> {
    let malformed = || ApiError::header("Taler-Challenge-Ids", "must hold ids of challenges, with commas between");
    let mut found = Vec::new();
    for value in headers.get_all(TALER_CHALLENGE_IDS).chain(headers.get_all(X_CHALLENGE_ID)) {
        let ids = value.to_str().map_err(|_| malformed())?;
        found.extend(ids.split(',').map(str::trim).filter(|id| !id.is_empty()));
    }
    if found.len() > MOST_IDS { Err(malformed()) } else { Ok(found) }
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    fn headers(sent: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in sent {
            headers.append(HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
        }
        headers
    }

    #[test]
    fn ids_come_in_lists_and_under_both_names() {
        let sent = headers(&[
            ("taler-challenge-ids", "a, b,,"),
            ("taler-challenge-ids", "c"),
            ("x-challenge-id", "d"),
            ("tan-token", "tan_x"),
        ]);
        let proof = read(&sent, |_| true).ok().unwrap();
        assert_eq!(proof.taler, ["a", "b", "c", "d"].map(TalerId::proof));
        assert_eq!(proof.token, Some(SecretHash::of("tan_x")));
        assert_eq!(read(&headers(&[]), |_| true).ok().unwrap(), Proof::default());
    }

    #[test]
    fn what_was_never_given_out_is_no_id() {
        let sent = headers(&[("taler-challenge-ids", "a,b")]);
        assert_eq!(read(&sent, |id| id == "b").ok().unwrap().taler, ["b"].map(TalerId::proof));
    }

    #[test]
    fn more_than_any_client_has_are_refused() {
        let many = vec!["x"; MOST_IDS + 1].join(",");
        assert_eq!(read(&headers(&[("taler-challenge-ids", &many)]), |_| false).err().unwrap().code().number(), 23);
        assert_eq!(read(&headers(&[("tan-token", "a, b")]), |_| true).err().unwrap().code().number(), 23);
    }

    proptest! {
        #[test]
        fn the_ids_of_any_headers_are_their_words_and_never_more_than_a_client_has(
            values in prop::collection::vec(
                (any::<bool>(), prop_oneof![prop::collection::vec(any::<u8>(), 0..30), "([a-z]{0,3}[ ,\t]{0,2}){0,12}".prop_map(String::into_bytes)]),
                0..4,
            ),
        ) {
            let mut sent = HeaderMap::new();
            let mut words = [Vec::new(), Vec::new()];
            let mut all_text = true;
            for (older, bytes) in &values {
                let Ok(value) = HeaderValue::from_bytes(bytes) else { continue };
                sent.append(if *older { X_CHALLENGE_ID } else { TALER_CHALLENGE_IDS }, value);
                let visible = bytes.iter().all(|byte| matches!(byte, b' '..=b'~' | b'\t'));
                all_text &= visible;
                let text = String::from_utf8_lossy(bytes).into_owned();
                let found = text.split(',').map(|word| word.trim_matches([' ', '\t']).to_owned()).filter(|word| !word.is_empty());
                words[usize::from(*older)].extend(found);
            }
            let words = words.concat();
            match read(&sent, |_| true) {
                Ok(proof) => {
                    prop_assert!(all_text && words.len() <= MOST_IDS);
                    prop_assert_eq!(proof.taler, words.iter().map(|word| TalerId::proof(word)).collect::<Vec<_>>());
                }
                Err(error) => {
                    prop_assert_eq!(error.code().number(), 23);
                    prop_assert!(!all_text || words.len() > MOST_IDS);
                }
            }
        }
    }
}
