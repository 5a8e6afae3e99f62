//! A summary in fewer characters that says the same: whom, how much, and nothing that anybody could write beside it.

use super::short::{SCHEME, says_an_amount};

/// `text` with each payto URI (RFC 8905) that is a word of its own brought down to its account: of
/// `payto://iban/CH9300762011623852957?receiver-name=Bob` the IBAN is left. What is dropped names nobody (in the query
/// anybody can write any name). A URI whose query says an amount stays whole, as in [`shortened`](super::shortened): a bank
/// core may take that for the amount.
#[must_use]
pub fn by_account(text: &str) -> String {
    text.split(' ').map(|word| account(word).unwrap_or(word)).collect::<Vec<_>>().join(" ")
}

/// The account of a payto URI.
fn account(word: &str) -> Option<&str> {
    let (scheme, named) = word.split_at_checked(SCHEME.len())?;
    if !scheme.eq_ignore_ascii_case(SCHEME) || says_an_amount(word) {
        return None;
    }
    let target = named.split(['?', '#']).next()?.trim_end_matches('/');
    let (_, account) = target.split_once('/')?;
    (!account.is_empty()).then_some(account)
}
