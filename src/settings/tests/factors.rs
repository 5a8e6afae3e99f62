//! Which factor serves for what: what is taken, what is refused, and what is warned about.

use super::*;
use crate::domain::{channel::Channel, policy::FirstChannel};

const SCRIPTS: &str = "[channel.sms]\nscript = '/bin/true'\n[channel.email]\nscript = '/bin/true'\n";
const CODES: &str = "[channel.totp]\nstrength = 'inform'\n[channel.recovery]\nstrength = 'inform'\n";

fn preferred(list: &str) -> [Channel; 4] {
    loaded(&format!("{LEAST}[channel]\npreference = {list}"), &[]).policy().preference
}

#[test]
fn channels_that_are_left_out_come_behind_those_that_are_named() {
    use Channel::{Email, Recovery, Sms, Totp};
    assert_eq!(loaded(LEAST, &[]).policy().preference, [Sms, Email, Totp, Recovery]);
    assert_eq!(preferred("[]"), [Sms, Email, Totp, Recovery]);
    assert_eq!(preferred("['totp']"), [Totp, Sms, Email, Recovery]);
    assert_eq!(preferred("['recovery', 'email']"), [Recovery, Email, Sms, Totp]);
    assert_eq!(preferred("['recovery', 'totp', 'email', 'sms']"), [Recovery, Totp, Email, Sms]);
    let by_variable = loaded(LEAST, &[("TANAGER_CHANNEL__PREFERENCE", "['email']")]);
    assert_eq!(by_variable.policy().preference, [Email, Sms, Totp, Recovery]);
}

#[test]
fn a_preference_names_channels_and_each_once() {
    let (twice, unknown) = ("names a channel twice", "names what is no channel; write each of [\"sms\", \"email\",");
    for (list, said) in [
        ("['sms', 'sms']", twice),
        ("['sms', 'email', 'totp', 'recovery', 'email']", twice),
        ("['SMS']", unknown),
        ("['sms', 'pigeon']", unknown),
        ("['sms', 1]", unknown),
        ("'sms'", "is no list"),
    ] {
        let found = troubles(&format!("{LEAST}[channel]\npreference = {list}"), &[]);
        assert_troubles(&found, &[said]);
        assert!(found[0].starts_with("channel.preference: "), "{found:?}");
    }
}

#[test]
fn each_channel_has_a_strength_of_its_own() {
    let default = loaded(LEAST, &[]).channels.strengths();
    let shown = |strengths: crate::domain::channel::Strengths| Channel::ALL.map(|channel| strengths.of(channel).name());
    assert_eq!(shown(default), ["possession", "inform", "possession", "possession"]);
    for (at, channel) in Channel::ALL.into_iter().enumerate() {
        let other = if channel == Channel::Email { "possession" } else { "inform" };
        let settings = loaded(&format!("{LEAST}[channel.{channel}]\nstrength = '{other}'"), &[]);
        let mut expected = shown(default);
        expected[at] = other;
        assert_eq!(shown(settings.channels.strengths()), expected);
    }
    assert_troubles(
        &troubles(&format!("{LEAST}[channel.totp]\nstrength = 'weak'"), &[]),
        &["channel.totp.strength: \"weak\" is not known here; write \"inform\" or \"possession\""],
    );
}

#[test]
fn the_policy_is_what_the_configuration_says() {
    let policy = loaded(LEAST, &[]).policy();
    assert_eq!(policy, crate::domain::policy::Policy::default());
    let text =
        format!("{LEAST}[enrolment]\nfirst = 'operator'\nwaiting = '30 days'\n[channel.totp]\nenabled = false\n");
    let policy = loaded(&text, &[]).policy();
    assert_eq!((policy.first, policy.waiting), (FirstChannel::Operator, Duration::from_hours(720)));
    assert_eq!((policy.totp, policy.recovery), (false, true));
    assert_troubles(
        &troubles(&format!("{LEAST}[enrolment]\nfirst = 'bank'\nwaiting = '31 days'"), &[]),
        &[
            "enrolment.first: \"bank\" is not known here; write \"self\" or \"operator\"",
            "enrolment.waiting: \"31 days\" is out of range; write \"0 s\" to \"30 days\"",
        ],
    );
}

/// The warnings about factors of a bank with both scripts and a gateway: one operation without channels demanded, and one
/// with.
fn doubts(more: &str, operation: &str) -> Vec<String> {
    let scripts = if more.contains("[channel.sms]") { "" } else { SCRIPTS };
    let demanding = "[[gateway.operation]]\nname = 'mandate'\nmethod = 'POST'\npath = '/{username}/mandates'\n\
                     enrolled = true\n";
    loaded(&format!("{LEAST}{scripts}{more}\n{LEAST_GATEWAY}{operation}\n{demanding}"), &[]).factor_warnings()
}

