//! What spans say of a message, and what they do not.

use std::{
    io,
    sync::{Mutex, PoisonError},
};

use tracing_subscriber::fmt::format::FmtSpan;

use super::*;

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_message_and_each_try_have_a_span_that_names_no_secret() {
    let lines = Lines::default();
    let writer = lines.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_span_events(FmtSpan::CLOSE)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    tracing::subscriber::with_default(subscriber, || {
        runtime.block_on(async {
            let (first, second) = (Recording::new(), Recording::new());
            first.fail_next(SendError::TryLater(Reason::new("no room here")));
            let transports = vec![Transport::new("first", Arc::new(first)), Transport::new("second", Arc::new(second))];
            let outlet = Outlet::new(transports, GateSettings::default());
            assert_eq!(outlet.send(outlet.admit().await.unwrap(), &envelope()).await.outcome, Ok(()));
        });
    });
    let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    let of_try = |name: &str, outcome: &str| {
        format!(
            "channel.transport.send{{channel.name=\"sms\" transmission.id={} transport.name=\"{name}\" outcome=\"{outcome}\"}}",
            uuid::Uuid::nil()
        )
    };
    let of_message = format!(
        "channel.message.send{{channel.name=\"sms\" message.kind=\"tan\" transmission.id={} transport.name=\"second\" outcome=\"sent\"}}",
        uuid::Uuid::nil()
    );
    for span in [of_message, of_try("first", "try_later"), of_try("second", "sent")] {
        assert!(text.contains(&span), "no {span} in {text}");
    }
    let why =
        text.lines().find(|line| line.contains("a transport could not carry a message; second is tried")).unwrap();
    for told in ["WARN", "transport=\"first\"", "no room here"] {
        assert!(why.contains(told), "{told} is not in {why}");
    }
    for secret in ["12345678", "41791234567", "alice", "****"] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
}
