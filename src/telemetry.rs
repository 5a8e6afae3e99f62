//! The log: what the service says of itself, on standard error.
//!
//! One line an event, for people or as JSON. What other crates would say of connection strings and the parameters
//! of statements at their finer levels is kept out, whatever level is set, unless `RUST_LOG` asks for it by name.

use std::io::{IsTerminal, stderr};

use tracing::{Dispatch, level_filters::LevelFilter};
use tracing_subscriber::{
    EnvFilter, Layer,
    filter::Targets,
    fmt::{MakeWriter, layer},
    layer::SubscriberExt,
    registry,
    util::SubscriberInitExt,
};

use crate::settings::{Log, LogFormat, LogLevel};

/// The targets, by how they begin, that are held back, and the finest level that passes. Below it stand statements,
/// their parameters, headers and keys.
const CAPS: [(&str, LevelFilter); 8] = [
    ("tokio_postgres", LevelFilter::WARN),
    ("deadpool", LevelFilter::WARN),
    ("refinery", LevelFilter::INFO),
    ("rustls", LevelFilter::WARN),
    ("hyper", LevelFilter::WARN),
    ("h2", LevelFilter::WARN),
    ("reqwest", LevelFilter::WARN),
    ("mio", LevelFilter::INFO),
];

/// Why the log could not be started.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// `RUST_LOG` is no filter.
    #[error("RUST_LOG cannot be understood: write it like \"info\" or \"warn,tanager=debug\"")]
    Filter(#[from] tracing_subscriber::filter::ParseError),
    /// There is a log already.
    #[error("the log was started before")]
    Started(#[from] tracing_subscriber::util::TryInitError),
}

/// Starts the log of this process, once. The variable `RUST_LOG`, where it is set, overrides `log.level`; lines for
/// people are coloured when standard error is a terminal and `NO_COLOR` is not set.
pub fn start(log: Log) -> Result<(), TelemetryError> {
    let rust_log = std::env::var("RUST_LOG").ok();
    let colour = stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    subscriber(log, rust_log.as_deref(), colour, stderr)?.try_init()?;
    Ok(())
}

/// The log that writes to `writer`.
fn subscriber<W>(log: Log, rust_log: Option<&str>, colour: bool, writer: W) -> Result<Dispatch, TelemetryError>
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let rust_log = rust_log.map(str::trim).filter(|directives| !directives.is_empty());
    let filter = EnvFilter::builder().parse(rust_log.unwrap_or(level(log.level)))?;
    let lines = match log.format {
        LogFormat::Text => layer().with_writer(writer).with_ansi(colour).boxed(),
        LogFormat::Json => {
            layer().json().flatten_event(true).with_span_list(false).with_ansi(false).with_writer(writer).boxed()
        }
    };
    Ok(Dispatch::new(registry().with(filter).with(caps(rust_log.unwrap_or_default())).with(lines)))
}

const fn level(level: LogLevel) -> &'static str {
    match level {
        LogLevel::Error => "error",
        LogLevel::Warn => "warn",
        LogLevel::Info => "info",
        LogLevel::Debug => "debug",
        LogLevel::Trace => "trace",
    }
}

/// What passes of the crates in [`CAPS`]: all of those that `rust_log` names, the rest up to its cap.
fn caps(rust_log: &str) -> Targets {
    let named = |target: &str| rust_log.split(',').any(|directive| directive.trim().starts_with(target));
    let capped = CAPS.into_iter().filter(|(target, _)| !named(target));
    Targets::new().with_default(LevelFilter::TRACE).with_targets(capped)
}

#[cfg(test)]
mod tests {
    use std::{
        io,
        sync::{Arc, Mutex},
    };

    use super::*;

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn logged(log: Log, rust_log: Option<&str>, events: impl FnOnce()) -> String {
        let lines = Lines::default();
        let writer = lines.clone();
        let subscriber = subscriber(log, rust_log, false, move || writer.clone()).unwrap();
        tracing::dispatcher::with_default(&subscriber, events);
        let bytes = lines.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap()
    }

    fn at(level: LogLevel) -> Log {
        Log { level, ..Log::default() }
    }

    fn events_of_the_database() {
        tracing::debug!(target: "tokio_postgres::query", "with parameters");
        tracing::info!(target: "tokio_postgres::connection", "a notice");
        tracing::debug!(target: "refinery_core::traits", "a migration's text");
        tracing::debug!(target: "rustls::client", "a key");
        tracing::trace!(target: "hyper_util::client", "a header");
        tracing::warn!(target: "tokio_postgres::connection", "something is wrong");
        tracing::debug!(target: "tanager::storage", "our own");
    }

    #[test]
    fn no_level_shows_what_other_crates_say_of_parameters() {
        for text in [
            logged(at(LogLevel::Trace), None, events_of_the_database),
            logged(at(LogLevel::Info), Some("trace"), events_of_the_database),
            logged(at(LogLevel::Info), Some("debug,tanager=trace"), events_of_the_database),
        ] {
            for kept_out in ["parameters", "notice", "text", "key", "header"] {
                assert!(!text.contains(kept_out), "{text}");
            }
            assert!(text.contains("something is wrong") && text.contains("our own"), "{text}");
        }
    }

    #[test]
    fn a_crate_that_rust_log_names_is_shown() {
        let text = logged(at(LogLevel::Info), Some("warn,tokio_postgres::query=debug"), events_of_the_database);
        assert!(text.contains("with parameters") && !text.contains("our own"), "{text}");
    }

    #[test]
    fn a_cap_raises_nothing() {
        let text = logged(at(LogLevel::Error), None, events_of_the_database);
        assert_eq!(text, "");
        assert_eq!(logged(at(LogLevel::Trace), Some("tanager=info"), events_of_the_database), "");
    }

    #[test]
    fn rust_log_overrides_the_level_and_an_empty_one_does_not() {
        let event = || tracing::debug!(target: "tanager", "fine");
        assert!(logged(at(LogLevel::Info), Some("debug"), event).contains("fine"));
        assert_eq!(logged(at(LogLevel::Debug), Some("info"), event), "");
        assert!(logged(at(LogLevel::Debug), Some(" "), event).contains("fine"));
    }

    #[test]
    fn a_rust_log_that_is_no_filter_is_refused() {
        let refused = subscriber(Log::default(), Some("tanager=loud"), false, io::sink);
        assert!(matches!(refused, Err(TelemetryError::Filter(_))));
    }

    #[test]
    fn json_is_one_object_a_line() {
        let log = Log { format: LogFormat::Json, ..Log::default() };
        let text = logged(log, None, || {
            tracing::info!(target: "tanager", account = "alice", "first");
            tracing::warn!(target: "tanager", "second\nline");
        });
        let lines: Vec<serde_json::Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines.len(), 2);
        assert_eq!((&lines[0]["message"], &lines[0]["account"]), (&"first".into(), &"alice".into()));
        assert_eq!((&lines[1]["level"], &lines[1]["target"]), (&"WARN".into(), &"tanager".into()));
    }

    #[test]
    fn lines_for_people_have_no_colour_away_from_a_terminal() {
        let text = logged(Log::default(), None, || tracing::info!(target: "tanager", "plain"));
        assert!(text.contains(" INFO tanager: plain"), "{text:?}");
        assert!(!text.contains('\u{1b}'), "{text:?}");
    }
}