#[test]
fn what_every_bank_has_is_not_warned_about() {
    assert_troubles(&doubts("", ""), &[]);
    assert_troubles(&doubts(CODES, "strength = 'possession'"), &[]);
    assert_troubles(&doubts("[enrolment]\nwaiting = '24 h'", "enrolled = true"), &[]);
    assert_troubles(&loaded(&uncommented(), &[]).factor_warnings(), &[]);
}

#[test]
fn an_operation_that_no_channel_is_strong_enough_for_is_warned_about() {
    let weak = "[channel.sms]\nscript = '/bin/true'\nstrength = 'inform'\n";
    let none = &["gateway.operation \"transfer\": strength is \"possession\", and no channel of that strength is on"];
    assert_troubles(&doubts(&format!("{weak}{CODES}"), "strength = 'possession'"), none);
    assert_troubles(&doubts(&format!("{weak}{CODES}"), "strength = 'possession'\nassurance = 'none'"), &[]);
    assert_troubles(&doubts(&format!("{weak}{CODES}"), ""), &[]);
    let off = "[channel.totp]\nenabled = false\n[channel.recovery]\nenabled = false\n";
    assert_troubles(&doubts(&format!("{weak}{off}"), "strength = 'possession'"), none);
}

#[test]
fn a_bound_operation_that_nothing_shows_is_warned_about() {
    let codes_alone = "[channel.sms]\n[channel.email]\n";
    assert_troubles(
        &doubts(codes_alone, ""),
        &["gateway.operation \"transfer\", \"mandate\": assurance is \"bound\", and"],
    );
    assert_troubles(
        &doubts(codes_alone, "assurance = 'token'"),
        &["gateway.operation \"mandate\": assurance is \"bound\", and only totp or recovery can approve it"],
    );
    let by_email = "[channel.sms]\n[channel.email]\nscript = '/bin/true'\n";
    assert_troubles(&doubts(by_email, ""), &[]);
    let strong = "strength = 'possession'";
    assert_troubles(&doubts(by_email, strong), &["gateway.operation \"transfer\": assurance is \"bound\", and only"]);
    assert_troubles(&doubts(&format!("{by_email}strength = 'possession'"), strong), &[]);
}

#[test]
fn what_only_operators_can_open_or_customers_cannot_close_is_warned_about() {
    let first = "[enrolment]\nfirst = 'operator'";
    let waits = "gateway.operation \"mandate\": enrolled is true, and enrolment.first is \"operator\"";
    let passes = "gateway.operation \"transfer\": enrolled is false, and enrolment.first is \"operator\"";
    assert_troubles(&doubts(first, ""), &[waits, passes]);
    assert_troubles(&doubts(first, "assurance = 'none'"), &[waits]);
}

#[test]
fn a_wait_that_can_be_gone_round_is_warned_about() {
    let waiting = "[enrolment]\nwaiting = '1 s'\n";
    let round = "gateway.operation \"transfer\": enrolled is false, so that nobody has to wait for enrolment.waiting";
    assert_troubles(&doubts(waiting, ""), &[round]);
    assert_troubles(&doubts(waiting, "assurance = 'token'"), &[]);
    assert_troubles(&doubts(waiting, "enrolled = true"), &[]);
}

#[test]
fn a_long_wait_and_one_that_locks_out_are_warned_about() {
    let waiting = |time: &str| format!("[enrolment]\nwaiting = '{time}'\n");
    assert_troubles(&doubts(&waiting("25 h"), "enrolled = true"), &["enrolment.waiting is 25 h: so long a customer"]);
    let bound = "[server]\nown_operations = 'bound'";
    assert_troubles(&doubts(bound, ""), &[]);
    let locked = "server.own_operations is \"bound\", and enrolment.waiting is not 0";
    assert_troubles(&doubts(&format!("{}{bound}", waiting("1 s")), ""), &[locked]);
}

fn report(text: &str) -> String {
    let mut report = String::new();
    loaded(text, &[]).report(&mut report).unwrap();
    report
}

#[test]
fn the_report_says_how_hard_codes_are_to_guess_where_they_serve() {
    let codes = "chance to guess a code of 5 authenticator apps";
    let shown = report(LEAST);
    assert!(shown.contains(&format!("{codes} within one block of attempts: 7.5e-5\n")), "{shown}");
    assert!(shown.contains(&format!("{codes} in a year of steady guessing: 1.5e-3\n")), "{shown}");
    let alone = report(&format!("{LEAST}[limits]\ntotp_devices = 1"));
    assert!(alone.contains("of 1 authenticator apps within one block of attempts: 1.5e-5"), "{alone}");
    assert!(!report(&format!("{LEAST}[channel.totp]\nenabled = false")).contains("authenticator"));
    assert!(shown.contains("  preference = [\"sms\", \"email\", \"totp\", \"recovery\"]\n"), "{shown}");
}
