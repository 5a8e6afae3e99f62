-- access_token.list_systems
-- The tokens that belong to no account: those of operators and bank cores.
select
  clock_timestamp() as read_at,
  t.token_id, t.scope, null::text as username, t.mfa, t.operations, t.description, t.created_at, t.expires_at, t.proven,
  t.last_used_at, null::timestamptz as stepped_up_until
from access_tokens t
where t.account_id is null
order by t.token_id
