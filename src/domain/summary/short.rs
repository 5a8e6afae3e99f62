//! Shorter texts that still say what they are: start and end stay, and a cut is marked.

use super::cleaned;

/// The fewest characters that leave something to recognise: four at each end of a cut.
pub const SHORTEST: usize = 9;

const CUT: char = '…';
pub(super) const SCHEME: &str = "payto://";
/// What a cut query of a payto URI becomes.
const QUERY_CUT: &str = "?…";

/// `value`, [`cleaned`], in at most `most` characters ([`SHORTEST`] at least): start and end, with `…` between, so that
/// an IBAN in nine is `DE75…6199`. Of a payto URI (RFC 8905) the account stays longest; the query, in which
/// anybody can write any name, goes first, `payto://iban/DE75…6199?…`, and then what stands before the account. One whose
/// query says an amount is not cut at all: a bank core may take that for the amount, and then it has to be seen.
#[must_use]
pub fn shortened(value: &str, most: usize) -> String {
    let value = cleaned(value);
    let most = most.max(SHORTEST);
    if length(&value) <= most || says_an_amount(&value) {
        return value;
    }
    payto(&value, most).unwrap_or_else(|| ends(&value, most))
}

/// Whether `value` is a URI with a parameter `amount` (RFC 8905 section 5), or one whose name is escaped and could be.
pub(super) fn says_an_amount(value: &str) -> bool {
    let Some((target, query)) = value.split_once(['?', '#']) else { return false };
    let mut names = query.split(['&', ';', '?', '#']).filter_map(|pair| pair.split('=').next());
    is_payto(target) && names.any(|name| name.trim().eq_ignore_ascii_case("amount") || name.contains('%'))
}

/// Whether `value` is a payto URI (RFC 8905): it says who is paid.
#[must_use]
pub fn is_payto(value: &str) -> bool {
    value.trim_start().get(..SCHEME.len()).is_some_and(|scheme| scheme.eq_ignore_ascii_case(SCHEME))
}

/// `None` when `value` is no payto URI with an account.
fn payto(value: &str, most: usize) -> Option<String> {
    let (target, tail) = match value.find(['?', '#']) {
        Some(at) => (value.get(..at)?, QUERY_CUT),
        None => (value, ""),
    };
    let target = target.trim_end_matches('/');
    let (scheme, named) = target.split_at_checked(SCHEME.len())?;
    let (_, account) = named.split_once('/').filter(|(_, account)| !account.is_empty())?;
    if !scheme.eq_ignore_ascii_case(SCHEME) {
        return None;
    }
    let (before, last) = target.rsplit_once('/')?;
    let room = most.checked_sub(length(before) + 1 + length(tail));
    Some(match room.filter(|room| *room >= SHORTEST || length(last) <= *room) {
        Some(room) => format!("{before}/{}{tail}", ends(last, room)),
        None => ends(account, most),
    })
}

fn ends(value: &str, most: usize) -> String {
    let all = length(value);
    if all <= most {
        return value.to_owned();
    }
    let (first, last) = (most.saturating_sub(1).div_ceil(2), most.saturating_sub(1) / 2);
    value.chars().take(first).chain([CUT]).chain(value.chars().skip(all - last)).collect()
}

fn length(text: &str) -> usize {
    text.chars().count()
}
