-- access_token.find
select
  clock_timestamp() as read_at,
  t.token_id, t.scope, a.username, t.mfa, t.operations, t.description, t.created_at, t.expires_at, t.proven
from access_tokens t
left join accounts a on a.account_id = t.account_id
where t.secret_hash = $1
