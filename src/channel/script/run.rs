//! One run of a script: message in, output and exit status out, within a time.

use std::{
    future::Future,
    io::{self, Write},
    pin::{Pin, pin},
    process::{Command, ExitStatus},
    time::Duration,
};

use futures_util::future::{FusedFuture, FutureExt};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::unix::pipe,
    task::spawn_blocking,
    time::{Instant, timeout, timeout_at},
};
use zeroize::Zeroizing;

use super::super::{blot::Heard, program::Group};

/// How long the dead may take to be gone, and their pipes to close. Only a process that the kernel cannot end at once,
/// or a descendant that left the group, takes any time at all.
const GRACE: Duration = Duration::from_millis(250);
/// How much output is read at a time, in bytes.
const CHUNK: usize = 16 * 1024;

/// As much as any system's empty pipe takes at once, in bytes (`PIPE_BUF` of Linux). Messages are shorter.
const AT_ONCE: usize = 4096;

/// How a run went.
pub(super) struct Ran {
    /// How the script ended by itself; `None`: its time was over.
    pub(super) status: Option<ExitStatus>,
    /// What it said on both its outputs.
    pub(super) heard: Heard,
}

/// A script that was started. Dropping it ends it.
pub(super) struct Run {
    group: Group,
    message: pipe::Sender,
    output: pipe::Receiver,
}

impl Run {
    /// Starts `command`, off the runtime's threads: it takes a while until a program is executed, and on a file system
    /// that hangs, forever. `message` waits for it: a service that dies now leaves no script with half of it.
    pub(super) async fn start(command: Command, message: &str) -> io::Result<Self> {
        let early = message.as_bytes().get(..AT_ONCE).unwrap_or(message.as_bytes());
        let early = Zeroizing::new(early.to_vec());
        spawn_blocking(move || Self::start_blocking(command, &early)).await.map_err(io::Error::other)?
    }

    fn start_blocking(mut command: Command, early: &[u8]) -> io::Result<Self> {
        let (output, writer) = io::pipe()?;
        let (message_reader, mut message) = io::pipe()?;
        message.write_all(early)?;
        command.stdin(message_reader).stdout(writer.try_clone()?).stderr(writer);
        Ok(Self {
            group: Group::start(command)?,
            message: pipe::Sender::from_owned_fd(message.into())?,
            output: pipe::Receiver::from_owned_fd(output.into())?,
        })
    }

    /// Gives the script what is left of `message` and hears its output until it ends or `deadline` has come; then ends all that it
    /// left behind. An error is one of the system, not of the script.
    pub(super) async fn finish(self, message: &str, deadline: Instant) -> io::Result<Ran> {
        let Self { group, message: input, output } = self;
        let mut heard = Heard::nothing();
        let rest = message.as_bytes().get(AT_ONCE..).unwrap_or_default();
        let pipes = async { tokio::try_join!(tell(input, rest), listen(output, &mut heard)) };
        let status = attend(group, pin!(pipes.map(|both| both.map(drop)).fuse()), deadline).await?;
        Ok(Ran { status, heard })
    }
}

/// Sees a group through to its end, and its pipes as far as they hold anything.
async fn attend<P>(mut group: Group, mut pipes: Pin<&mut P>, deadline: Instant) -> io::Result<Option<ExitStatus>>
where
    P: Future<Output = io::Result<()>> + FusedFuture,
{
    let leader_ended = async {
        tokio::select! {
            ended = group.leader_ended() => ended,
            Err(error) = &mut pipes => Err(error),
        }
    };
    let by_itself = timeout_at(deadline, leader_ended).await.ok().transpose()?.is_some();
    let ended = timeout(GRACE, group.end()).await;
    if !pipes.is_terminated()
        && let Ok(rest) = timeout(GRACE, pipes).await
    {
        rest?;
    }
    match ended {
        Ok(status) if by_itself => status.map(Some),
        Ok(status) => status.map(|_killed| None),
        Err(_) => Ok(None),
    }
}

/// Writes the message. A script that does not want to read it is free not to.
async fn tell(mut input: pipe::Sender, message: &[u8]) -> io::Result<()> {
    match input.write_all(message).await {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error),
        _ => Ok(()),
    }
}

/// Reads until nobody can say anything any more.
async fn listen(mut output: pipe::Receiver, heard: &mut Heard) -> io::Result<()> {
    let mut chunk = Zeroizing::new(vec![0; CHUNK]);
    loop {
        match output.read(&mut chunk).await? {
            0 => return Ok(()),
            length => heard.hear(chunk.get(..length).unwrap_or_default()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_script_whose_service_dies_at_its_start_has_the_whole_message_already() {
        let folder = tempfile::tempdir().unwrap();
        let mut command = Command::new("/bin/sh");
        command.args(["-c", "cat >message"]).current_dir(folder.path());
        let Run { mut group, message, output: _output } = Run::start(command, "Your TAN is 12345678.").await.unwrap();
        drop(message);
        group.leader_ended().await.unwrap();
        assert_eq!(std::fs::read_to_string(folder.path().join("message")).unwrap(), "Your TAN is 12345678.");
    }
}
