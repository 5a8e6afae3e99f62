-- access_token.list
select
  t.token_id, t.scope, a.username, t.mfa, t.mfa_until, t.operations, t.description, t.created_at, t.expires_at
from accounts a
join access_tokens t on t.account_id = a.account_id
where a.username = $1
  and t.expires_at > $2
order by t.token_id
