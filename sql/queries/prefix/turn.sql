-- prefix.turn
-- Closes or opens a prefix, unless it was closed or opened since it was judged: then no row comes back.
insert into prefixes as p (meter, prefix, closed_at, half_open_at, probe_at, opened_at, sent, solved)
values ($1, $2, $3, $4, $5, $6, $7, $8)
on conflict (meter) do update
set
  closed_at = excluded.closed_at,
  half_open_at = excluded.half_open_at,
  probe_at = excluded.probe_at,
  opened_at = excluded.opened_at,
  sent = excluded.sent,
  solved = excluded.solved
where p.closed_at = $9 and p.opened_at is not distinct from $10
returning prefix
