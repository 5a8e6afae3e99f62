//! The transport that is a mail server, made of its settings.

use std::sync::Arc;

use crate::{
    app::StartError,
    channel::Sender,
    settings::{Smtp, Transport},
};

pub(super) fn sender(_settings: &Smtp, transport: &Transport) -> Result<Arc<dyn Sender>, StartError> {
    Err(StartError::Transport { name: transport.name.clone(), trouble: "is not built in yet".to_owned() })
}
