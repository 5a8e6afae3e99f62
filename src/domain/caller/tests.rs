//! What each caller may.

use super::*;
use crate::domain::keys::tests::Fixed;

fn token(scope: Scope, owner: Option<&str>, mfa: Mfa) -> AccessToken {
    AccessToken {
        id: AccessTokenId::new(Timestamp::from_seconds(1), &Fixed(1)),
        provenance: Provenance::Local,
        scope,
        owner: owner.map(|name| Username::parse(name).unwrap()),
        mfa,
        operations: Vec::new(),
        proven: true,
        description: None,
        created_at: Timestamp::from_seconds(1),
        expires_at: Timestamp::NEVER,
    }
}

const DEEDS: [Deed; 11] = [
    Deed::Read,
    Deed::Watch,
    Deed::LogOut,
    Deed::EndToken,
    Deed::ChangeFactors,
    Deed::Prove,
    Deed::StepUp,
    Deed::MintToken,
    Deed::DeleteAccount,
    Deed::HoldToken,
    Deed::Operate,
];

fn allowed(token: &AccessToken, username: &str) -> Vec<Deed> {
    let username = Username::parse(username).unwrap();
    DEEDS.into_iter().filter(|deed| token.may(*deed, &username).is_ok()).collect()
}

#[test]
fn nobody_may_anything_to_another_account() {
    for mfa in [Mfa::NonInteractive, Mfa::Pending, Mfa::SteppedUp { until: Timestamp::NEVER }] {
        for scope in [Scope::ReadWrite, Scope::ReadOnly] {
            assert_eq!(allowed(&token(scope, Some("alice"), mfa), "bob"), []);
            assert_eq!(allowed(&token(scope, Some("alice"), mfa), "Alice"), []);
        }
    }
}

#[test]
fn each_scope_may_what_the_table_says() {
    use Deed::{
        ChangeFactors, DeleteAccount, EndToken, HoldToken, LogOut, MintToken, Operate, Prove, Read, StepUp, Watch,
    };
    assert_eq!(allowed(&token(Scope::Admin, None, Mfa::Pending), "bob"), [Read, ChangeFactors, DeleteAccount, Operate]);
    assert_eq!(allowed(&token(Scope::Service, None, Mfa::Pending), "bob"), [MintToken, DeleteAccount, HoldToken]);
    assert_eq!(allowed(&token(Scope::ReadOnly, Some("bob"), Mfa::Pending), "bob"), [Read, Watch, LogOut]);
    assert_eq!(
        allowed(&token(Scope::ReadWrite, Some("bob"), Mfa::Pending), "bob"),
        [Read, Watch, LogOut, EndToken, ChangeFactors, Prove, StepUp, MintToken, DeleteAccount]
    );
    for scope in [Scope::ReadWrite, Scope::ReadOnly] {
        assert_eq!(allowed(&token(scope, Some("bob"), Mfa::NonInteractive), "bob"), [Read, Watch, LogOut]);
    }
}

#[test]
fn a_password_is_not_stepped_up_for_it_ends_with_no_session() {
    let bob = Username::parse("bob").unwrap();
    let may = |provenance| {
        AccessToken { provenance, ..token(Scope::ReadWrite, Some("bob"), Mfa::Pending) }.may(Deed::StepUp, &bob)
    };
    assert_eq!(may(Provenance::Foreign(Scheme::Bearer)), Ok(()));
    assert_eq!(may(Provenance::Foreign(Scheme::Other)), Err(Forbidden));
}

#[test]
fn an_api_token_ends_itself_and_no_other_and_one_that_looks_only_logs_out() {
    let (bob, other) = (Username::parse("bob").unwrap(), AccessTokenId::new(Timestamp::from_seconds(2), &Fixed(2)));
    let may_end = |scope, mfa, itself| {
        let token = token(scope, Some("bob"), mfa);
        token.may_end(if itself { token.id } else { other }, &bob).is_ok()
    };
    assert!(may_end(Scope::ReadWrite, Mfa::Pending, true) && may_end(Scope::ReadWrite, Mfa::Pending, false));
    assert!(may_end(Scope::ReadWrite, Mfa::NonInteractive, true));
    assert!(!may_end(Scope::ReadWrite, Mfa::NonInteractive, false));
    for mfa in [Mfa::NonInteractive, Mfa::Pending] {
        assert!(!may_end(Scope::ReadOnly, mfa, true) && !may_end(Scope::ReadOnly, mfa, false));
    }
    let alice = token(Scope::ReadWrite, Some("alice"), Mfa::Pending);
    assert_eq!(alice.may_end(alice.id, &bob), Err(Forbidden));
}

#[test]
fn an_api_token_passes_what_it_names_unproven_and_a_look_only_token_only_looks() {
    let bob = Username::parse("bob").unwrap();
    let mut api = token(Scope::ReadWrite, Some("bob"), Mfa::NonInteractive);
    api.operations = vec!["transfer".to_owned()];
    assert_eq!(api.may_begin("transfer", false, &bob), Ok(Passage::Unproven));
    assert_eq!(api.may_begin("cashout", false, &bob), Err(Forbidden));
    assert_eq!(api.may_begin("transfer", false, &Username::parse("alice").unwrap()), Err(Forbidden));
    let looking = token(Scope::ReadOnly, Some("bob"), Mfa::Pending);
    assert_eq!(looking.may_begin("balance", true, &bob), Ok(Passage::Proven));
    assert_eq!(looking.may_begin("transfer", false, &bob), Err(Forbidden));
    for scope in [Scope::Admin, Scope::Service] {
        assert_eq!(token(scope, None, Mfa::Pending).may_begin("transfer", true, &bob), Err(Forbidden));
    }
}

#[test]
fn an_api_token_begins_none_of_the_services_own_protected_operations() {
    assert_eq!(token(Scope::ReadWrite, Some("bob"), Mfa::NonInteractive).may_begin_own_operation(), Err(Forbidden));
    assert_eq!(token(Scope::ReadWrite, Some("bob"), Mfa::Pending).may_begin_own_operation(), Ok(()));
    assert_eq!(token(Scope::Admin, None, Mfa::NonInteractive).may_begin_own_operation(), Ok(()));
}
