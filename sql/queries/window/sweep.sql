-- window.sweep
-- One page of the windows behind $1, by key: those without a send since $2 are removed or, in a rehearsal ($3), counted.
-- The condition is looked at again under the row's lock, as a message may be counted at this moment. No row comes back
-- behind the last page. The page's length stands here for the planner's sake.
with page as (
  select w.meter, not exists (select from unnest(w.sends) as sent (at) where sent.at >= $2) as is_idle
  from windows w
  where w.meter > $1
  order by w.meter
  limit 500
), gone as (
  delete from windows w
  using page
  where not $3
    and page.is_idle
    and w.meter = page.meter
    and not exists (select from unnest(w.sends) as sent (at) where sent.at >= $2)
  returning w.meter
)
select
  last.meter as last_meter,
  case when $3 then (select count(*) from page where page.is_idle) else (select count(*) from gone) end as removed
from (
  select page.meter
  from page
  order by page.meter desc
  limit 1
) last
