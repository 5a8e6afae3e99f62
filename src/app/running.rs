//! A running service: its listeners, its worker, and how all of it ends.

use std::{net::SocketAddr, time::Duration};

use actix_web::dev::{Server, ServerHandle};
use tokio::time::interval;
use tokio_util::sync::CancellationToken;

use super::{Overrides, StartError, parts};
use crate::{
    domain::event::EventKind,
    http::{
        metrics::Metrics,
        routes::{Api, Operators},
        server::{self, Bound},
    },
    service::Service,
    settings::{Listen, Settings},
    worker::Worker,
};

/// How often metrics are folded.
const METRICS_EVERY: Duration = Duration::from_secs(5);

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
        let api = bind_api(settings, &service, &overrides)?;
        let operators = settings.server.operators_listen.as_ref();
        let operators = operators.map(|listen| bind_operators(listen, &overrides)).transpose()?;
        service.note_system(EventKind::ServiceStarted, "release", env!("CARGO_PKG_VERSION")).await?;
        let mut running = Self {
            worker: overrides.worker.then(|| Worker::start(service.clone())),
            service,
            listeners: Vec::new(),
            address: api.address,
            operators_address: operators.as_ref().and_then(|bound| bound.address),
            ended: CancellationToken::new(),
        };
        if operators.is_some() {
            running.keep_metrics();
        }
        for Bound { server, .. } in std::iter::once(api).chain(operators) {
            running.serve(server);
        }
        tracing::info!(address = %settings.server.listen, "serving");
        Ok(running)
    }

    /// Samples are folded into their histograms at intervals, so that they do not pile up when nobody reads them.
    fn keep_metrics(&self) {
        let ended = self.ended.clone();
        tokio::spawn(async move {
            let (Ok(metrics), mut tick) = (Metrics::install(), interval(METRICS_EVERY)) else { return };
            while ended.run_until_cancelled(tick.tick()).await.is_some() {
                metrics.upkeep();
            }
        });
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

fn bind_api(settings: &Settings, service: &Service, overrides: &Overrides) -> Result<Bound, StartError> {
    let server = &settings.server;
    let origins = server.allowed_origins.iter().map(|origin| origin.as_str().to_owned());
    let api = Api::new(service.clone(), origins, &*overrides.chance).map_err(set_up)?;
    server::bind_api(&server.listen, api, server.workers).map_err(|error| listening(&server.listen, error))
}

fn bind_operators(listen: &Listen, overrides: &Overrides) -> Result<Bound, StartError> {
    let operators = Operators::new(Metrics::install().map_err(set_up)?, &*overrides.chance);
    server::bind_operators(listen, operators).map_err(|error| listening(listen, error))
}

fn set_up(error: impl std::fmt::Display) -> StartError {
    StartError::SetUp(error.to_string())
}

fn listening(listen: &Listen, source: std::io::Error) -> StartError {
    StartError::Listen { address: listen.to_string(), source }
}
