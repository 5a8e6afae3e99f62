-- Transmissions counted over all accounts, by keyed hash of what they are counted by. The counts are the backstop of a
-- race: the rules refuse before, from the times.
create table windows (
  meter bytea not null,
  sends timestamptz[] not null,
  hour_count integer not null,
  hour_most integer not null,
  day_count integer not null,
  day_most integer not null,
  constraint windows_pkey primary key (meter),
  constraint windows_hour check (hour_count <= hour_most),
  constraint windows_day check (day_count <= day_most)
) with (fillfactor = 80);

comment on table windows is 'Sliding windows over transmissions: an address behind many accounts, a prefix.';
comment on column windows.meter is 'Keyed hash of the address or prefix.';
comment on column windows.sends is 'When messages of the last day were sent.';
comment on column windows.hour_count is 'How many of them in the hour before the latest.';
comment on column windows.hour_most is 'The cap for an hour that the latest writer knew.';
comment on column windows.day_count is 'How many of them in the day before the latest.';
comment on column windows.day_most is 'The cap for a day that the latest writer knew.';
