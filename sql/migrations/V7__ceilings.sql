-- What holds under attack: a ceiling for each channel, prefixes that are closed against SMS pumping, refusals that are
-- counted, and holds that lapsed.

-- A channel's ceiling of N messages a minute is N places, each free again a minute after it was taken. Those who come at
-- once take different ones and wait for nobody.
create table ceilings (
  channel text not null,
  place integer not null,
  free_at timestamptz not null,
  constraint ceilings_pkey primary key (channel, place),
  constraint ceilings_channel_known check (channel in ('sms', 'email', 'totp', 'recovery'))
);
create index ceilings_free on ceilings (channel, free_at);

comment on table ceilings is 'The messages that each channel may carry in a minute, over all accounts.';
comment on column ceilings.channel is 'The channel.';
comment on column ceilings.place is 'From 1; those beyond the configured ceiling are not used.';
comment on column ceilings.free_at is 'From when the next message may take it.';

create table prefixes (
  meter bytea not null,
  prefix text not null,
  closed_at timestamptz not null,
  half_open_at timestamptz not null,
  probe_at timestamptz not null,
  opened_at timestamptz,
  sent integer not null,
  solved integer not null,
  constraint prefixes_pkey primary key (meter),
  constraint prefixes_meter_length check (octet_length(meter) = 32)
);

comment on table prefixes is 'Beginnings of telephone numbers that were closed because too few of their messages were solved.';
comment on column prefixes.meter is 'Keyed hash of the prefix, as in windows.';
comment on column prefixes.prefix is 'Country code and three digits, for operators.';
comment on column prefixes.closed_at is 'When it was closed for the last time.';
comment on column prefixes.half_open_at is 'From then on single messages probe it.';
comment on column prefixes.probe_at is 'When the next of them may go.';
comment on column prefixes.opened_at is 'When it was opened again; null while it is closed or half open.';
comment on column prefixes.sent is 'Messages that the latest closing or opening was judged by.';
comment on column prefixes.solved is 'How many of them were solved.';

alter table accounts
  add column refused_limits text[] not null default '{}',
  add column refused_since timestamptz[] not null default '{}',
  add column refused_times integer[] not null default '{}',
  add column refusals_due timestamptz;
create index accounts_refusals_due on accounts (refusals_due) where refusals_due is not null;

comment on column accounts.refused_limits is 'Limits that refused something lately.';
comment on column accounts.refused_since is 'When each was last named in the trail.';
comment on column accounts.refused_times is 'How often each has refused since then.';
comment on column accounts.refusals_due is 'When the trail is to be told how often; null when there is nothing to tell.';

alter table challenges add column held_until timestamptz;
create index challenges_holds on challenges (held_until) where held_until is not null;

comment on column challenges.held_until is 'End of a hold on its token that nobody has settled and whose lapse the trail does not tell of yet.';
