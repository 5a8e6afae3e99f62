-- traffic.add
-- Adds to every cell what an instance counted since it last did so. The cells come sorted, so that two instances at once
-- do not lock each other out.
insert into traffic as t
  (bucket, channel, prefix, sent, failed, solved, spent, blocked, young_sent, young_solved)
select bucket, channel, prefix, sent, failed, solved, spent, blocked, young_sent, young_solved
from unnest(
  $1::timestamptz[], $2::text[], $3::text[], $4::integer[], $5::integer[], $6::integer[], $7::integer[],
  $8::integer[], $9::integer[], $10::integer[])
  as counted (bucket, channel, prefix, sent, failed, solved, spent, blocked, young_sent, young_solved)
on conflict (bucket, channel, prefix) do update
set
  sent = t.sent + excluded.sent,
  failed = t.failed + excluded.failed,
  solved = t.solved + excluded.solved,
  spent = t.spent + excluded.spent,
  blocked = t.blocked + excluded.blocked,
  young_sent = t.young_sent + excluded.young_sent,
  young_solved = t.young_solved + excluded.young_solved
