-- traffic.prefixes
-- The same for each prefix: up to $5 of them, those of $4 first and then those with the most messages of the day.
select
  channel,
  prefix,
  coalesce(sum(sent) filter (where bucket >= $2), 0) as hour_sent,
  coalesce(sum(failed) filter (where bucket >= $2), 0) as hour_failed,
  coalesce(sum(solved) filter (where bucket >= $2), 0) as hour_solved,
  coalesce(sum(spent) filter (where bucket >= $2), 0) as hour_spent,
  coalesce(sum(blocked) filter (where bucket >= $2), 0) as hour_blocked,
  sum(sent) as day_sent,
  sum(failed) as day_failed,
  sum(solved) as day_solved,
  sum(spent) as day_spent,
  sum(blocked) as day_blocked
from traffic
where bucket >= $1 and bucket <= $3 and prefix <> ''
group by channel, prefix
order by prefix = any ($4::text[]) desc, sum(sent) desc, prefix, channel
limit $5
