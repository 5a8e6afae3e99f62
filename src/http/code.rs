//! The table of codes (`api.md` section 1): each number, its status, its name and its fixed sentence stand here and
//! nowhere else. Numbers below 10000 are GNU Taler's registry (GANA), those from 10000 on are this project's own.

use actix_web::http::StatusCode;

macro_rules! codes {
    ($($variant:ident = $number:literal, $status:ident, $name:literal, $hint:literal;)+) => {
        /// What a client branches on: one row of the table of codes.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Code {
            $(#[doc = $hint] $variant,)+
        }

        impl Code {
            /// Every row, in the order of the table.
            pub const ALL: [Self; [$($number),+].len()] = [$(Self::$variant),+];

            /// The member `code`. Two rows share 5132: the status tells them apart.
            #[must_use]
            pub const fn number(self) -> u16 {
                match self { $(Self::$variant => $number,)+ }
            }

            /// The status that is sent with this code, always.
            #[must_use]
            pub const fn status(self) -> StatusCode {
                match self { $(Self::$variant => StatusCode::$status,)+ }
            }

            /// The name in the registry; for documents and logs.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            /// The sentence that is sent where nothing more exact is known.
            #[must_use]
            pub const fn hint(self) -> &'static str {
                match self { $(Self::$variant => $hint,)+ }
            }
        }
    };
}

codes! {
    MethodInvalid = 20, METHOD_NOT_ALLOWED, "GENERIC_METHOD_INVALID",
        "This path does not know that method; the header Allow names those that it knows.";
    EndpointUnknown = 21, NOT_FOUND, "GENERIC_ENDPOINT_UNKNOWN",
        "There is nothing at this path.";
    JsonInvalid = 22, BAD_REQUEST, "GENERIC_JSON_INVALID",
        "The body must be one JSON object in UTF-8 in which no member stands twice.";
    HeadersMalformed = 23, BAD_REQUEST, "GENERIC_HTTP_HEADERS_MALFORMED",
        "A header is malformed.";
    ParameterMissing = 25, BAD_REQUEST, "GENERIC_PARAMETER_MISSING",
        "A member or parameter that is needed is absent.";
    ParameterMalformed = 26, BAD_REQUEST, "GENERIC_PARAMETER_MALFORMED",
        "A member, parameter or id is malformed.";
    CompressionInvalid = 28, UNSUPPORTED_MEDIA_TYPE, "GENERIC_COMPRESSION_INVALID",
        "The body must be sent as it is, without a Content-Encoding.";
    UploadExceedsLimit = 32, PAYLOAD_TOO_LARGE, "GENERIC_UPLOAD_EXCEEDS_LIMIT",
        "The body is larger than this service reads.";
    Unauthorized = 40, UNAUTHORIZED, "GENERIC_UNAUTHORIZED",
        "Credentials are needed, and none were sent or they are not known.";
    Forbidden = 44, FORBIDDEN, "GENERIC_FORBIDDEN",
        "These credentials do not allow this.";
    UnknownAccount = 5106, NOT_FOUND, "BANK_UNKNOWN_ACCOUNT",
        "There is no such account.";
    TransactionNotFound = 5107, NOT_FOUND, "BANK_TRANSACTION_NOT_FOUND",
        "The challenge is unknown, or was aborted or voided.";
    UsernameReuse = 5121, CONFLICT, "BANK_REGISTER_USERNAME_REUSE",
        "The username exists with other data, or belonged to a deleted account.";
    MissingTanInfo = 5129, CONFLICT, "BANK_MISSING_TAN_INFO",
        "The account has no address for that channel.";
    TanRateLimited = 5131, TOO_MANY_REQUESTS, "BANK_TAN_RATE_LIMITED",
        "That was too often; the header Retry-After says when to try again.";
    ChannelNotSupported = 5132, CONFLICT, "BANK_TAN_CHANNEL_NOT_SUPPORTED",
        "The channel is unknown, not configured, or not active here.";
    ChannelNotActive = 5132, NOT_FOUND, "BANK_TAN_CHANNEL_NOT_SUPPORTED",
        "The account does not have that channel.";
    ChannelScriptFailed = 5133, BAD_GATEWAY, "BANK_TAN_CHANNEL_SCRIPT_FAILED",
        "The message could not be handed over; it may be tried again at once.";
    ChallengeFailed = 5134, CONFLICT, "BANK_TAN_CHALLENGE_FAILED",
        "The TAN is wrong.";
    ChallengeNotFound = 5143, NOT_FOUND, "BANK_CHALLENGE_NOT_FOUND",
        "There is no such challenge for this account.";
    ChallengeExpired = 5144, CONFLICT, "BANK_TAN_CHALLENGE_EXPIRED",
        "The challenge, its TAN or the ticket is past its time, or was aborted or voided.";
    ChallengeSolved = 10001, GONE, "TAN_CHALLENGE_SOLVED",
        "The challenge is already solved; a token is never issued twice.";
    TanRequired = 10002, FORBIDDEN, "TAN_REQUIRED",
        "This operation needs a proof: request a challenge with the ticket in \"operation\", and repeat the request with the token.";
    TokenInvalid = 10003, FORBIDDEN, "TAN_TOKEN_INVALID",
        "The token is not valid.";
    TokenWrongOperation = 10004, FORBIDDEN, "TAN_TOKEN_WRONG_OPERATION",
        "The token is for another operation; it is void from now on.";
    TokenReserved = 10005, CONFLICT, "TAN_TOKEN_RESERVED",
        "Another request is using this token at this moment.";
    AccountBlocked = 10006, TOO_MANY_REQUESTS, "TAN_ACCOUNT_BLOCKED",
        "Too many wrong TANs in a row; the header Retry-After says until when the account is blocked.";
    ChannelExists = 10007, CONFLICT, "TAN_CHANNEL_EXISTS",
        "The channel is already active with this address.";
    AddressInvalid = 10008, BAD_REQUEST, "TAN_ADDRESS_INVALID",
        "This is no address that the channel can use.";
    IdempotencyMismatch = 10009, UNPROCESSABLE_ENTITY, "TAN_IDEMPOTENCY_MISMATCH",
        "The Idempotency-Key was used with another request.";
    ReservationNotFound = 10010, NOT_FOUND, "TAN_RESERVATION_NOT_FOUND",
        "The reservation is unknown, was released, or lapsed and was taken by another.";
    TemporarilyUnavailable = 10090, SERVICE_UNAVAILABLE, "TAN_TEMPORARILY_UNAVAILABLE",
        "Nothing was changed, or the outcome is not known: look (GET), then try again.";
    UpstreamFailed = 10091, BAD_GATEWAY, "TAN_UPSTREAM_FAILED",
        "The bank core could not be reached, hung up, or took too long.";
}

