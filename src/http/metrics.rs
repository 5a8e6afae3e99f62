//! What the operators' listener tells Prometheus. No label is a free text: cardinality is bounded by the route table.

use std::{sync::OnceLock, time::Duration};

use actix_web::{
    HttpResponse,
    http::{Method, StatusCode},
    web,
};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

mod told;

use super::{call::Open, method, middleware::dress::method_name};

const REQUESTS: &str = "tanager_http_requests_total";
const DURATION: &str = "tanager_http_request_duration_seconds";
const HAND_OVER: &str = "tanager_hand_over_seconds";
/// Upper ends of the histograms' buckets, in seconds. A hand-over is the work of others: a script that is started, a mail
/// server, a gateway far away; and none is given up before its timeout, which is a minute where an operator is patient.
const BUCKETS: [f64; 12] = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 5.0, 20.0];
const HAND_OVER_BUCKETS: [f64; 12] = [0.002, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0];

/// A recorder of metrics could not be put in place.
#[derive(Clone, Debug, thiserror::Error)]
#[error("The recorder of metrics could not be put in place: {0}")]
pub struct MetricsError(String);

/// The recorder of this process.
#[derive(Clone)]
pub struct Metrics {
    handle: PrometheusHandle,
}

impl Metrics {
    /// Puts the recorder in place; the second and every further call in a process gives the same one.
    pub fn install() -> Result<Self, MetricsError> {
        static INSTALLED: OnceLock<Result<Metrics, MetricsError>> = OnceLock::new();
        INSTALLED.get_or_init(|| first_install().map_err(|trouble| MetricsError(trouble.to_string()))).clone()
    }

    /// All metrics in Prometheus' text format.
    #[must_use]
    pub fn render(&self) -> String {
        self.handle.render()
    }

    /// Bounds the memory of the histograms; to be called every few seconds.
    pub fn upkeep(&self) {
        self.handle.run_upkeep();
    }

    /// Mounts `GET /metrics`. For the operators' listener only.
    pub fn configure(&self, routes: &mut web::ServiceConfig) {
        routes.service(
            web::resource("/metrics").app_data(web::Data::new(self.clone())).route(method::get().to(metrics_page)),
        );
    }
}

/// How channels stand is looked up when it is asked for; what happens is counted as it does.
async fn metrics_page(metrics: web::Data<Metrics>, Open(service): Open) -> HttpResponse {
    service.measure_channels();
    HttpResponse::Ok().content_type("text/plain; version=0.0.4; charset=utf-8").body(metrics.render())
}

fn first_install() -> Result<Metrics, metrics_exporter_prometheus::BuildError> {
    let handle = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Full(DURATION.to_owned()), &BUCKETS)?
        .set_buckets_for_metric(Matcher::Full(HAND_OVER.to_owned()), &HAND_OVER_BUCKETS)?
        .install_recorder()?;
    told::describe();
    Ok(Metrics { handle })
}

/// Counts a request: `route` is the pattern of the route table, never a path.
pub(super) fn record_request(method: &'static str, route: &str, status: u16, elapsed: Duration) {
    let route = route.to_owned();
    metrics::counter!(REQUESTS, "method" => method, "route" => route.clone(), "status" => status.to_string())
        .increment(1);
    metrics::histogram!(DURATION, "method" => method, "route" => route).record(elapsed.as_secs_f64());
}

/// Counts a request that was passed on, under `route`. Its status is counted by its class, so that nothing is written
/// down anew for each: this is done for every request of the bank core's customers.
pub fn record_passed(method: &Method, route: &'static str, status: StatusCode, elapsed: Duration) {
    let method = method_name(method);
    let class = match status.as_u16() / 100 {
        1 => "1xx",
        2 => "2xx",
        3 => "3xx",
        4 => "4xx",
        _ => "5xx",
    };
    tracing::debug!(
        http.method = method,
        http.route = route,
        http.status = status.as_u16(),
        "A request was passed on."
    );
    metrics::counter!(REQUESTS, "method" => method, "route" => route, "status" => class).increment(1);
    metrics::histogram!(DURATION, "method" => method, "route" => route).record(elapsed.as_secs_f64());
}

#[cfg(test)]
mod tests {
    use actix_web::{App, test};

    use super::*;
    use crate::service::fixture::without_database;

    #[actix_web::test]
    async fn the_recorder_is_put_in_place_once_and_rendered() {
        let metrics = Metrics::install().unwrap();
        let again = Metrics::install().unwrap();
        record_request("GET", "/rendered/{username}", 200, Duration::from_millis(3));
        again.upkeep();
        metrics::histogram!(HAND_OVER, "channel" => "sms", "transport" => "rendered").record(0.3);
        let app = App::new().app_data(without_database()).configure(|routes| metrics.configure(routes));
        let app = test::init_service(app).await;
        let reply = test::call_service(&app, test::TestRequest::get().uri("/metrics").to_request()).await;
        assert_eq!(reply.status(), 200);
        let text = String::from_utf8(test::read_body(reply).await.to_vec()).unwrap();
        let line = "tanager_http_requests_total{method=\"GET\",route=\"/rendered/{username}\",status=\"200\"} 1";
        assert!(text.contains(line), "{text}");
        assert!(text.contains("tanager_http_request_duration_seconds_bucket"), "{text}");
        let line = "tanager_hand_over_seconds_bucket{channel=\"sms\",transport=\"rendered\",le=\"0.5\"} 1";
        assert!(text.contains(line), "{text}");
        let told = "# HELP tanager_hand_over_seconds The time that a transport took";
        assert!(text.contains(told) && text.contains("# TYPE tanager_hand_over_seconds histogram"), "{text}");
    }
}
