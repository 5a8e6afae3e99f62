-- Challenges, partitioned by their id (UUIDv7): a look-up by id finds one partition, old ones are dropped whole.
create table challenges (
  challenge_id uuid not null,
  account_id uuid not null,
  kind text not null,
  channel text not null,
  address bytea not null,
  meters bytea[] not null default '{}',
  operation bytea,
  summary bytea,
  access_token uuid,
  paid_by uuid,
  tan_key smallint not null,
  tan_digits smallint not null,
  generation integer not null,
  requested_at timestamptz not null,
  ends_at timestamptz not null,
  tan_expires_at timestamptz not null,
  attempts_left smallint not null,
  transmissions smallint not null,
  transmitted_at timestamptz,
  claim_transmission uuid,
  claimed_at timestamptz,
  claim_until timestamptz,
  idempotency_key bytea,
  idempotency_request bytea,
  state text not null,
  token_hash bytea,
  token_expires_at timestamptz,
  reservation_id uuid,
  reserved_until timestamptz,
  constraint challenges_pkey primary key (challenge_id, account_id),
  constraint challenges_kind_known check (kind in ('token', 'address', 'taler')),
  constraint challenges_channel_known check (channel in ('sms', 'email', 'totp', 'recovery')),
  constraint challenges_state_known check (state in ('open', 'solved', 'spent', 'aborted', 'void')),
  constraint challenges_claim_whole check ((claim_transmission is null) = (claimed_at is null) and (claimed_at is null) = (claim_until is null)),
  constraint challenges_token_whole check ((token_hash is null) = (token_expires_at is null)),
  constraint challenges_reservation_whole check ((reservation_id is null) = (reserved_until is null)),
  constraint challenges_token_of_solved check (token_hash is null or state = 'solved')
) partition by range (challenge_id);

create index challenges_idempotency on challenges (account_id, idempotency_key) where idempotency_key is not null;
create index challenges_claims on challenges (claim_until) where claim_until is not null;

create table challenges_rest partition of challenges default with (fillfactor = 80);

comment on table challenges is 'One request for one proof. The TAN itself is derived when needed and never kept.';
comment on column challenges.challenge_id is 'UUIDv7.';
comment on column challenges.account_id is 'Whose it is.';
comment on column challenges.kind is 'What solving it yields.';
comment on column challenges.channel is 'The channel that proves it.';
comment on column challenges.address is 'Sealed address the TAN goes to.';
comment on column challenges.meters is 'Keyed hashes by which messages to the address are counted over all accounts.';
comment on column challenges.operation is 'Digest of the operation that its token is bound to.';
comment on column challenges.summary is 'Sealed summary that the customer is shown.';
comment on column challenges.access_token is 'The access token that asked; the challenge ends with it.';
comment on column challenges.paid_by is 'The challenge whose token paid for this enrolment.';
comment on column challenges.tan_key is 'The key its TANs are derived under.';
comment on column challenges.tan_digits is 'Digits of its TANs.';
comment on column challenges.generation is 'Which TAN is in force.';
comment on column challenges.requested_at is 'When it was requested.';
comment on column challenges.ends_at is 'End of challenge_lifetime.';
comment on column challenges.tan_expires_at is 'When the TAN in force runs out.';
comment on column challenges.attempts_left is 'Wrong tries that the TAN in force still stands.';
comment on column challenges.transmissions is 'Messages handed over.';
comment on column challenges.transmitted_at is 'When the latest of them began.';
comment on column challenges.claim_transmission is 'The sending under way.';
comment on column challenges.claimed_at is 'When it began.';
comment on column challenges.claim_until is 'From then on its holder counts as dead.';
comment on column challenges.idempotency_key is 'Hash of the Idempotency-Key.';
comment on column challenges.idempotency_request is 'Digest of the request that came with it.';
comment on column challenges.state is 'How far it has come; expiry and exhaustion follow from times and counts.';
comment on column challenges.token_hash is 'SHA-256 of the unspent token.';
comment on column challenges.token_expires_at is 'Until when the token can begin an operation.';
comment on column challenges.reservation_id is 'The operation that holds the token.';
comment on column challenges.reserved_until is 'From then on that operation''s holder counts as dead.';

-- The partitions of the weeks from `since` on, `weeks` of them. Run by the owner's right, so that the service's own
-- role can have them made without being able to change the schema. Rows that came before their partition stay in
-- the rest.
create function tanager_prepare_partitions(since timestamptz, weeks integer) returns integer
language plpgsql
security definer
set search_path = public, pg_temp
as $$
declare
  week timestamptz := date_trunc('week', since at time zone 'UTC') at time zone 'UTC';
  name text;
  made integer := 0;
begin
  if since > clock_timestamp() + interval '1 year' then
    return 0; -- a clock that far off makes no partitions
  end if;
  perform pg_advisory_xact_lock(hashtext('tanager_prepare_partitions'));
  for step in 1 .. least(weeks, 60) loop
    name := 'challenges_' || to_char(week at time zone 'UTC', 'IYYY"w"IW');
    if to_regclass('public.' || name) is null then
      begin
        execute format('create table %I (like challenges including defaults including constraints including comments) with (fillfactor = 80)', name);
        execute format('alter table challenges attach partition %I for values from (%L) to (%L)', name, tanager_first_uuid(week), tanager_first_uuid(week + interval '1 week'));
        made := made + 1;
      exception when check_violation then
        null; -- rows of that week are in the rest already, and are found there
      end;
    end if;
    week := week + interval '1 week';
  end loop;
  return made;
end
$$;

create function tanager_first_uuid(moment timestamptz) returns uuid
language sql
immutable
as $$
  select rpad(lpad(to_hex((extract(epoch from moment) * 1000)::bigint), 12, '0'), 32, '0')::uuid
$$;

comment on function tanager_prepare_partitions(timestamptz, integer) is 'Makes the partitions of coming weeks; returns how many.';
comment on function tanager_first_uuid(timestamptz) is 'The smallest UUIDv7 of a moment.';

revoke execute on function tanager_prepare_partitions(timestamptz, integer) from public;
