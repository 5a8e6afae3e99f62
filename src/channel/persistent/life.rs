//! One life of a persistent script's process, from its start to its end.

use std::{io, process::Command, process::ExitStatus, sync::Arc, time::Duration};

use tokio::{io::AsyncReadExt, net::unix::pipe, task::spawn_blocking, time::timeout};
use tokio_util::{sync::CancellationToken, task::AbortOnDropHandle};
use zeroize::Zeroizing;

use super::super::program::Group;
use super::{answer::Answer, murmur, track::Track};

/// How long a process that cannot be spoken to any more may take to end by itself, and how long the dead may take to be gone
/// and their pipes to close.
const GRACE: Duration = Duration::from_millis(250);
/// How long a process may take to end when it is told no more.
const FAREWELL: Duration = Duration::from_secs(2);
/// The longest line that is an answer, in bytes.
const LONGEST: usize = 64 * 1024;
/// How much is read at a time, in bytes.
const CHUNK: usize = 16 * 1024;

/// Why a life came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Cause {
    /// By itself.
    #[error("it ended")]
    Ended,
    /// Its standard input is closed.
    #[error("it closed its input")]
    Deaf,
    /// Its standard output is closed.
    #[error("it closed its output")]
    Mute,
    /// A line was no answer.
    #[error("it wrote what is no answer")]
    Garbage,
    /// A line was longer than any answer.
    #[error("it wrote a line that is too long")]
    Endless,
    /// It said nothing while messages waited for answers.
    #[error("it answered nothing in time")]
    Hanging,
    /// No more messages are to be sent.
    #[error("the service is ending")]
    Closing,
    /// The system failed.
    #[error("its pipes broke")]
    Broken,
}

impl Cause {
    /// How long it may take to end by itself.
    const fn patience(self) -> Duration {
        match self {
            Self::Ended | Self::Garbage | Self::Endless | Self::Hanging | Self::Broken => Duration::ZERO,
            Self::Deaf | Self::Mute => GRACE,
            Self::Closing => FAREWELL,
        }
    }
}

/// How a life ended.
pub(super) struct End {
    /// Why.
    pub(super) cause: Cause,
    /// How the process ended, also when it was killed; `None`: it is not gone yet.
    pub(super) status: Option<ExitStatus>,
}

/// A process that was started. Dropping it kills its group.
pub(super) struct Life {
    group: Group,
    input: pipe::Sender,
    output: pipe::Receiver,
    errors: pipe::Receiver,
}

impl Life {
    /// Starts `command`, off the runtime's threads: it takes a while until a program is executed, and on a file system that
    /// hangs, forever.
    pub(super) async fn start(command: Command) -> io::Result<Self> {
        spawn_blocking(move || Self::start_blocking(command)).await.map_err(io::Error::other)?
    }

    fn start_blocking(mut command: Command) -> io::Result<Self> {
        let (reader, input) = io::pipe()?;
        let (output, writer) = io::pipe()?;
        let (errors, murmurer) = io::pipe()?;
        command.stdin(reader).stdout(writer).stderr(murmurer);
        Ok(Self {
            group: Group::start(command)?,
            input: pipe::Sender::from_owned_fd(input.into())?,
            output: pipe::Receiver::from_owned_fd(output.into())?,
            errors: pipe::Receiver::from_owned_fd(errors.into())?,
        })
    }

    /// Carries messages of `track` until the process ends, or has to. When this returns, its group is killed and what it had
    /// answered is told.
    pub(super) async fn live(self, track: &Arc<Track>, closing: &CancellationToken) -> End {
        let Self { mut group, input, output, errors } = self;
        let mut listening = AbortOnDropHandle::new(tokio::spawn(listen(output, Arc::clone(track))));
        let murmuring = AbortOnDropHandle::new(tokio::spawn(murmur::overhear(errors)));
        let cause = tokio::select! {
            error = track.write(input) => if error.kind() == io::ErrorKind::BrokenPipe { Cause::Deaf } else { Cause::Broken },
            cause = &mut listening => cause.unwrap_or(Cause::Broken),
            ended = group.leader_ended() => if ended.is_ok() { Cause::Ended } else { Cause::Broken },
            () = track.until_hanging() => Cause::Hanging,
            () = closing.cancelled() => Cause::Closing,
        };
        // Its input is closed by now. One that does not end in time is killed below, like what it leaves behind.
        let by_itself = timeout(cause.patience(), group.leader_ended()).await.is_ok_and(|ended| ended.is_ok());
        let status = timeout(GRACE, group.end()).await.ok().and_then(Result::ok);
        // What a descendant that left the group holds open is not waited for.
        if !listening.is_finished() {
            let _ = timeout(GRACE, listening).await;
        }
        let _ = timeout(GRACE, murmuring).await;
        // Who ends closes what he had open, which may be seen first.
        let has_gone = by_itself && matches!(cause, Cause::Deaf | Cause::Mute);
        End { cause: if has_gone { Cause::Ended } else { cause }, status }
    }
}

/// Reads answers until there are none any more, or what comes is none.
async fn listen(mut output: pipe::Receiver, track: Arc<Track>) -> Cause {
    let mut chunk = Zeroizing::new(vec![0; CHUNK]);
    let mut line = Zeroizing::new(Vec::with_capacity(LONGEST));
    loop {
        let read = match output.read(&mut chunk).await {
            Ok(0) => return Cause::Mute,
            Ok(length) => chunk.get(..length).unwrap_or_default(),
            Err(_) => return Cause::Broken,
        };
        for part in read.split_inclusive(|byte| *byte == b'\n') {
            if line.len() + part.len() > LONGEST {
                return Cause::Endless;
            }
            line.extend_from_slice(part);
            if part.ends_with(b"\n") {
                let Some(answer) = Answer::read(&line) else { return garbage(&line) };
                line.clear();
                take(&track, answer);
            }
        }
    }
}

fn garbage(line: &[u8]) -> Cause {
    tracing::warn!(said = murmur::blotted(line), "a persistent script wrote what is no answer");
    Cause::Garbage
}

fn take(track: &Track, answer: Answer) {
    let transmission = answer.transmission;
    if !track.table().answer(answer) {
        tracing::debug!(%transmission, "a persistent script answered what nobody waits for");
    }
    track.tell_left();
}
