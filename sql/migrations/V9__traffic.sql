-- What goes out and what comes back, counted: for operators, and for the guard against SMS pumping. No transition writes
-- here: each instance adds what its transitions came to, every second or so.
create table traffic (
  bucket timestamptz not null,
  channel text not null,
  prefix text not null default '',
  sent integer not null default 0,
  failed integer not null default 0,
  solved integer not null default 0,
  spent integer not null default 0,
  blocked integer not null default 0,
  young_sent integer not null default 0,
  young_solved integer not null default 0,
  constraint traffic_pkey primary key (bucket, channel, prefix),
  constraint traffic_channel_known check (channel in ('sms', 'email', 'totp', 'recovery')),
  constraint traffic_bucket_aligned check (extract(epoch from bucket)::bigint % 300 = 0)
);

comment on table traffic is 'Messages and what came of them, in five minutes each, over the last day.';
comment on column traffic.bucket is 'When the five minutes begin; a multiple of five minutes in UTC.';
comment on column traffic.channel is 'The channel.';
comment on column traffic.prefix is 'Country code and three digits of the telephone numbers; empty for mailboxes.';
comment on column traffic.sent is 'Messages with a TAN that were handed over, counted when their sending began.';
comment on column traffic.failed is 'Messages that could not be handed over, counted when their sending began.';
comment on column traffic.solved is 'Challenges that were solved, counted when the message was sent that solved them.';
comment on column traffic.spent is 'Tokens that were spent.';
comment on column traffic.blocked is 'Blocks that a wrong try began.';
comment on column traffic.young_sent is 'Those of sent whose address was not in force for long.';
comment on column traffic.young_solved is 'Those of solved whose address was not in force for long.';
