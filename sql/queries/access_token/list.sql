-- access_token.list
-- No row when there is no such account; one without a token when it has none.
select
  clock_timestamp() as read_at,
  t.token_id, t.scope, a.username, t.mfa, t.mfa_until, t.operations, t.description, t.created_at, t.expires_at
from accounts a
left join access_tokens t on t.account_id = a.account_id
where a.username = $1
  and a.deleted_at is null
order by t.token_id
