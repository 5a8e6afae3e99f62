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
    ACCOUNT_HEADS = "account/heads";
    ACCOUNT_HEADS_BEHIND = "account/heads_behind";
    ACCOUNT_LIST = "account/list";
    ACCOUNT_KNOWN = "account/known";
    ACCOUNT_COPY = "account/copy";
    ACCOUNT_COPY_CHANNELS = "account/copy_channels";
    ACCOUNT_COPY_EVENTS = "account/copy_events";
    ACCOUNT_PRESENCE = "account/presence";
    ACCOUNT_REFUSALS_DUE = "account/refusals_due";
    ACCOUNT_TRANSITION = "account/transition";
    CEILING_PREPARE = "ceiling/prepare";
    CEILING_TAKE = "ceiling/take";
    CEILING_FREE_AT = "ceiling/free_at";
    CHALLENGE_LAPSED = "challenge/lapsed";
    CHALLENGE_LAPSED_HOLDS = "challenge/lapsed_holds";
    CHALLENGE_OF_ACCOUNT = "challenge/of_account";
    CHALLENGE_SWEEP = "challenge/sweep";
    CHALLENGE_DROP_PARTITION = "challenge/drop_partition";
    ACCESS_TOKEN_SWEEP = "access_token/sweep";
    WINDOW_SWEEP = "window/sweep";
    ACCESS_TOKEN_EXISTS = "access_token/exists";
    ACCESS_TOKEN_FIND = "access_token/find";
    ACCESS_TOKEN_LIST = "access_token/list";
    ACCESS_TOKEN_LIST_SYSTEMS = "access_token/list_systems";
    ACCESS_TOKEN_USE = "access_token/use";
    EVENT_CHAIN = "event/chain";
    EVENT_CHANGED_ACCOUNTS = "event/changed_accounts";
    EVENT_HELD_AGAINST = "event/held_against";
    EVENT_NEWEST = "event/newest";
    EVENT_NEWEST_OF_ACCOUNT = "event/newest_of_account";
    EVENT_NEWEST_OF_KIND = "event/newest_of_kind";
    EVENT_BARE_ACCOUNTS = "event/bare_accounts";
    TRAFFIC_ADD = "traffic/add";
    TRAFFIC_CHANNELS = "traffic/channels";
    TRAFFIC_PREFIXES = "traffic/prefixes";
    TRAFFIC_RIPE = "traffic/ripe";
    TRAFFIC_SWEEP = "traffic/sweep";
    NOTICE_CLAIM = "notice/claim";
    NOTICE_DROP = "notice/drop";
    NOTICE_PUT_OFF = "notice/put_off";
    NOTICE_WAITING = "notice/waiting";
    PREFIX_LIST = "prefix/list";
    PREFIX_TURN = "prefix/turn";
    PREFIX_SWEEP = "prefix/sweep";
    KEY_LIST = "key/list";
    KEY_REGISTER = "key/register";
    SCHEMA_VERSION = "schema/version";
    SCHEMA_PREPARE_PARTITIONS = "schema/prepare_partitions";
    SCHEMA_LOCK = "schema/lock";
    SCHEMA_UNLOCK = "schema/unlock";
    SCHEMA_SETTLE = "schema/settle";
    SCHEMA_NOW = "schema/now";
}
