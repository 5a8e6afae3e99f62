-- access_token.use
-- Notes when access tokens were last used. It waits for no row: one that somebody else holds is ended just now, or noted
-- by another instance.
with known as (
  select t.token_id, used.at
  from unnest($1::uuid[], $2::timestamptz[]) as used (token_id, at)
  join access_tokens t on t.token_id = used.token_id
  order by t.token_id
  for no key update of t skip locked
)
update access_tokens t
set last_used_at = greatest(t.last_used_at, known.at)
from known
where t.token_id = known.token_id
