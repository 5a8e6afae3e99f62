-- event.changed_accounts
-- The accounts whose chains have an event at $1 or later and before $2, found kind by kind as in event.newest.
with recursive kinds (kind) as (
  (select e.kind from events e order by e.kind limit 1)
  union all
  select (select e.kind from events e where e.kind > k.kind order by e.kind limit 1)
  from kinds k
  where k.kind is not null
)
select distinct changed.account_id
from kinds k
cross join lateral (
  select e.account_id
  from events e
  where e.kind = k.kind and e.at >= $1 and e.at < $2
  offset 0
) changed
where k.kind is not null
