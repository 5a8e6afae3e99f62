-- account.heads_behind
-- Where chains end, by the accounts' own word: of at most $2 accounts behind $1.
select a.account_id, a.event_sequence, a.event_mac
from accounts a
where a.account_id > $1
order by a.account_id
limit $2
