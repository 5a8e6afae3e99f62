-- ceiling.prepare
-- The places $2 of a channel; those that are there stay as they are.
insert into ceilings (channel, place, free_at)
select $1, missing.place, '-infinity'
from generate_series(1, $2::integer) as missing (place)
on conflict (channel, place) do nothing
