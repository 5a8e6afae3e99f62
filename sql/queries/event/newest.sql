-- event.newest
-- The newest events of all kinds before ($1, $2, $3) and not before $4: of each kind that there is the newest by the index
-- of kinds, then the newest of those. The kinds are found in that index too, so that none is left out that a newer release,
-- or somebody else, has written.
with recursive kinds (kind) as (
  (select e.kind from events e order by e.kind limit 1)
  union all
  select (select e.kind from events e where e.kind > k.kind order by e.kind limit 1)
  from kinds k
  where k.kind is not null
)
select
  newest.at, newest.account_id, newest.sequence, e.kind, e.actor, e.challenge_id, e.details::text as details,
  (select a.username from accounts a where a.account_id = newest.account_id) as username
from (
  select of_kind.at, of_kind.account_id, of_kind.sequence
  from kinds k
  cross join lateral (
    select e.at, e.account_id, e.sequence
    from events e
    where e.kind = k.kind
      and (e.at, e.account_id, e.sequence) < ($1, $2, $3)
      and e.at >= $4
    order by e.at desc, e.account_id desc, e.sequence desc
    limit $5
  ) of_kind
  where k.kind is not null
  order by of_kind.at desc, of_kind.account_id desc, of_kind.sequence desc
  limit $5
) newest
cross join lateral (
  select x.kind, x.actor, x.challenge_id, x.details
  from events x
  where x.account_id = newest.account_id and x.sequence = newest.sequence
  offset 0
) e
order by newest.at desc, newest.account_id desc, newest.sequence desc
