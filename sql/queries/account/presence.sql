-- account.presence
-- One row, also when the name was never given out.
select
  clock_timestamp() as read_at,
  a.username is not null as is_given_out,
  a.deleted_at is not null as is_deleted
from (select $1::text as username) as wanted
left join accounts a on a.username = wanted.username
