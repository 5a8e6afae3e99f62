-- traffic.channels
-- The counts of each channel: of the buckets that begin from $2 on (the hour), and from $1 on (the day), up to $3.
select
  channel,
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
where bucket >= $1 and bucket <= $3
group by channel
