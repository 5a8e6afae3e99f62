-- event.held_against
-- For each named event (accounts $1, numbers $2): its MAC, if it is there; where its chain ends; and the account's name, if
-- its row is there.
select
  named.account_id,
  named.sequence,
  (select e.mac from events e where e.account_id = named.account_id and e.sequence = named.sequence) as mac,
  (select max(e.sequence) from events e where e.account_id = named.account_id) as last,
  (select a.username from accounts a where a.account_id = named.account_id) as username
from unnest($1::uuid[], $2::bigint[]) with ordinality named (account_id, sequence, place)
order by named.place
