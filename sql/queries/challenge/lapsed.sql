-- challenge.lapsed
-- Sendings of a channel whose holder died.
select c.challenge_id, a.username
from challenges c
join accounts a on a.account_id = c.account_id
where c.claim_until <= $1
  and c.channel = $3
order by c.claim_until
limit $2
