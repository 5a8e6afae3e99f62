-- challenge.sweep
-- One page of the challenges behind ($1, $2) and before $3, by id: those that were closed before $4 are removed or, in a
-- rehearsal ($5), counted. No row comes back behind the last page. The page's length stands here for the planner's sake.
with page as (
  select
    c.challenge_id, c.account_id,
    greatest(c.ends_at, c.token_expires_at, c.reserved_until, c.claim_until, c.held_until) < $4 as is_closed
  from challenges c
  where c.challenge_id >= $1
    and c.challenge_id < $3
    and (c.challenge_id, c.account_id) > ($1, $2)
  order by c.challenge_id, c.account_id
  limit 500
), gone as (
  delete from challenges c
  using page
  where not $5
    and page.is_closed
    and c.challenge_id = page.challenge_id
    and c.account_id = page.account_id
    and greatest(c.ends_at, c.token_expires_at, c.reserved_until, c.claim_until, c.held_until) < $4
  returning c.challenge_id
)
select
  last.challenge_id as last_challenge, last.account_id as last_account,
  case when $5 then (select count(*) from page where page.is_closed) else (select count(*) from gone) end as removed
from (
  select page.challenge_id, page.account_id
  from page
  order by page.challenge_id desc, page.account_id desc
  limit 1
) last
