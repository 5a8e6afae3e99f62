-- account.transition
-- Everything that follows from one decision, or nothing: every branch selects from `acct`, which has no row when
-- another transition was faster, or took the last place under the channel's ceiling, or the prefix's probe. Those are
-- taken by whoever comes, each another one, and nobody waits for them. No branch touches a row that another branch
-- touches. Rows that other accounts touch too (windows) are locked in the order of their keys; one over its cap is an
-- error, so that nothing is written.
-- What stands between [guarded and guarded] is left out where neither a ceiling nor the guard of prefixes is configured,
-- and what stands between [notices and notices] in the statement of a transition that tells nobody anything.
-- [guarded
with place as (
  select c.channel, c.place
  from ceilings c
  where c.channel = $108 and c.place <= $109 and c.free_at <= $15
  order by c.free_at
  limit 1
  for update skip locked
), probe as (
  select p.meter
  from prefixes p
  where p.meter = $110 and p.opened_at is null and p.probe_at <= $15
  for update skip locked
), acct as (
-- guarded] with acct as (
  update accounts
  set
    version = version + 1,
    contact_phone = $3, contact_email = $4, language = $5,
    failures = $6, total_failures = $7, failed_strength = $8, blocks = $9, blocked_until = $10,
    deleted_at = $11, live_challenges = $12, sends = $76, meters = $80, epoch = $82, withheld = $83,
    refused_limits = $88, refused_since = $89, refused_times = $90, refusals_due = $91,
    step_up_sessions = $92, step_up_untils = $93, step_up_strengths = $94,
    event_sequence = $13, event_mac = $14, event_at = $15
  where account_id = $1 and version = $2
    -- [guarded
    and ($108::text is null or exists (select from place))
    and ($110::bytea is null or exists (select from probe))
    -- guarded]
  returning account_id, version
), evts as (
  insert into events (account_id, sequence, at, kind, actor, challenge_id, details, key_id, mac)
  select acct.account_id, new.sequence, $15, new.kind, $16, new.challenge_id, new.details::jsonb, $17, new.mac
  from acct, unnest($18::bigint[], $19::text[], $20::uuid[], $21::text[], $22::bytea[]) as new (sequence, kind, challenge_id, details, mac)
), made as (
  insert into challenges (
    account_id, challenge_id, kind, channel, address, operation, summary, access_token, paid_by,
    tan_key, tan_digits, requested_at, ends_at, idempotency_key, idempotency_request,
    generation, tan_expires_at, attempts_left, transmissions, claim_transmission, claimed_at, claim_until, state, meters,
    device, secret, language)
  select
    acct.account_id, $23, $24, $25, $26, $27, $28, $29, $30,
    $31, $32, $33, $34, $35, $36,
    $37, $38, $39, $40, $41, $42, $43, $44, $81::bytea[],
    $102, $103, $106
  from acct
  where $23::uuid is not null
), changed as (
  update challenges c
  set
    generation = new.generation, tan_expires_at = new.tan_expires_at, attempts_left = new.attempts_left,
    transmissions = new.transmissions, transmitted_at = new.transmitted_at,
    claim_transmission = new.claim_transmission, claimed_at = new.claimed_at, claim_until = new.claim_until,
    idempotency_key = case when new.keeps_idempotency then c.idempotency_key end,
    state = new.state, token_hash = new.token_hash, token_expires_at = new.token_expires_at,
    reservation_id = new.reservation_id, reserved_until = new.reserved_until,
    reserved_operation = new.reserved_operation, reserved_first = new.reserved_first,
    reserved_idempotent = new.reserved_idempotent, held_until = new.held_until,
    counts_from = new.counts_from, carried_by = new.carried_by
  from acct, unnest(
    $45::uuid[], $46::integer[], $47::timestamptz[], $48::smallint[], $49::smallint[], $50::timestamptz[],
    $51::uuid[], $52::timestamptz[], $53::timestamptz[], $54::boolean[],
    $55::text[], $56::bytea[], $57::timestamptz[], $58::uuid[], $59::timestamptz[],
    $84::bytea[], $85::uuid[], $86::boolean[], $87::timestamptz[], $104::timestamptz[],
    $107::text[]
  ) as new (
    challenge_id, generation, tan_expires_at, attempts_left, transmissions, transmitted_at,
    claim_transmission, claimed_at, claim_until, keeps_idempotency,
    state, token_hash, token_expires_at, reservation_id, reserved_until,
    reserved_operation, reserved_first, reserved_idempotent, held_until, counts_from,
    carried_by)
  where c.challenge_id = new.challenge_id and c.account_id = acct.account_id
), gone as (
  delete from channels x
  using acct, unnest($60::text[], $95::text[]) as old (channel, name)
  where x.account_id = acct.account_id and x.channel = old.channel and x.name = old.name
), put as (
  insert into channels (account_id, channel, name, address, secret, used, recovery_set, recovery_key, since, brought_by)
  select
    acct.account_id, new.channel, new.name, new.address, new.secret, string_to_array(new.used, ' ')::bigint[],
    new.recovery_set, new.recovery_key, new.since, new.brought_by
  from acct, unnest(
    $61::text[], $96::text[], $62::bytea[], $97::bytea[], $98::text[], $99::uuid[], $100::smallint[], $63::timestamptz[], $101::text[]
  ) as new (channel, name, address, secret, used, recovery_set, recovery_key, since, brought_by)
  on conflict (account_id, channel, name) do update
  set
    address = excluded.address, secret = excluded.secret, used = excluded.used, recovery_set = excluded.recovery_set,
    recovery_key = excluded.recovery_key, since = excluded.since, brought_by = excluded.brought_by
), metered as (
  insert into windows as w (meter, sends, hour_count, hour_most, day_count, day_most)
  select new.meter, array[$15::timestamptz], 1, new.hour_most, 1, new.day_most
  from acct, unnest($77::bytea[], $78::integer[], $79::integer[]) as new (meter, hour_most, day_most)
  order by new.meter
  on conflict (meter) do update
  set
    sends = array(
      select old.at from unnest(w.sends) as old (at)
      where old.at > $15 - case when excluded.day_most = 2147483647 then interval '1 hour' else interval '24 hours' end
    ) || $15,
    hour_count = (select count(*) + 1 from unnest(w.sends) as old (at) where old.at > $15 - interval '1 hour'),
    hour_most = excluded.hour_most,
    day_count = (select count(*) + 1 from unnest(w.sends) as old (at) where old.at > $15 - interval '24 hours'),
    day_most = excluded.day_most
-- [guarded
), taken as (
  update ceilings c
  set free_at = $15 + interval '1 minute'
  from acct, place
  where c.channel = place.channel and c.place = place.place
), probed as (
  update prefixes p
  set probe_at = $111
  from acct, probe
  where p.meter = probe.meter
-- guarded]
-- [notices
), posted as (
  insert into notices (account_id, notice_id, kind, channel, address, reference, language, made_at, due_at, tries)
  select
    acct.account_id, new.notice_id, new.kind, new.channel, new.address, new.reference, new.language, new.made_at, new.due_at,
    new.tries
  from acct, unnest(
    $112::uuid[], $113::text[], $114::text[], $115::bytea[], $116::text[], $117::text[], $118::timestamptz[],
    $119::timestamptz[], $120::smallint[]
  ) as new (notice_id, kind, channel, address, reference, language, made_at, due_at, tries)
), concluded as (
  delete from notices n
  using acct, unnest($121::uuid[]) as old (notice_id)
  where n.account_id = acct.account_id and n.notice_id = old.notice_id
-- notices]
), ended as (
  delete from access_tokens t
  using acct
  where t.account_id = acct.account_id and ($64 or t.token_id = $65)
), revoked as (
  -- Those of operators and bank cores belong to no account; the chain of the system tells of them.
  delete from access_tokens t
  using acct
  where t.token_id = $65 and t.account_id is null and acct.account_id = '00000000-0000-0000-0000-000000000000'
), opened as (
  insert into access_tokens (token_id, secret_hash, scope, account_id, mfa, operations, description, created_at, expires_at, proven)
  select $66, $67, $68, case when $69 then acct.account_id end, $70, $71, $72, $73, $74, $105
  from acct
  where $66::uuid is not null
)
select acct.version, set_config('synchronous_commit', $75, true) as durability
from acct
