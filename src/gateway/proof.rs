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
}
