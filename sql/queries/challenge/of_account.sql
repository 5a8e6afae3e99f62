-- challenge.of_account
-- The ids of an account's challenges that are still there, newest first, from before its event $2 back. No index leads
-- from an account to its challenges, as each of their updates would pay for it: the events that began them do.
select e.sequence, e.challenge_id
from events e
join challenges c on c.challenge_id = e.challenge_id and c.account_id = e.account_id
where e.account_id = (select a.account_id from accounts a where a.username = $1)
  and e.sequence < $2
  and e.kind in ('challenge.requested', 'channel.pending')
order by e.sequence desc
limit $3
