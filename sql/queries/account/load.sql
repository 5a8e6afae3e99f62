-- account.load
-- All that a decision about one account depends on: a row for each of its live challenges and of those that the
-- request names ($2: by id; $3, from $4 on: by Idempotency-Key), or one row without a challenge; and what was sent to
-- its addresses and those behind the meters $5, by whomever, with their prefixes that were closed ($7: whether the guard
-- is on); and when a place under each channel's ceiling of $6 is free. What stands between [guarded and guarded] is left
-- out where neither is configured.
select
  clock_timestamp() as read_at,
  a.account_id, a.username, a.contact_phone, a.contact_email, a.meters as contact_meters, a.language,
  a.failures, a.total_failures, a.failed_strength, a.blocks, a.blocked_until,
  a.deleted_at, a.sends, a.epoch, a.withheld, a.refused_limits, a.refused_since, a.refused_times,
  a.step_up_sessions, a.step_up_untils, a.step_up_strengths, a.version, a.event_sequence, a.event_mac, a.event_at,
  active.kinds, active.names, active.addresses, active.secrets, active.used, active.sets, active.set_keys,
  active.sinces, active.bringers, counted.meters, counted.times,
  -- [guarded
  shut.closed_meters, shut.closed_at, shut.half_open_at, shut.probe_at, shut.opened_at,
  ceiling.ceiling_channels, ceiling.free_at,
  -- guarded]
  c.challenge_id, c.kind, c.channel, c.address, c.device, c.secret, c.operation, c.summary, c.access_token, c.paid_by,
  c.tan_key, c.tan_digits, c.generation, c.requested_at, c.ends_at, c.tan_expires_at,
  c.attempts_left, c.transmissions, c.transmitted_at,
  c.claim_transmission, c.claimed_at, c.claim_until,
  c.idempotency_key, c.idempotency_request,
  c.state, c.token_hash, c.token_expires_at, c.reservation_id, c.reserved_until,
  c.reserved_operation, c.reserved_first, c.reserved_idempotent, c.held_until, c.counts_from, c.language as asked_language, c.carried_by
from accounts a
left join lateral (
  select
    array_agg(x.channel) as kinds, array_agg(x.name) as names, array_agg(x.address) as addresses,
    array_agg(x.secret) as secrets, array_agg(array_to_string(x.used, ' ')) as used,
    array_agg(x.recovery_set) as sets, array_agg(x.recovery_key) as set_keys,
    array_agg(x.since) as sinces, array_agg(x.brought_by) as bringers
  from channels x
  where x.account_id = a.account_id
) active on true
cross join lateral (
  select a.meters
    || $5::bytea[]
    || array(
      select unnest(n.meters)
      from unnest($2::uuid[]) as named (challenge_id)
      join challenges n on n.challenge_id = named.challenge_id and n.account_id = a.account_id) as meters
  -- Evaluated once, and not where it is used.
  offset 0
) wanted_meters
left join lateral (
  select array_agg(w.meter) as meters, array_agg(sent.at) as times
  from windows w, unnest(w.sends) as sent (at)
  where w.meter = any (wanted_meters.meters)
) counted on true
-- [guarded
left join lateral (
  select
    array_agg(p.meter) as closed_meters, array_agg(p.closed_at) as closed_at, array_agg(p.half_open_at) as half_open_at,
    array_agg(p.probe_at) as probe_at, array_agg(p.opened_at) as opened_at
  from prefixes p
  where $7 and p.meter = any (wanted_meters.meters)
) shut on true
left join lateral (
  select array_agg(carrying.channel) as ceiling_channels, array_agg(place.free_at) as free_at
  from unnest(array['sms', 'email']) as carrying (channel)
  left join lateral (
    select p.free_at
    from ceilings p
    where p.channel = carrying.channel and p.place <= $6
    order by p.free_at
    limit 1
  ) place on true
  where $6 > 0
) ceiling on true
-- guarded]
left join lateral (
  select live.*
  from unnest(a.live_challenges || $2::uuid[]) as wanted (challenge_id)
  join challenges live on live.challenge_id = wanted.challenge_id and live.account_id = a.account_id
  union all
  select same.*
  from challenges same
  where same.account_id = a.account_id
    and same.idempotency_key = $3
    and same.challenge_id >= $4
) c on true
where a.username = $1
