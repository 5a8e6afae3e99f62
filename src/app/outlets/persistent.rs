//! The transport that is a program that runs all the time, made of its settings.

use std::sync::Arc;

use crate::{
    app::StartError,
    channel::Sender,
    settings::{Persistent, Transport},
};

pub(super) fn sender(_settings: &Persistent, transport: &Transport) -> Result<Arc<dyn Sender>, StartError> {
    Err(StartError::Transport { name: transport.name.clone(), trouble: "is not built in yet".to_owned() })
}
