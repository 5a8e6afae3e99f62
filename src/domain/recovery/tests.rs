//! What a code follows from, what it looks like, and that it counts once.

use std::collections::BTreeSet;

use proptest::prelude::*;
use regex::Regex;

use super::*;
use crate::domain::{
    challenge::ChallengeKind,
    channel::Channel,
    keys::tests::{Fixed, ring},
};

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(seconds)
}

fn alice() -> AccountId {
    AccountId::new(at(1), &Fixed(1))
}

fn codes() -> RecoveryCodes {
    RecoveryCodes {
        set: RecoverySetId::new(at(1), &Fixed(2)),
        key: KeyId(1),
        used: Vec::new(),
        since: at(1),
        brought_by: BroughtBy::Customer,
    }
}

fn shown(codes: &RecoveryCodes, account: AccountId) -> Vec<String> {
    codes.codes(account, &ring()).unwrap().iter().map(|code| (**code).clone()).collect()
}

fn matching(codes: &RecoveryCodes, account: AccountId, typed: &str) -> Option<i64> {
    codes.matching(account, &ring(), &Candidate::parse(typed, 8).unwrap()).unwrap()
}

#[test]
fn ten_codes_have_the_promised_form_and_are_ten() {
    let form = Regex::new("^[a-z2-7]{4}-[a-z2-7]{4}-[a-z2-7]{4}$").unwrap();
    let shown = shown(&codes(), alice());
    assert!(shown.iter().all(|code| form.is_match(code)), "{shown:?}");
    assert_eq!(shown.iter().collect::<BTreeSet<_>>().len(), CODES);
}

#[test]
fn whatever_a_code_follows_from_changes_it() {
    let mut all: BTreeSet<String> = shown(&codes(), alice()).into_iter().collect();
    let other_set = RecoveryCodes { set: RecoverySetId::new(at(1), &Fixed(3)), ..codes() };
    let other_key = RecoveryCodes { key: KeyId(2), ..codes() };
    all.extend(shown(&other_set, alice()));
    all.extend(shown(&other_key, alice()));
    all.extend(shown(&codes(), AccountId::new(at(1), &Fixed(4))));
    assert_eq!(all.len(), 4 * CODES);
}

#[test]
fn what_is_no_part_of_a_code_does_not_change_it() {
    let later = RecoveryCodes { used: vec![0, 9], since: at(9), brought_by: BroughtBy::Operator, ..codes() };
    assert_eq!(shown(&later, alice()), shown(&codes(), alice()));
}

#[test]
fn no_challenge_has_the_kind_that_codes_are_derived_with() {
    assert_eq!(ChallengeKind::named(std::str::from_utf8(KIND).unwrap()), None);
}

#[test]
fn a_used_code_matches_no_more() {
    let shown = shown(&codes(), alice());
    for (index, code) in (0..).zip(&shown) {
        assert_eq!(matching(&codes(), alice(), code), Some(index));
        let used = RecoveryCodes { used: vec![index], ..codes() };
        assert_eq!(matching(&used, alice(), code), None, "{index}");
        assert_eq!(used.left(), 9);
        let others = shown.iter().filter(|other| *other != code);
        assert!(others.clone().all(|other| matching(&used, alice(), other).is_some()), "{index}");
    }
    let all = RecoveryCodes { used: indices().collect(), ..codes() };
    assert_eq!((codes().left(), all.left()), (10, 0));
    assert!(shown.iter().all(|code| matching(&all, alice(), code).is_none()));
}

#[test]
fn a_code_is_read_as_people_type_it() {
    for (index, code) in (0..).zip(shown(&codes(), alice())) {
        for typed in
            [code.clone(), code.to_uppercase(), code.replace('-', " "), code.replace('-', ""), format!(" {code} ")]
        {
            let candidate = Candidate::parse(&typed, 8).unwrap();
            assert!(candidate.fits(Channel::Recovery, 8), "{typed}");
            assert_eq!(codes().matching(alice(), &ring(), &candidate), Ok(Some(index)), "{typed}");
        }
    }
}

#[test]
fn a_code_of_another_account_set_or_key_matches_none() {
    let code = shown(&codes(), alice()).remove(0);
    assert_eq!(matching(&codes(), AccountId::new(at(1), &Fixed(4)), &code), None);
    assert_eq!(matching(&RecoveryCodes { set: RecoverySetId::new(at(2), &Fixed(2)), ..codes() }, alice(), &code), None);
    assert_eq!(matching(&RecoveryCodes { key: KeyId(2), ..codes() }, alice(), &code), None);
    assert_eq!(matching(&codes(), alice(), "12345678"), None);
}

#[test]
fn without_its_key_a_set_says_so() {
    let gone = RecoveryCodes { key: KeyId(7), ..codes() };
    assert_eq!(gone.code(alice(), &ring(), 0).map(|_| ()), Err(KeyError::Missing(KeyId(7))));
    let candidate = Candidate::parse("abcd-efgh-2345", 8).unwrap();
    assert_eq!(gone.matching(alice(), &ring(), &candidate), Err(KeyError::Missing(KeyId(7))));
}

#[test]
fn whoever_brings_a_factor_is_found_by_name() {
    for who in [BroughtBy::Customer, BroughtBy::Operator] {
        assert_eq!(BroughtBy::named(who.name()), Some(who));
    }
    assert_eq!((BroughtBy::named("Operator"), BroughtBy::named("")), (None, None));
}

proptest! {
    #[test]
    fn a_candidate_is_the_unused_code_that_it_is_and_no_other(
        account in any::<u8>(),
        set in any::<u8>(),
        used in proptest::collection::btree_set(0i64..10, 0..=10),
        index in 0usize..10,
    ) {
        let account = AccountId::new(at(1), &Fixed(account));
        let codes = RecoveryCodes {
            set: RecoverySetId::new(at(1), &Fixed(set)),
            used: used.iter().copied().collect(),
            ..codes()
        };
        let code = &shown(&codes, account)[index];
        let index = i64::try_from(index).unwrap();
        prop_assert_eq!(matching(&codes, account, code), (!used.contains(&index)).then_some(index));
        prop_assert_eq!(codes.left(), 10 - used.len());
    }
}
