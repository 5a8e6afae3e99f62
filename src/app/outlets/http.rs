//! The transport that is a gateway over HTTP, made of its settings.

use std::sync::Arc;

use crate::{
    app::StartError,
    channel::Sender,
    settings::{Http, Transport},
};

pub(super) fn sender(_settings: &Http, transport: &Transport) -> Result<Arc<dyn Sender>, StartError> {
    Err(StartError::Transport { name: transport.name.clone(), trouble: "is not built in yet".to_owned() })
}
