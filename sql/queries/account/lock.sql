-- account.lock
-- A statement of its own before the second load: a lock taken in the load would, after a wait, pair the new account
-- with its old challenges.
select account_id
from accounts
where username = $1
for update