impl Code {
    /// Whether a reply with this code always has a `Retry-After`: every 429, every 503, and 409/10005.
    #[must_use]
    pub const fn tells_when_to_retry(self) -> bool {
        matches!(self, Self::TanRateLimited | Self::AccountBlocked | Self::TemporarilyUnavailable | Self::TokenReserved)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The table of `api.md`, written out a second time on purpose.
    const TABLE: [(u16, u16); 33] = [
        (20, 405),
        (21, 404),
        (22, 400),
        (23, 400),
        (25, 400),
        (26, 400),
        (28, 415),
        (32, 413),
        (40, 401),
        (44, 403),
        (5106, 404),
        (5107, 404),
        (5121, 409),
        (5129, 409),
        (5131, 429),
        (5132, 409),
        (5132, 404),
        (5133, 502),
        (5134, 409),
        (5143, 404),
        (5144, 409),
        (10001, 410),
        (10002, 403),
        (10003, 403),
        (10004, 403),
        (10005, 409),
        (10006, 429),
        (10007, 409),
        (10008, 400),
        (10009, 422),
        (10010, 404),
        (10090, 503),
        (10091, 502),
    ];

    #[test]
    fn every_code_has_the_number_and_the_status_of_the_contract() {
        let rows: Vec<_> = Code::ALL.into_iter().map(|code| (code.number(), code.status().as_u16())).collect();
        assert_eq!(rows, TABLE);
    }

    #[test]
    fn every_hint_is_a_sentence_and_every_name_is_one_of_a_registry() {
        for code in Code::ALL {
            assert!(
                code.hint().ends_with('.') && code.hint().starts_with(|c: char| c.is_ascii_uppercase()),
                "{code:?}"
            );
            let registry = if code.number() < 5000 {
                "GENERIC_"
            } else if code.number() < 10000 {
                "BANK_"
            } else {
                "TAN_"
            };
            assert!(code.name().starts_with(registry), "{code:?}");
        }
    }
}
