//! What anyone may read (`api.md` section 3).

use super::{Reply, ok};
use crate::http::{
    call::Open,
    wire::public::{Config, IMPLEMENTATION, Live, PROTOCOL, Ready, TAN_HEADER},
};

/// What this service offers.
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
pub async fn live() -> Reply {
    Ok(ok(Live { status: "live" }))
}

/// Whether the service can work.
pub async fn ready(Open(service): Open) -> Reply {
    service.ready().await?;
    let channels_down = service.channels_down().into_iter().map(Into::into).collect();
    Ok(ok(Ready { status: "ready", channels_down }))
}
