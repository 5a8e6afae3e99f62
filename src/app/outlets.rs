//! The ways out, made of `[channel]`. To be called on the runtime that they are to live on.

mod http;
mod persistent;
mod roots;
mod smtp;

use std::{num::NonZeroU16, sync::Arc};

use super::StartError;
use crate::{
    channel::{GateSettings, Outlet, Outlets, ScriptSender, Sender, Transport},
    domain::channel::Channel,
    settings::{self, Channels, MessageChannel, Script, TransportKind},
};

/// The outlets of the channels that have a transport configured, whether or not it can carry anything at this moment.
pub(super) fn outlets(channels: &Channels) -> Result<Outlets, StartError> {
    let configured = channels.transmitting().into_iter().filter(|(_, channel)| !channel.transports.is_empty());
    let mut outlets = Outlets::new();
    for (channel, settings) in configured {
        outlets = outlets.with(channel, outlet(channel, settings)?);
    }
    Ok(outlets)
}

fn outlet(channel: Channel, settings: &MessageChannel) -> Result<Arc<Outlet>, StartError> {
    let gate = GateSettings {
        at_once: u16::try_from(settings.at_once).ok().and_then(NonZeroU16::new).unwrap_or(NonZeroU16::MIN),
        waiting: u16::try_from(settings.waiting).unwrap_or(u16::MAX),
        patience: settings.patience,
    };
    let transports = settings.transports.iter().map(|one| transport(channel, one)).collect::<Result<_, _>>()?;
    Ok(Arc::new(Outlet::new(transports, gate)))
}

fn transport(channel: Channel, transport: &settings::Transport) -> Result<Transport, StartError> {
    let path = format!("channel.{}.transport.{}", channel.name(), transport.name);
    let sender: Arc<dyn Sender> = match &transport.kind {
        TransportKind::Script(script) => Arc::new(self::script(script, transport)),
        TransportKind::Persistent(persistent) => persistent::sender(persistent, transport)?,
        TransportKind::Smtp(smtp) => smtp::sender(smtp, transport, &path)?,
        TransportKind::Http(http) => http::sender(http, transport, &path)?,
    };
    Ok(Transport::new(&transport.name, sender))
}

fn script(script: &Script, transport: &settings::Transport) -> ScriptSender {
    ScriptSender::new(&script.program.path, script.program.env.clone(), transport.timeout)
}
