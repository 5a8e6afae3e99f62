//! What anyone may read (`api.md` section 3).

use serde::Serialize;
use utoipa::ToSchema;

use super::{channel::ChannelName, time::Duration};

/// The version of this contract: current, revision and age (libtool).
pub const PROTOCOL: &str = "1:0:0";
/// The name and the release of this program.
pub const IMPLEMENTATION: &str = concat!("tanager ", env!("CARGO_PKG_VERSION"));

/// The header that carries a one-shot token, as it is written.
pub const TAN_HEADER: &str = "TAN-Token";

/// What this service offers.
#[derive(Serialize, ToSchema)]
#[schema(examples(json!({
    "name": "tanager",
    "version": "1:0:0",
    "implementation": "tanager 0.1.0",
    "supported_tan_channels": ["sms", "email", "totp", "recovery"],
    "tan_digits": 8,
    "tan_lifetime": {"d_us": 300_000_000},
    "retransmission_period": {"d_us": 60_000_000},
    "tan_header": "TAN-Token",
})))]
pub struct Config {
    /// Always `tanager`.
    pub name: &'static str,
    /// The version of this contract: current, revision and age (libtool).
    pub version: &'static str,
    /// The name and the release of the program.
    pub implementation: &'static str,
    /// The channels that can be used here.
    pub supported_tan_channels: Vec<ChannelName>,
    /// Digits of a TAN that is sent.
    #[schema(minimum = 6, maximum = 10)]
    pub tan_digits: u8,
    /// How long a TAN can be used.
    pub tan_lifetime: Duration,
    /// How long to wait before a TAN is sent again.
    pub retransmission_period: Duration,
    /// The header that carries a one-shot token.
    pub tan_header: &'static str,
}

/// The process runs.
#[derive(Serialize, ToSchema)]
#[schema(examples(json!({"status": "live"})))]
pub struct Live {
    /// Always `live`.
    pub status: &'static str,
}

/// The service can work. When it cannot, the reply is 503/10090.
#[derive(Serialize, ToSchema)]
#[schema(examples(json!({"status": "ready", "channels_down": ["email"]})))]
pub struct Ready {
    /// Always `ready`.
    pub status: &'static str,
    /// Channels that are configured and down; they make nobody wait.
    pub channels_down: Vec<ChannelName>,
}
