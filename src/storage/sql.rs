//! Every statement of the service, by noun and verb. The texts stand in `sql/queries`.

macro_rules! statement {
    ($($name:ident = $file:literal;)*) => {
        $(pub(super) const $name: &str = include_str!(concat!("../../sql/queries/", $file, ".sql"));)*
        /// Every statement by its name, for tests that explain or count them.
        pub const ALL: &[(&str, &str)] = &[$(($file, $name)),*];
    };
}

statement! {
    ACCOUNT_LOAD = "account/load";
    ACCOUNT_LOCK = "account/lock";
    ACCOUNT_CREATE = "account/create";
    ACCOUNT_LIST = "account/list";
    ACCOUNT_PRESENCE = "account/presence";
    ACCOUNT_REFUSALS_DUE = "account/refusals_due";
    ACCOUNT_TRANSITION = "account/transition";
    CEILING_PREPARE = "ceiling/prepare";
    CEILING_TAKE = "ceiling/take";
    CEILING_FREE_AT = "ceiling/free_at";
    CHALLENGE_LAPSED = "challenge/lapsed";
    CHALLENGE_LAPSED_HOLDS = "challenge/lapsed_holds";
    ACCESS_TOKEN_EXISTS = "access_token/exists";
    ACCESS_TOKEN_FIND = "access_token/find";
    ACCESS_TOKEN_LIST = "access_token/list";
    EVENT_CHAIN = "event/chain";
    EVENT_BARE_ACCOUNTS = "event/bare_accounts";
    KEY_LIST = "key/list";
    KEY_REGISTER = "key/register";
    SCHEMA_VERSION = "schema/version";
    SCHEMA_PREPARE_PARTITIONS = "schema/prepare_partitions";
    SCHEMA_LOCK = "schema/lock";
    SCHEMA_UNLOCK = "schema/unlock";
    SCHEMA_NOW = "schema/now";
}
