-- access_token.exists
select t.token_id
from access_tokens t
where t.token_id = $1
