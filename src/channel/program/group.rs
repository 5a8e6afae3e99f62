//! A process group that cannot outlive its owner.

use std::{
    io,
    os::unix::process::CommandExt,
    process::{Child, Command, ExitStatus},
};

use rustix::{
    io::Errno,
    process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid},
};
use tokio::{
    runtime::Handle,
    signal::unix::{self, SignalKind},
};

/// The first process of a group. While it is not reaped, the group's number cannot become another's: so the group is
/// killed first and the leader reaped after, always.
struct Leader {
    process: Child,
    pid: Pid,
    /// Tells that some child of this process has changed; subscribed to before this one was started.
    children: unix::Signal,
}

impl Leader {
    /// Waits until the leader has ended, and leaves it unreaped. The runtime's own wait would reap it.
    async fn ended(&mut self) -> io::Result<()> {
        let looking_only = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT | WaitIdOptions::NOHANG;
        while waitid(WaitId::Pid(self.pid), looking_only)?.is_none() {
            self.children.recv().await.ok_or_else(|| io::Error::other("the runtime is shutting down"))?;
        }
        Ok(())
    }

    /// Reaps the leader once it has ended.
    async fn reap(&mut self) -> io::Result<ExitStatus> {
        self.ended().await?;
        self.process.wait()
    }
}

/// A running program and all its descendants that stay in its group. Dropping it kills them all.
pub(in crate::channel) struct Group(Option<Leader>);

impl Group {
    /// Starts `command` as the leader of a new group. Blocks until the program is executed; needs a runtime.
    pub(in crate::channel) fn start(mut command: Command) -> io::Result<Self> {
        let children = unix::signal(SignalKind::child())?;
        let process = command.process_group(0).spawn()?;
        let pid = Pid::from_child(&process);
        Ok(Self(Some(Leader { process, pid, children })))
    }

    /// Waits until the leader has ended by itself. Its descendants may go on.
    pub(in crate::channel) async fn leader_ended(&mut self) -> io::Result<()> {
        self.0.as_mut().ok_or(Errno::CHILD)?.ended().await
    }

    /// Kills what is left of the group and says how the leader ended.
    pub(in crate::channel) async fn end(&mut self) -> io::Result<ExitStatus> {
        let leader = self.0.as_mut().ok_or(Errno::CHILD)?;
        kill(leader.pid);
        let status = leader.reap().await?;
        self.0 = None;
        Ok(status)
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        let Some(mut leader) = self.0.take() else { return };
        kill(leader.pid);
        // Without a runtime this process is ending, and who adopts its children reaps them.
        if let Ok(runtime) = Handle::try_current() {
            runtime.spawn(async move {
                if let Err(error) = leader.reap().await {
                    tracing::warn!(%error, "a channel script that was given up could not be reaped");
                }
            });
        }
    }
}

fn kill(group: Pid) {
    if let Err(error) = kill_process_group(group, Signal::KILL) {
        tracing::warn!(%error, "a channel script's process group could not be killed");
    }
}
