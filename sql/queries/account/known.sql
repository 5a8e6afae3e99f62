-- account.known
-- Those of these names that were ever given out, with the data that an import compares.
select
  a.account_id, a.username, a.contact_phone, a.contact_email, a.language,
  a.deleted_at is not null as is_deleted,
  array(select x.channel from channels x where x.account_id = a.account_id order by x.channel) as kinds
from accounts a
where a.username = any ($1)
