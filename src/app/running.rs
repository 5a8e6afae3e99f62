//! A running service: its listeners, its worker, and how all of it ends.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use actix_web::dev::{Server, ServerHandle};
use futures_util::future::join_all;
use tokio::time::interval;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{Overrides, StartError, parts};
use crate::{
    domain::event::{Event, EventKind},
    gateway::{self, Shared},
    http::{
        metrics::Metrics,
        routes::{Api, Operators},
        server::{self, Bound},
    },
    service::Service,
    settings::{Gateway, Listen, Settings},
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
    gateway_address: Option<SocketAddr>,
    /// Closes the gateway's tunnels, which have no end of their own.
    closing: CancellationToken,
    /// The bank core's operations that are at work.
    operations: TaskTracker,
    ended: CancellationToken,
}

impl Running {
    /// Starts the service. When this returns, its listeners accept.
    pub async fn start(settings: &Settings, overrides: Overrides) -> Result<Self, StartError> {
        let service = parts::service(settings, &overrides).await?;
        service.prepare_ceilings().await?;
        let (closing, operations) = (CancellationToken::new(), TaskTracker::new());
        let api = api(settings, &service, &overrides)?;
        let gateway = settings.gateway.as_ref();
        let shared = |gateway| {
            Shared::new(settings, gateway, api.clone(), &*overrides.chance, closing.clone(), operations.clone())
        };
        let gateway = gateway.map(|gateway| bind_gateway(settings, gateway, shared(gateway)?)).transpose()?;
        let everyones = api.clone();
        let api = bind_api(settings, api)?;
        let operators = settings.server.operators_listen.as_ref();
        let operators = operators.map(|listen| bind_operators(listen, everyones)).transpose()?;
        service.note_event(&started(settings)).await?;
        service.begin_transports();
        let mut running = Self {
            worker: overrides.worker.then(|| Worker::start(&service)),
            service,
            listeners: Vec::new(),
            address: api.address,
            operators_address: operators.as_ref().and_then(|bound| bound.address),
            gateway_address: gateway.as_ref().and_then(|bound| bound.address),
            closing,
            operations,
            ended: CancellationToken::new(),
        };
        if operators.is_some() {
            running.keep_metrics();
        }
        for Bound { server, .. } in std::iter::once(api).chain(operators).chain(gateway) {
            running.serve(server);
        }
        running.announce(settings);
        Ok(running)
    }

    /// Says where it listens: the port that was really taken, as the configured one may be 0, any.
    fn announce(&self, settings: &Settings) {
        let place = |bound: Option<SocketAddr>, listen: &Listen| {
            bound.map_or_else(|| listen.to_string(), |address| address.to_string())
        };
        let address = place(self.address, &settings.server.listen);
        tracing::info!(%address, "serving");
        if let Some(listen) = &settings.server.operators_listen {
            let address = place(self.operators_address, listen);
            tracing::info!(%address, alone = settings.server.operators_alone, "serving operators");
        }
        if let Some(gateway) = &settings.gateway {
            let (address, upstream) = (place(self.gateway_address, &gateway.listen), gateway.upstream.as_str());
            tracing::info!(%address, upstream, operations = gateway.operations.len(), "serving the gateway");
        }
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

    /// Where operators are served, and `/metrics`.
    #[must_use]
    pub const fn operators_address(&self) -> Option<SocketAddr> {
        self.operators_address
    }

    /// Where the gateway is served; `None` where there is none, or on a unix socket.
    #[must_use]
    pub const fn gateway_address(&self) -> Option<SocketAddr> {
        self.gateway_address
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
        self.closing.cancel();
        // All at once: while one finishes what runs, the others let nobody else in.
        join_all(self.listeners.iter().map(|listener| listener.stop(true))).await;
        // A client that hung up has left its operation behind.
        self.operations.close();
        self.operations.wait().await;
        self.service.begin_no_more();
        if let Some(worker) = self.worker {
            worker.stop().await;
        }
        self.service.finish().await;
    }
}

/// What the trail says of a start: which release, set up how, and where.
fn started(settings: &Settings) -> Event {
    let instance = rustix::system::uname().nodename().to_string_lossy().into_owned();
    Event::of(EventKind::ServiceStarted)
        .with("release", env!("CARGO_PKG_VERSION"))
        .with("configuration", settings.digest())
        .with("instance", instance)
}

fn api(settings: &Settings, service: &Service, overrides: &Overrides) -> Result<Api, StartError> {
    let origins = settings.server.allowed_origins.iter().map(|origin| origin.as_str().to_owned());
    Api::new(service.clone(), origins, &*overrides.chance).map_err(set_up)
}

fn bind_api(settings: &Settings, api: Api) -> Result<Bound, StartError> {
    let server = &settings.server;
    let api = if server.operators_alone { api.without_operators() } else { api };
    server::bind_api(&server.listen, api, server.workers)
        .map_err(|error| listening("server.listen", &server.listen, error))
}

fn bind_gateway(settings: &Settings, gateway: &Gateway, shared: Shared) -> Result<Bound, StartError> {
    gateway::listener::bind(&gateway.listen, Arc::new(shared), settings.server.workers)
        .map_err(|error| listening("gateway.listen", &gateway.listen, error))
}

fn bind_operators(listen: &Listen, api: Api) -> Result<Bound, StartError> {
    let operators = Operators::new(Metrics::install().map_err(set_up)?, api);
    server::bind_operators(listen, operators).map_err(|error| listening("server.operators_listen", listen, error))
}

fn set_up(error: impl std::fmt::Display) -> StartError {
    StartError::SetUp(error.to_string())
}

fn listening(key: &'static str, listen: &Listen, source: std::io::Error) -> StartError {
    StartError::Listen { key, address: listen.to_string(), source }
}
