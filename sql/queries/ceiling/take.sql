-- ceiling.take
-- Takes a place under the ceiling of $2 for a message that is sent at $3; no row when none is free.
update ceilings c
set free_at = $3 + interval '1 minute'
from (
  select p.channel, p.place
  from ceilings p
  where p.channel = $1 and p.place <= $2 and p.free_at <= $3
  order by p.free_at
  limit 1
  for update skip locked
) free
where c.channel = free.channel and c.place = free.place
returning c.place
