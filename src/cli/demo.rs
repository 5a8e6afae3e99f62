//! `tanager demo`.

use std::{net::SocketAddr, path::PathBuf, process::ExitCode};

use anyhow::Context;
use clap::Args;
use tokio::signal::unix::{SignalKind, signal};

use super::say;
use crate::{
    channel,
    demo::{Demo, Places},
    telemetry,
};

#[derive(Args)]
pub(super) struct DemoArguments {
    /// Where the API listens [default: 127.0.0.1:9967, or another port when that is taken].
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<SocketAddr>,
    /// Where the gateway in front of the demo's bank core listens [default: 127.0.0.1:8080, or another port when that is
    /// taken].
    #[arg(long, value_name = "ADDRESS")]
    gateway_listen: Option<SocketAddr>,
    /// Keep the database, the keys and the messages here, and find them again the next time. Without it everything is
    /// in a temporary directory that goes with the demo. The bank core's money begins anew with each start.
    #[arg(long, value_name = "DIR")]
    directory: Option<PathBuf>,
}

pub(super) async fn demo(arguments: &DemoArguments) -> anyhow::Result<ExitCode> {
    channel::seal_descriptors().context("inherited descriptors could not be kept from channel scripts")?;
    telemetry::start(Demo::log())?;
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let places = Places { api: arguments.listen, gateway: arguments.gateway_listen };
    let demo = tokio::select! {
        demo = Demo::start(arguments.directory.clone(), places) => demo?,
        _ = terminate.recv() => return Ok(ExitCode::SUCCESS),
        _ = interrupt.recv() => return Ok(ExitCode::SUCCESS),
    };
    say(&demo.introduction())?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
        () = demo.failed() => tracing::error!("the service ended by itself"),
    }
    demo.stop().await?;
    Ok(ExitCode::SUCCESS)
}
