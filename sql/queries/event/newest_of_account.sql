-- event.newest_of_account
-- The newest events of account $5 before number $1, not before $2, of kind $4 or of any: its chain backwards, along which
-- time never runs back.
select
  e.at, e.account_id, e.sequence, e.kind, e.actor, e.challenge_id, e.details::text as details,
  (select a.username from accounts a where a.account_id = e.account_id) as username
from events e
where e.account_id = $5
  and e.sequence < $1
  and e.at >= $2
  and ($4::text is null or e.kind = $4)
order by e.sequence desc
limit $3
