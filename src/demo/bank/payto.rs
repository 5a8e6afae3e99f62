//! Where money goes: `payto://iban/…` (RFC 8905).

use url::Url;

/// A text that names no account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be a URI like \"payto://iban/DE43999900000000001002?message=rent\", without an amount")]
pub struct PaytoError;

/// The account that is paid to, and what for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payto {
    /// The account's number, in capitals.
    pub iban: String,
    /// The parameter `message`; empty when there is none.
    pub message: String,
}

impl Payto {
    /// Reads `payto://iban/IBAN` or `payto://iban/BIC/IBAN`. An `amount` in the URI is refused, as is a second `message`:
    /// who approves a transfer is shown one amount, and it is the body's.
    pub fn parse(raw: &str) -> Result<Self, PaytoError> {
        let url = Url::parse(raw).map_err(|_| PaytoError)?;
        let is_iban = url.scheme() == "payto" && url.host_str() == Some("iban");
        let iban = url.path_segments().and_then(|mut segments| segments.next_back()).unwrap_or_default();
        let well_formed = (15..=34).contains(&iban.len()) && iban.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if !is_iban || !well_formed {
            return Err(PaytoError);
        }
        Ok(Self { iban: iban.to_ascii_uppercase(), message: message(&url)? })
    }
}

fn message(url: &Url) -> Result<String, PaytoError> {
    let mut message = None;
    for (name, value) in url.query_pairs() {
        match name.as_ref() {
            "amount" => return Err(PaytoError),
            "message" if message.is_some() => return Err(PaytoError),
            "message" => message = Some(value.into_owned()),
            _ => {}
        }
    }
    Ok(message.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uri_names_an_account_and_what_for() {
        for (raw, message) in [
            ("payto://iban/DE43999900000000001002", ""),
            ("payto://iban/BANKDEFF/de43999900000000001002?receiver-name=Bob", ""),
            ("payto://iban/DE43999900000000001002?message=rent%20May", "rent May"),
        ] {
            let read = Payto::parse(raw).unwrap();
            assert_eq!((read.iban.as_str(), read.message.as_str()), ("DE43999900000000001002", message));
        }
    }

    #[test]
    fn what_names_no_account_or_a_second_amount_is_refused() {
        for raw in [
            "",
            "bob",
            "https://iban/DE43999900000000001002",
            "payto://x-taler-bank/localhost/bob",
            "payto://iban/",
            "payto://iban/DE43",
            "payto://iban/DE4399990000000000100%32",
            "payto://iban/DE43999900000000001002?amount=EUR:1",
            "payto://iban/DE43999900000000001002?message=a&message=b",
        ] {
            assert_eq!(Payto::parse(raw), Err(PaytoError), "{raw}");
        }
    }
}
