-- event.bare_accounts
-- Accounts (all, or $1) that claim a trail of which nothing is there.
select a.account_id, a.username
from accounts a
where a.event_sequence > 0
  and ($1::uuid is null or a.account_id = $1)
  and not exists (select from events e where e.account_id = a.account_id)
order by a.account_id
limit 1
