-- account.presence
-- No row when the name was never given out.
select deleted_at is not null as is_deleted
from accounts
where username = $1
