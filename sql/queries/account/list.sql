-- account.list
-- Accounts by name from $1 (the filter) to $2 (behind all names that begin with it), and behind $5, for operators.
select
  a.account_id, a.username, a.contact_phone, a.contact_email, a.language, a.blocked_until,
  array(select x.channel from channels x where x.account_id = a.account_id order by x.channel) as kinds
from accounts a
where a.deleted_at is null
  and a.account_id <> '00000000-0000-0000-0000-000000000000'
  and a.username >= $1
  and a.username < $2
  and a.username > $5
order by a.username
limit $3
offset $4
