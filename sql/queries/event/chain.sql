-- event.chain
-- Events in the order of their chains, behind ($1, $2), with where each chain ends by the account's own word.
select e.account_id, a.username, a.event_sequence, a.event_mac, e.sequence, e.at, e.kind, e.actor, e.challenge_id, e.details::text as details, e.key_id, e.mac
from events e
left join accounts a on a.account_id = e.account_id
where (e.account_id, e.sequence) > ($1, $2)
order by e.account_id, e.sequence
limit $3
