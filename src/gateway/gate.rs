//! What the gateway is made of: the route table, the way to the bank core, and what stands around its own replies.

use std::{fs, path::PathBuf, sync::Arc, time::Duration};

use http::HeaderValue;
use tokio::runtime::Handle;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    headers::Introduction,
    route::Routes,
    upstream::{Connecting, Place, Upstream, UpstreamError},
};
use crate::{
    domain::chance::Chance,
    http::{
        middleware::{Frame, Origins, RequestIds},
        routes::Api,
    },
    service::Service,
    settings::{Gateway, Settings, UpstreamAuthorization},
};

/// The gateway cannot be set up. Each says what to do.
#[derive(Debug, thiserror::Error)]
pub enum GatewayError {
    /// The bank core's address.
    #[error(transparent)]
    Upstream(#[from] UpstreamError),
    /// The file with the core's credential.
    #[error("gateway.upstream_authorization: {file} cannot be read: {source}", file = file.display())]
    CredentialUnreadable {
        /// Which.
        file: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// What stands in that file.
    #[error(
        "gateway.upstream_authorization: {file} does not hold the value of one Authorization header, like 'Bearer …'",
        file = file.display()
    )]
    CredentialMalformed {
        /// Which.
        file: PathBuf,
    },
}

/// What all workers of the gateway share.
pub struct Shared {
    pub(super) routes: Routes,
    pub(super) place: Place,
    pub(super) introduction: Introduction,
    pub(super) patience: Duration,
    pub(super) largest_body: usize,
    /// The credential for protected operations in place of the caller's.
    pub(super) credential: Option<HeaderValue>,
    pub(super) connecting: Connecting,
    /// For protected operations: on the program's own threads, which outlive those that serve a client.
    pub(super) operations: Upstream,
    pub(super) runtime: Handle,
    pub(super) frame: Frame,
    pub(super) origins: Origins,
    pub(super) api: Api,
    pub(super) ended: CancellationToken,
    /// Operations at work; waited for at the end.
    pub(super) tasks: TaskTracker,
}

impl Shared {
    /// The gateway of these settings over these use cases; `ended` closes what has no end of its own, `tasks` are the
    /// operations at work. To be called on the runtime that is to carry them out.
    pub fn new(
        settings: &Settings,
        gateway: &Gateway,
        api: Api,
        chance: &dyn Chance,
        ended: CancellationToken,
        tasks: TaskTracker,
    ) -> Result<Self, GatewayError> {
        let place = Place::of(&gateway.upstream)?;
        let connecting = Connecting::new(&place, gateway.upstream_timeout)?;
        let is_https = settings.server.origin.as_ref().is_some_and(crate::settings::Origin::is_https);
        let scheme = HeaderValue::from_static(if is_https { "https" } else { "http" });
        let origins = settings.server.allowed_origins.iter().map(|origin| origin.as_str().to_owned());
        Ok(Self {
            routes: Routes::new(gateway, place.base()),
            introduction: Introduction { host: place.host()?, scheme },
            place,
            patience: gateway.upstream_timeout,
            largest_body: settings.limits.gateway_body,
            credential: credential(&gateway.upstream_authorization)?,
            operations: Upstream::fresh(&connecting),
            connecting,
            runtime: Handle::current(),
            frame: Frame::new(Arc::new(RequestIds::new(chance))),
            origins: Origins::new(origins),
            api,
            ended,
            tasks,
        })
    }

    /// The use cases.
    #[must_use]
    pub const fn service(&self) -> &Service {
        self.api.service()
    }
}

/// The value of the `Authorization` header in the file, if it is one.
fn credential(from: &UpstreamAuthorization) -> Result<Option<HeaderValue>, GatewayError> {
    let UpstreamAuthorization::File(file) = from else { return Ok(None) };
    let text =
        fs::read_to_string(file).map_err(|source| GatewayError::CredentialUnreadable { file: file.clone(), source })?;
    let value = Some(text.trim()).filter(|text| text.split_once(' ').is_some()).map(HeaderValue::from_str);
    let Some(Ok(mut value)) = value else { return Err(GatewayError::CredentialMalformed { file: file.clone() }) };
    value.set_sensitive(true);
    Ok(Some(value))
}

/// The gateway as one worker has it: with connections of its own, on that worker's thread.
pub struct Gate {
    shared: Arc<Shared>,
    keeping: Upstream,
    fresh: Upstream,
}

impl Gate {
    /// To be called on the worker's thread.
    #[must_use]
    pub fn new(shared: Arc<Shared>) -> Self {
        let (keeping, fresh) = (Upstream::keeping(&shared.connecting), Upstream::fresh(&shared.connecting));
        Self { shared, keeping, fresh }
    }

    /// What all workers share.
    #[must_use]
    pub const fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    /// The client that keeps its connections.
    #[must_use]
    pub const fn keeping(&self) -> &Upstream {
        &self.keeping
    }

    /// The client that makes a connection for each request.
    #[must_use]
    pub const fn fresh(&self) -> &Upstream {
        &self.fresh
    }

    /// How long the bank core may take to its status line.
    #[must_use]
    pub fn patience(&self) -> Duration {
        self.shared.patience
    }

    /// Where the bank core is.
    #[must_use]
    pub fn place(&self) -> &Place {
        &self.shared.place
    }

    /// What the gateway says of itself.
    #[must_use]
    pub fn introduction(&self) -> &Introduction {
        &self.shared.introduction
    }

    /// Closes what has no end of its own.
    #[must_use]
    pub fn ended(&self) -> &CancellationToken {
        &self.shared.ended
    }

    /// The use cases.
    #[must_use]
    pub fn service(&self) -> &Service {
        self.shared.service()
    }
}
