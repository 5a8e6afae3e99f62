-- traffic.ripe
-- The messages that prefixes are judged by: to young addresses, of buckets that begin before $3. A prefix of $5 has its own
-- beginnings of the hour and of the day, and its own least number; all others have $2, $1 and $4.
select
  t.prefix,
  coalesce(sum(t.young_sent) filter (where t.bucket >= coalesce(known.hour_from, $2)), 0) as hour_sent,
  coalesce(sum(t.young_solved) filter (where t.bucket >= coalesce(known.hour_from, $2)), 0) as hour_solved,
  sum(t.young_sent) as day_sent,
  sum(t.young_solved) as day_solved
from traffic t
left join unnest($5::text[], $6::timestamptz[], $7::timestamptz[], $8::bigint[])
  as known (prefix, hour_from, day_from, least) on known.prefix = t.prefix
where t.bucket >= $1
  and t.bucket < $3
  and t.prefix <> ''
  and t.bucket >= coalesce(known.day_from, $1)
group by t.prefix, known.least
having sum(t.young_sent) >= coalesce(known.least, $4::bigint)
order by t.prefix
