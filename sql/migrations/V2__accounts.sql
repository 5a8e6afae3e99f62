-- The account: the unit of consistency. Every transition bumps its version.
create table accounts (
  account_id uuid not null,
  username text collate "C" not null,
  contact_phone bytea,
  contact_email bytea,
  language text,
  failures smallint not null default 0,
  total_failures smallint not null default 0,
  failed_strength text,
  blocks smallint not null default 0,
  blocked_until timestamptz,
  deleted_at timestamptz,
  live_challenges uuid[] not null default '{}',
  sends timestamptz[] not null default '{}',
  version bigint not null default 1,
  event_sequence bigint not null,
  event_mac bytea not null,
  event_at timestamptz not null,
  created_at timestamptz not null,
  constraint accounts_pkey primary key (account_id),
  constraint accounts_username_key unique (username),
  constraint accounts_failures_natural check (failures >= 0 and total_failures >= 0 and blocks >= 0),
  constraint accounts_failed_strength_known check (failed_strength in ('inform', 'possession')),
  constraint accounts_event_mac_length check (octet_length(event_mac) = 32)
) with (fillfactor = 80);

comment on table accounts is 'Bank customers. The row with the nil id is the service itself: its trail is that of what belongs to no account.';
comment on column accounts.account_id is 'UUIDv7; for ever.';
comment on column accounts.username is 'The name towards the world; not given out again after a deletion.';
comment on column accounts.contact_phone is 'Sealed telephone number.';
comment on column accounts.contact_email is 'Sealed mailbox.';
comment on column accounts.language is 'Language tag of messages.';
comment on column accounts.failures is 'Wrong tries in a row since the last success or block.';
comment on column accounts.total_failures is 'Wrong tries with no challenge solved between, over all blocks.';
comment on column accounts.failed_strength is 'The strongest channel that those tries were made on.';
comment on column accounts.blocks is 'Blocks so far; each is twice as long as the one before.';
comment on column accounts.blocked_until is 'When the latest block ends or ended; infinity when only an operator ends it.';
comment on column accounts.deleted_at is 'When the customer left.';
comment on column accounts.live_challenges is 'Challenges on which a later decision can depend.';
comment on column accounts.sends is 'When messages of the last day were sent.';
comment on column accounts.version is 'Bumped by each transition; a transition that read another version has no effect.';
comment on column accounts.event_sequence is 'Number of the last event in the trail.';
comment on column accounts.event_mac is 'MAC of the last event in the trail.';
comment on column accounts.event_at is 'When the last event was written; time does not run behind it.';
comment on column accounts.created_at is 'When the account was made.';

insert into accounts (account_id, username, event_sequence, event_mac, event_at, created_at)
values ('00000000-0000-0000-0000-000000000000', '.', 0, decode(repeat('00', 32), 'hex'), 'epoch', clock_timestamp());

create table channels (
  account_id uuid not null,
  channel text not null,
  name text not null default 'default',
  address bytea not null,
  meters bytea[] not null default '{}',
  since timestamptz not null,
  constraint channels_pkey primary key (account_id, channel, name),
  constraint channels_channel_known check (channel in ('sms', 'email', 'totp', 'recovery'))
);

comment on table channels is 'Active channels. One that waits for its proof is an open challenge of kind address.';
comment on column channels.account_id is 'Whose it is.';
comment on column channels.channel is 'The kind of channel.';
comment on column channels.name is 'Tells several of one kind apart.';
comment on column channels.address is 'Sealed address.';
comment on column channels.meters is 'Keyed hashes by which messages to the address are counted over all accounts.';
comment on column channels.since is 'When it became active.';

create table access_tokens (
  token_id uuid not null,
  secret_hash bytea not null,
  scope text not null,
  account_id uuid,
  mfa text not null,
  mfa_until timestamptz,
  operations text[] not null default '{}',
  description text,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  constraint access_tokens_pkey primary key (token_id),
  constraint access_tokens_secret_hash_key unique (secret_hash),
  constraint access_tokens_scope_known check (scope in ('admin', 'service', 'readwrite', 'readonly')),
  constraint access_tokens_owner check ((account_id is null) = (scope in ('admin', 'service'))),
  constraint access_tokens_mfa_known check (mfa in ('non-interactive', 'pending', 'stepped-up')),
  constraint access_tokens_mfa_until check ((mfa_until is not null) = (mfa = 'stepped-up'))
);
create index access_tokens_account on access_tokens (account_id, token_id) where account_id is not null;

comment on table access_tokens is 'Who may call. A token that has ended has no row.';
comment on column access_tokens.token_id is 'UUIDv7; the wire''s token_id.';
comment on column access_tokens.secret_hash is 'SHA-256 of the token: 256 random bits.';
comment on column access_tokens.scope is 'What it is for.';
comment on column access_tokens.account_id is 'Whose it is; null for operators and bank cores.';
comment on column access_tokens.mfa is 'How far it has proved itself.';
comment on column access_tokens.mfa_until is 'When it counts as not stepped up again.';
comment on column access_tokens.operations is 'Protected operations of the bank core that an API token may do.';
comment on column access_tokens.description is 'What its maker wrote about it; in every event that an operator causes.';
comment on column access_tokens.created_at is 'When it was made.';
comment on column access_tokens.expires_at is 'Until when it can be used.';
