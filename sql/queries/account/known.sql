-- account.known
-- Those of these names that were ever given out, with the data that an import compares. Name by name, by the index: the
-- plan may have been made when the table was empty, and an import fills it faster than anybody counts its rows.
select
  a.account_id, a.username, a.contact_phone, a.contact_email, a.language,
  a.deleted_at is not null as is_deleted,
  array(select x.channel from channels x where x.account_id = a.account_id order by x.channel) as kinds
from unnest($1::text[]) as wanted (username)
cross join lateral (
  select of_name.*
  from accounts of_name
  where of_name.username = wanted.username
  limit 1
) a
