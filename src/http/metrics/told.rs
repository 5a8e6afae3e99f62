//! What each metric of the program tells, for whoever reads them without the documents.

use metrics::{Unit, describe_counter, describe_gauge, describe_histogram};

const COUNTERS: [(&str, &str); 11] = [
    ("tanager_http_requests_total", "Requests that were answered."),
    ("tanager_transmissions_total", "Messages with a TAN, by what became of them."),
    ("tanager_transmissions_taken_over_total", "Sendings whose holder died and that another worker took over."),
    ("tanager_hand_overs_total", "Tries to hand a message over, by transport and by what became of them."),
    ("tanager_hand_over_retries_total", "Tries by a transport after another one had failed with the same message."),
    ("tanager_notices_total", "Messages without a TAN, by what became of them."),
    ("tanager_challenges_total", "Challenges that were requested, and that were solved."),
    (
        "tanager_carried_total",
        "Messages with a TAN that a transport carried, and challenges that were solved by its latest one.",
    ),
    ("tanager_attempts_total", "Confirmations, by what came of them."),
    ("tanager_refusals_total", "What limits refused."),
    ("tanager_identity_answers_total", "What was said to the question who is calling."),
];

const GAUGES: [(&str, &str); 7] = [
    ("tanager_hand_overs_waiting", "Messages that wait for a place at the channel's gate."),
    ("tanager_notices_waiting", "Notices of all instances that are not sent yet."),
    ("tanager_channel_down", "1 while no transport of the channel is likely to carry a message."),
    ("tanager_transport_resting", "1 while the transport is left in peace, as it failed again and again."),
    ("tanager_transport_unready", "1 while the transport cannot be tried at all, as it is set up."),
    ("tanager_identity_breaker_open", "1 while nobody is asked who is calling, as there were no answers."),
    ("tanager_prefixes_closed", "Prefixes that are closed or half open against SMS pumping."),
];

const HISTOGRAMS: [(&str, &str); 2] = [
    ("tanager_http_request_duration_seconds", "The time from a request's head to its reply's head."),
    ("tanager_hand_over_seconds", "The time that a transport took for a message, whatever became of it."),
];

/// Describes all of them to the recorder that is in place.
pub(super) fn describe() {
    for (name, told) in COUNTERS {
        describe_counter!(name, told);
    }
    for (name, told) in GAUGES {
        describe_gauge!(name, told);
    }
    for (name, told) in HISTOGRAMS {
        describe_histogram!(name, Unit::Seconds, told);
    }
}
