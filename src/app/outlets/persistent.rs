//! The transport that is a program that runs all the time, made of its settings.

use std::{num::NonZeroU8, sync::Arc};

use crate::{
    app::StartError,
    channel::{PersistentSender, Sender},
    settings::{Persistent, Transport},
};

#[expect(clippy::unnecessary_wraps, reason = "every kind of transport is made by a function of this form")]
pub(super) fn sender(settings: &Persistent, transport: &Transport) -> Result<Arc<dyn Sender>, StartError> {
    let processes = u8::try_from(settings.processes).ok().and_then(NonZeroU8::new).unwrap_or(NonZeroU8::MIN);
    let program = &settings.program;
    Ok(Arc::new(PersistentSender::new(&program.path, program.env.clone(), processes, transport.timeout)))
}
