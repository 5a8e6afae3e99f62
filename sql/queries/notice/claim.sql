-- notice.claim
-- Up to $3 notices of channel $4 that are due at $1, the longest due first: nobody else sends them until $2.
update notices n
set due_at = $2, tries = least(n.tries + 1, 32767)
from (
  select d.account_id, d.notice_id
  from notices d
  where d.channel = $4 and d.due_at <= $1
  order by d.due_at
  limit $3
  for update skip locked
) due, accounts a
where n.account_id = due.account_id and n.notice_id = due.notice_id and a.account_id = n.account_id
returning
  n.account_id, a.username, n.notice_id, n.kind, n.channel, n.address, n.reference, n.language, n.made_at, n.due_at, n.tries
