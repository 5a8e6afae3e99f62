//! A running service: its listeners, its worker, and how all of it ends.

use std::net::SocketAddr;

use actix_web::dev::{Server, ServerHandle};
use tokio_util::sync::CancellationToken;

use super::{Overrides, StartError, parts};
use crate::{
    domain::event::EventKind,
    http::server::{self, Bound},
    service::Service,
    settings::{Listen, Settings},
    worker::Worker,
};

/// A running service.
pub struct Running {
    service: Service,
    worker: Option<Worker>,
    listeners: Vec<ServerHandle>,
    address: Option<SocketAddr>,
    operators_address: Option<SocketAddr>,
    ended: CancellationToken,
}

impl Running {
    /// Starts the service. When this returns, its listeners accept.
    pub async fn start(settings: &Settings, overrides: Overrides) -> Result<Self, StartError> {
        let service = parts::service(settings, &overrides).await?;
        let set_up = |error: String| StartError::SetUp(error);
        let api = server::bind_api(settings, service.clone(), &*overrides.chance)
            .map_err(|error| listening(&settings.server.listen, error))?;
        let operators = settings.server.operators_listen.as_ref();
        let operators = operators
            .map(|listen| server::bind_operators(listen).map_err(|error| listening(listen, error)))
            .transpose()?;
        service.note_system(EventKind::ServiceStarted, "release", env!("CARGO_PKG_VERSION")).await?;
        let mut running = Self {
            worker: overrides.worker.then(|| Worker::start(service.clone())),
            service,
            listeners: Vec::new(),
            address: api.address,
            operators_address: operators.as_ref().and_then(|bound| bound.address),
            ended: CancellationToken::new(),
        };
        for Bound { server, .. } in std::iter::once(api).chain(operators) {
            running.serve(server);
        }
        let _ = set_up;
        tracing::info!(address = %settings.server.listen, "serving");
        Ok(running)
    }

    fn serve(&mut self, server: Server) {
        self.listeners.push(server.handle());
        let ended = self.ended.clone();
        tokio::spawn(async move {
            if let Err(error) = server.await {
                tracing::error!(error = %error, "a listener failed");
            }
            ended.cancel();
        });
    }

    /// Where the API is served; `None` on a unix socket.
    #[must_use]
    pub const fn address(&self) -> Option<SocketAddr> {
        self.address
    }

    /// Where `/metrics` is served.
    #[must_use]
    pub const fn operators_address(&self) -> Option<SocketAddr> {
        self.operators_address
    }

    /// The use cases that are being served.
    #[must_use]
    pub const fn service(&self) -> &Service {
        &self.service
    }

    /// Ends when a listener ended by itself.
    pub async fn failed(&self) {
        self.ended.cancelled().await;
    }

    /// Accepts nothing new, finishes what runs, and waits until every message in flight is recorded.
    pub async fn stop(self) {
        for listener in &self.listeners {
            listener.stop(true).await;
        }
        if let Some(worker) = self.worker {
            worker.stop().await;
        }
        self.service.finish().await;
    }
}

fn listening(listen: &Listen, source: std::io::Error) -> StartError {
    StartError::Listen { address: listen.to_string(), source }
}
