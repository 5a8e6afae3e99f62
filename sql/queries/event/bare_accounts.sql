-- event.bare_accounts
-- Accounts that claim a trail of which nothing is there.
select a.account_id, a.username
from accounts a
where a.event_sequence > 0
  and not exists (select from events e where e.account_id = a.account_id)
order by a.account_id
limit 1
