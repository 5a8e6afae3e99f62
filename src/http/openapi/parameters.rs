//! The parameters of the routes, as the document shows them. They are read elsewhere; these types have no values.

use utoipa::IntoParams;
use uuid::Uuid;

use crate::http::wire::channel::ChannelName;

/// In the path of an account's routes.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
pub struct AccountPath {
    /// The account's name; neither `.` nor `..`.
    #[param(example = "alice", pattern = "^[a-zA-Z0-9._~-]{1,126}$")]
    pub username: String,
}

/// In the path of a channel's routes.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
pub struct ChannelPath {
    /// The channel. Another name is 409/5132; with DELETE 404/5132.
    #[param(inline)]
    pub channel: ChannelName,
}

/// Which authenticator app is to be removed.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub struct DeviceQuery {
    /// For `totp`: the name of the app. Absent: all of them. Of meaning for no other channel.
    #[param(example = "telephone", min_length = 1, max_length = 64)]
    pub name: Option<String>,
}

/// In the path by which a challenge is asked for.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
pub struct WantedChannelPath {
    /// The channel on which a challenge is wanted. Another name is 409/5132.
    #[param(inline)]
    pub challenge: ChannelName,
}

/// In the path of a challenge's routes.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
pub struct ChallengePath {
    /// The challenge's `challenge_id`.
    #[param(example = "0197f5a0-8c2e-7c3a-9d61-0a1b2c3d4e5f")]
    pub challenge: Uuid,
}

/// In the path of a token's routes.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
pub struct TokenPath {
    /// The token's `token_id`.
    #[param(example = "0197f5a0-8c2e-7c3a-9d61-0a1b2c3d4e5f")]
    pub token_id: Uuid,
}

/// In the path of Taler's challenges.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
pub struct TalerPath {
    /// The `challenge_id` out of the 202.
    #[param(example = "AAGp1Jq")]
    pub challenge_id: String,
}

/// In the path of a reservation's routes.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
pub struct ReservationPath {
    /// The `reservation_id`, as it was given out.
    #[param(example = "AAGp1Jq")]
    pub reservation_id: String,
}

/// The proof that a protected operation may need.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
pub struct Proof {
    /// A one-shot token out of a solved challenge. Needed where the answer without it is 403/10002; ignored where no
    /// proof is needed. Twice, or a list, is 400/23.
    #[param(rename = "TAN-Token", value_type = String, required = false, example = "tan_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    pub tan_token: Option<String>,
}

/// What makes a repeat of a request harmless.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
pub struct Attempt {
    /// Names this attempt for 24 hours: the same request under the same key names the same challenge and transmits
    /// nothing; another request under it is 422/10009; while the first one runs it is 503/10090.
    #[param(
        rename = "Idempotency-Key", value_type = String, required = false,
        example = "8e03978e-40d5-43dd-bc93-6894a57f9324",
        pattern = "^[!-~]{1,255}$"
    )]
    pub idempotency_key: Option<String>,
}

/// Which part of the accounts is wanted.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub struct AccountsPage {
    /// How many at most; 100 unless told.
    #[param(minimum = 1, maximum = 1000)]
    pub limit: Option<u32>,
    /// How many are passed over. What is made or deleted meanwhile moves the others; `cursor` does not mind.
    #[param(value_type = Option<u64>, minimum = 0, maximum = 4_294_967_295_u64)]
    pub offset: Option<u32>,
    /// The `next` of the reply before, with the same `filter`; not beside `offset`.
    #[param(example = "YWxpY2U")]
    pub cursor: Option<String>,
    /// What the names begin with.
    pub filter: Option<String>,
}

/// Which part of an account's challenges is wanted.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub struct HistoryPage {
    /// How many at most; 100 unless told.
    #[param(minimum = 1, maximum = 1000)]
    pub limit: Option<u32>,
    /// The `next` of the reply before.
    #[param(example = "AAAAAAAAACo")]
    pub cursor: Option<String>,
}
/// Which events of the audit trail are wanted. What is absent is not asked for; the filters combine.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub struct EventsPage {
    /// Of this account alone; `.` names what belongs to no account. One that there never was is 404/5106.
    #[param(example = "alice")]
    pub account: Option<String>,
    /// Of this kind alone.
    #[param(example = "challenge.solved")]
    pub event: Option<String>,
    /// Written then or later; seconds since 1970.
    #[param(minimum = 0, maximum = 253_402_300_799_i64)]
    pub since: Option<i64>,
    /// How many at most; 100 unless told, and all of them as JSON lines.
    #[param(minimum = 1, maximum = 1000)]
    pub limit: Option<u32>,
    /// The `next` of the page before, which was asked for with the same filters.
    pub cursor: Option<String>,
}

/// Whose chain is to be verified.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub struct TrailAccount {
    /// This account's alone; `.` names what belongs to no account. One that there never was is 404/5106.
    #[param(example = "alice")]
    pub account: Option<String>,
}
