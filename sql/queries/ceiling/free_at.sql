-- ceiling.free_at
-- When the next place under the ceiling of $2 is free.
select p.free_at
from ceilings p
where p.channel = $1 and p.place <= $2
order by p.free_at
limit 1
