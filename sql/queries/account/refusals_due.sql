-- account.refusals_due
-- Accounts of whose refusals the trail is to be told.
select a.username
from accounts a
where a.refusals_due <= $1
order by a.refusals_due
limit $2
