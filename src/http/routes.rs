//! The route table, and what stands around it at each listener.

use std::sync::Arc;

use actix_web::web;

use super::{
    body::BodyBound,
    call::KnownHere,
    docs::Docs,
    handlers::{accounts, audit, challenges, channels, operations, operators, public, taler, tokens},
    method,
    metrics::Metrics,
    middleware::RequestIds,
    openapi,
};
use crate::{domain::chance::Chance, service::Service};

/// What stands at the gateway before the paths that anyone may read.
const BELOW: &str = "/tanager";

/// Writes a table down once, and makes of it what is mounted, a list for comparison, and the paths of the document:
/// a route whose handler is not documented does not compile.
macro_rules! table {
    (
        $mount:ident, $table:ident, $documented:ident:
        $($path:literal { $($verb:ident $group:ident::$handler:ident),+ $(,)? })+
    ) => {
        fn $mount(routes: &mut web::ServiceConfig, wanted: impl Fn(&str) -> bool) {
            $(if wanted($path) {
                routes.service(web::resource($path)$(.route(method::$verb().to($group::$handler)))+);
            })+
        }

        /// Every path of the table with its methods.
        #[cfg(test)]
        pub(super) const $table: &[(&str, &[&str])] = &[$(($path, &[$(stringify!($verb)),+])),+];

        #[derive(utoipa::OpenApi)]
        #[openapi(paths($($($group::$handler),+),+))]
        pub(super) struct $documented;
    };
}

table! {
    mount, TABLE, Documented:
    "/config" { get public::config }
    "/health/live" { get public::live }
    "/health/ready" { get public::ready }
    "/accounts" { get operators::list_accounts, post operators::create_account }
    "/accounts/{username}" {
        get accounts::show_account, patch accounts::patch_account, delete accounts::delete_account,
    }
    "/accounts/{username}/unblock" { post operators::unblock_account }
    "/accounts/{username}/challenges" { get operators::list_challenges }
    "/stats" { get operators::show_statistics }
    "/accounts/{username}/tan" { get channels::list_channels }
    "/accounts/{username}/tan/{channel}" {
        post channels::enrol, put channels::set_address, delete channels::remove_channel,
    }
    // A channel where a challenge is asked for, a challenge's id everywhere else.
    "/accounts/{username}/tan/challenge/{challenge}" {
        post challenges::request_challenge, get challenges::watch_challenge, delete challenges::abort_challenge,
    }
    "/accounts/{username}/tan/challenge/{challenge}/retransmit" { post challenges::retransmit_challenge }
    "/accounts/{username}/tan/challenge/{challenge}/confirm" { post challenges::confirm_challenge }
    "/accounts/{username}/token" { post tokens::mint_token, delete tokens::log_out }
    "/accounts/{username}/tokens" { get tokens::list_tokens }
    "/accounts/{username}/tokens/{token_id}" { delete tokens::end_token }
    "/accounts/{username}/session/step-up" { post tokens::step_up }
    "/tokens/reserve" { post operations::reserve }
    "/tokens/redeem" { post operations::redeem }
    "/tokens/reservations/{reservation_id}/commit" { post operations::commit }
    "/tokens/reservations/{reservation_id}/release" { post operations::release }
    "/operations" { post operations::describe_operation }
    "/audit" { get audit::list_events }
    "/audit/verify" { get audit::verify_events }
}

// Taler's flow, at the gateway alone (`api.md` section 6c).
table! {
    mount_taler, TALER_TABLE, TalerDocumented:
    "/accounts/{username}/challenge/{challenge_id}" { post taler::transmit_taler }
    "/accounts/{username}/challenge/{challenge_id}/confirm" { post taler::confirm_taler }
}

/// Whether a path of the table is the service's own at the gateway too.
fn faces_the_world(path: &str) -> bool {
    let below = path.strip_prefix("/accounts/{username}/").and_then(|rest| rest.split('/').next());
    matches!(below, Some("tan" | "challenge" | "session"))
}

/// Where a path of the API's listener is at the gateway; `None`: nowhere.
pub(super) fn place_at_the_gateway(path: &str) -> Option<String> {
    match path {
        "/config" | "/openapi.json" | "/docs" => Some(format!("{BELOW}{path}")),
        path => faces_the_world(path).then(|| path.to_owned()),
    }
}

/// What the API's listener serves. Cheap to clone.
#[derive(Clone)]
pub struct Api {
    service: Service,
    docs: Docs,
    docs_for_the_world: Docs,
    known_here: Option<KnownHere>,
    pub(super) allowed_origins: Arc<[String]>,
    pub(super) ids: Arc<RequestIds>,
}

impl Api {
    /// The API over these use cases. Pages of `allowed_origins`, each written as a browser sends it, may call it.
    pub fn new(
        service: Service,
        allowed_origins: impl IntoIterator<Item = String>,
        chance: &dyn Chance,
    ) -> Result<Self, serde_json::Error> {
        Ok(Self {
            service,
            docs: Docs::of(&openapi::document())?,
            docs_for_the_world: Docs::of(&openapi::document_for_the_world())?,
            known_here: None,
            allowed_origins: allowed_origins.into_iter().collect(),
            ids: Arc::new(RequestIds::new(chance)),
        })
    }

    /// The same, where operators have a listener to themselves: their credentials are unknown at this one.
    #[must_use]
    pub fn without_operators(self) -> Self {
        Self { known_here: Some(KnownHere::AllButOperators), ..self }
    }

    /// Mounts every route of this listener, without the layers around them.
    pub fn configure(&self, routes: &mut web::ServiceConfig) {
        if let Some(known_here) = self.known_here {
            routes.app_data(known_here);
        }
        routes.app_data(BodyBound(self.service.limits().api_body)).app_data(self.service.clone());
        mount(routes, |_| true);
        self.docs.configure(routes, "");
    }

    /// Mounts what the gateway serves itself (`api.md` section 6a): an account's factors, challenges and sessions at their
    /// own paths, and what anyone may read below `/tanager`. Only accounts' own credentials are known there.
    pub fn configure_for_the_world(&self, routes: &mut web::ServiceConfig) {
        routes
            .app_data(BodyBound(self.service.limits().api_body))
            .app_data(self.service.clone())
            .app_data(KnownHere::Accounts);
        mount(routes, faces_the_world);
        mount_taler(routes, |_| true);
        routes.service(web::resource(format!("{BELOW}/config")).route(method::get().to(public::config)));
        self.docs_for_the_world.configure(routes, BELOW);
    }

    /// The use cases.
    #[must_use]
    pub const fn service(&self) -> &Service {
        &self.service
    }
}

/// What the operators' listener serves: `/metrics`, and the API's routes for operators, whose credentials alone are known
/// there.
#[derive(Clone)]
pub struct Operators {
    metrics: Metrics,
    api: Api,
}

impl Operators {
    /// The metrics of this process, and this API for operators.
    #[must_use]
    pub fn new(metrics: Metrics, api: Api) -> Self {
        Self { metrics, api: Api { known_here: Some(KnownHere::Operators), allowed_origins: Arc::default(), ..api } }
    }

    /// Mounts every route of this listener, without the layers around them.
    pub fn configure(&self, routes: &mut web::ServiceConfig) {
        self.metrics.configure(routes);
        self.api.configure(routes);
    }

    /// The names of its requests.
    pub(super) fn ids(&self) -> Arc<RequestIds> {
        Arc::clone(&self.api.ids)
    }
}
