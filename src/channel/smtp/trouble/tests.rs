//! What each reply means.

use super::*;
use crate::channel::smtp::tests::envelope;

async fn reply(text: &str) -> Reply {
    Reply::read(&mut format!("{text}\r\n").as_bytes()).await.unwrap()
}

async fn said(stage: Stage, text: &str) -> SendError {
    Trouble::new(stage, Cause::Said(reply(text).await)).told(&envelope())
}

#[tokio::test]
async fn each_refusal_means_what_can_be_done_about_it() {
    for (stage, text, name) in [
        (Stage::Greeting, "421 4.3.2 too many connections", "try_later"),
        (Stage::Greeting, "554 no service for you", "misconfigured"),
        (Stage::Hello, "550 who are you", "misconfigured"),
        (Stage::StartTls, "454 TLS not available", "try_later"),
        (Stage::StartTls, "502 what", "misconfigured"),
        (Stage::LogIn, "535 5.7.8 wrong", "misconfigured"),
        (Stage::LogIn, "454 4.7.0 later", "try_later"),
        (Stage::From, "530 5.7.0 log in first", "misconfigured"),
        (Stage::From, "550 5.1.8 bad sender", "misconfigured"),
        (Stage::From, "452 4.3.1 no space", "try_later"),
        (Stage::To, "450 4.2.0 greylisted", "try_later"),
        (Stage::To, "451 greylisted", "try_later"),
        (Stage::To, "550 5.1.1 no such user", "address_refused"),
        (Stage::To, "550 5.1.10 null MX", "address_refused"),
        (Stage::To, "550 5.2.1 disabled", "address_refused"),
        (Stage::To, "553 5.6.7 ASCII alone", "address_refused"),
        (Stage::To, "552 5.2.2 mailbox full", "failed"),
        (Stage::To, "550 5.4.4 no route", "failed"),
        (Stage::To, "550 5.7.1 relaying denied", "misconfigured"),
        (Stage::To, "553 5.1.8 sender unknown", "misconfigured"),
        (Stage::To, "550 no such user", "address_refused"),
        (Stage::To, "551 user not local", "address_refused"),
        (Stage::To, "553 mailbox name not allowed", "address_refused"),
        (Stage::To, "550 relay not permitted", "misconfigured"),
        (Stage::To, "550 authentication required", "misconfigured"),
        (Stage::To, "530 log in first", "misconfigured"),
        (Stage::To, "554 transaction failed", "failed"),
        (Stage::To, "550 4.1.1 contradicts itself", "address_refused"),
        (Stage::To, "252 cannot verify", "failed"),
        (Stage::Data, "554 no valid recipients", "failed"),
        (Stage::Data, "250 what", "failed"),
        (Stage::Mail, "554 5.7.1 looks like spam", "misconfigured"),
        (Stage::Mail, "550 5.1.1 no such user after all", "address_refused"),
        (Stage::Mail, "550 go away", "failed"),
        (Stage::Mail, "451 4.7.1 greylisted", "try_later"),
        (Stage::Mail, "552 5.3.4 too big", "failed"),
    ] {
        assert_eq!(said(stage, text).await.name(), name, "{stage:?} {text}");
    }
}

#[tokio::test]
async fn what_a_customer_chose_is_told_apart_from_what_the_server_is() {
    for (stage, text, of_the_message) in [
        (Stage::Greeting, "421 4.3.2 too many connections", false),
        (Stage::LogIn, "454 4.7.0 later", false),
        (Stage::From, "452 4.3.1 no space", false),
        (Stage::To, "450 4.2.0 greylisted", true),
        (Stage::To, "452 4.2.2 mailbox full", true),
        (Stage::To, "550 5.4.4 no route", true),
        (Stage::To, "550 5.7.1 relaying denied", false),
        (Stage::To, "550 relay not permitted", false),
        (Stage::To, "421 going down", false),
        (Stage::Data, "451 no", false),
        (Stage::Mail, "554 5.7.1 looks like spam", true),
        (Stage::Mail, "421 going down", false),
    ] {
        assert_eq!(said(stage, text).await.is_of_the_message(), of_the_message, "{stage:?} {text}");
    }
    assert!(!Trouble::new(Stage::To, Cause::TimedOut).told(&envelope()).is_of_the_message());
}

#[test]
fn what_breaks_passes_and_what_is_not_trusted_does_not() {
    let broken = || Cause::Broken(io::ErrorKind::ConnectionReset.into());
    let tls = io::Error::other(rustls::Error::DecryptError);
    for (stage, cause, name) in [
        (Stage::Connecting, broken(), "try_later"),
        (Stage::Data, broken(), "try_later"),
        (Stage::Mail, broken(), "failed"),
        (Stage::Encrypting, tls.into(), "misconfigured"),
        (Stage::StartTls, Cause::Lacks("it offers none"), "misconfigured"),
        (Stage::To, Cause::TimedOut, "timed_out"),
        (Stage::To, Cause::NotSmtp, "failed"),
        (Stage::To, Cause::TooMuch, "failed"),
        (Stage::From, Cause::AsciiAlone, "address_refused"),
    ] {
        let trouble = Trouble::new(stage, cause);
        let shown = trouble.to_string();
        assert_eq!(trouble.told(&envelope()).name(), name, "{shown}");
    }
}

#[tokio::test]
async fn what_a_server_said_names_no_address_no_tan_and_no_password() {
    let told = said(Stage::To, "550 5.1.1 <alice@example.com>: unknown, your TAN 12345678").await.to_string();
    assert_eq!(
        told,
        "the transport refuses the address: RCPT: it said: 550 5.1.1 <*****************>: unknown, your TAN ********"
    );
    let told = said(Stage::LogIn, "535 5.7.8 AG1lAHNlc2FtZQ== is wrong").await.to_string();
    assert_eq!(told, "the transport is misconfigured: AUTH: it said 535");
}

#[tokio::test]
async fn only_before_the_mail_a_connection_can_have_been_dead() {
    let broken = || Cause::Broken(io::ErrorKind::UnexpectedEof.into());
    for (trouble, dead) in [
        (Trouble::new(Stage::From, broken()), true),
        (Trouble::new(Stage::Data, broken()), true),
        (Trouble::new(Stage::Mail, broken()), false),
        (Trouble::new(Stage::From, Cause::OutOfTurn), true),
        (Trouble::new(Stage::From, Cause::TimedOut), true),
        (Trouble::new(Stage::To, Cause::TimedOut), false),
        (Trouble::new(Stage::From, Cause::Said(reply("421 idle for too long").await)), true),
        (Trouble::new(Stage::Mail, Cause::Said(reply("421 closing").await)), false),
        (Trouble::new(Stage::To, Cause::Said(reply("550 no such user").await)), false),
    ] {
        assert_eq!(trouble.is_of_the_dead(), dead, "{trouble}");
    }
}
