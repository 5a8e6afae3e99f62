-- challenge.lapsed
-- Sendings whose holder died.
select c.challenge_id, c.channel, a.username
from challenges c
join accounts a on a.account_id = c.account_id
where c.claim_until <= $1
order by c.claim_until
limit $2
