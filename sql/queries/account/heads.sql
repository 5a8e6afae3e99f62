-- account.heads
-- Where the chains of the accounts $1 end, by the accounts' own word.
select head.account_id, head.event_sequence, head.event_mac
from unnest($1::uuid[]) wanted (account_id)
cross join lateral (
  select a.account_id, a.event_sequence, a.event_mac
  from accounts a
  where a.account_id = wanted.account_id and a.event_sequence > 0
  offset 0
) head
