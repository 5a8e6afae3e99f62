-- access_token.list
-- No row when there is no such account; one without a token when it has none. What a session has shown stands with its
-- account.
select
  clock_timestamp() as read_at,
  t.token_id, t.scope, a.username, t.mfa, t.operations, t.description, t.created_at, t.expires_at, t.proven,
  t.last_used_at,
  (
    select max(s.until)
    from unnest(a.step_up_sessions, a.step_up_untils) as s (session, until)
    where s.session = t.token_id
  ) as stepped_up_until
from accounts a
left join access_tokens t on t.account_id = a.account_id
where a.username = $1
  and a.deleted_at is null
order by t.token_id
