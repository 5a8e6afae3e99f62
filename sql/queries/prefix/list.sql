-- prefix.list
-- Every prefix that is closed or half open, or was opened not long ago.
select prefix, closed_at, half_open_at, probe_at, opened_at
from prefixes
order by prefix
