-- access_token.sweep
-- One page of the access tokens behind $1, by id: those that ran out before $2 are removed or, in a rehearsal ($3),
-- counted. No row comes back behind the last page. The page's length stands here for the planner's sake.
with page as (
  select t.token_id, t.expires_at < $2 as is_over
  from access_tokens t
  where t.token_id > $1
  order by t.token_id
  limit 500
), gone as (
  delete from access_tokens t
  using page
  where not $3
    and page.is_over
    and t.token_id = page.token_id
    and t.expires_at < $2
  returning t.token_id
)
select
  last.token_id as last_token,
  case when $3 then (select count(*) from page where page.is_over) else (select count(*) from gone) end as removed
from (
  select page.token_id
  from page
  order by page.token_id desc
  limit 1
) last
