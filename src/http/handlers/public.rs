//! What anyone may read (`api.md` section 3).

use super::{Reply, ok};
use crate::http::{
    call::Open,
    wire::public::{Config, IMPLEMENTATION, Live, PROTOCOL, Ready, TAN_HEADER},
};

/// What this service offers.
#[utoipa::path(
    get,
    path = "/config",
    tag = "public",
    responses((status = 200, description = "What this service offers.", body = Config)),
    security(())
)]
pub async fn config(Open(service): Open) -> Reply {
    let limits = service.limits();
    Ok(ok(Config {
        name: "tanager",
        version: PROTOCOL,
        implementation: IMPLEMENTATION,
        supported_tan_channels: service.supported_channels().map(Into::into).collect(),
        tan_digits: limits.tan_digits,
        tan_lifetime: limits.tan_lifetime.into(),
        retransmission_period: limits.retransmission_period.into(),
        tan_header: TAN_HEADER,
    }))
}

/// Whether the process runs.
#[utoipa::path(
    get,
    path = "/health/live",
    tag = "public",
    responses((status = 200, description = "The process runs.", body = Live)),
    security(())
)]
pub async fn live() -> Reply {
    Ok(ok(Live { status: "live" }))
}

/// Whether the service can work.
#[utoipa::path(
    get,
    path = "/health/ready",
    tag = "public",
    responses((status = 200, description = "The database answers and has the schema of this program. Channels that are down are named.", body = Ready)),
    security(())
)]
pub async fn ready(Open(service): Open) -> Reply {
    service.ready().await?;
    let channels_down = service.channels_down().into_iter().map(Into::into).collect();
    Ok(ok(Ready { status: "ready", channels_down }))
}
