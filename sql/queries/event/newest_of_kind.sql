-- event.newest_of_kind
-- The newest events of kind $6 before ($1, $2, $3) and not before $4.
select
  e.at, e.account_id, e.sequence, e.kind, e.actor, e.challenge_id, e.details::text as details,
  (select a.username from accounts a where a.account_id = e.account_id) as username
from events e
where e.kind = $6
  and (e.at, e.account_id, e.sequence) < ($1, $2, $3)
  and e.at >= $4
order by e.at desc, e.account_id desc, e.sequence desc
limit $5
