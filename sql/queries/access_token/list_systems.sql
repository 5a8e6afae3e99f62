-- access_token.list_systems
-- The tokens that belong to no account: those of operators and bank cores.
select
  clock_timestamp() as read_at,
  t.token_id, t.scope, null::text as username, t.mfa, t.mfa_until, t.operations, t.description, t.created_at, t.expires_at
from access_tokens t
where t.account_id is null
order by t.token_id
