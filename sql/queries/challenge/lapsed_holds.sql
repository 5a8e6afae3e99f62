-- challenge.lapsed_holds
-- Tokens whose holder said nothing until the lease ran out, and of which the trail does not tell yet.
select c.challenge_id, a.username
from challenges c
join accounts a on a.account_id = c.account_id
where c.held_until <= $1
  and a.deleted_at is null
order by c.held_until
limit $2
