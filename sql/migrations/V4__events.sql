-- The audit trail: appended to, never changed. Each event is chained to the account's previous one by HMAC.
create table events (
  account_id uuid not null,
  sequence bigint not null,
  at timestamptz not null,
  kind text not null,
  actor text not null,
  challenge_id uuid,
  details jsonb not null,
  key_id smallint not null,
  mac bytea not null,
  constraint events_pkey primary key (account_id, sequence),
  constraint events_mac_length check (octet_length(mac) = 32)
);

comment on table events is 'What happened, account by account. Never a TAN, a token or an address in clear.';
comment on column events.account_id is 'Whose chain; the nil id is the chain of what belongs to no account.';
comment on column events.sequence is 'Number in the chain, from 1, without gaps.';
comment on column events.at is 'When it happened.';
comment on column events.kind is 'What happened.';
comment on column events.actor is 'Who caused it.';
comment on column events.challenge_id is 'Which challenge it concerns.';
comment on column events.details is 'More about it: names and texts.';
comment on column events.key_id is 'The key of the MAC.';
comment on column events.mac is 'HMAC over this event and the previous one''s MAC.';
