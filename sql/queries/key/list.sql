-- key.list
select key_id, fingerprint, active
from key_ring
order by key_id
