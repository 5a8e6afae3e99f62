-- Retention: old challenges go a week at a time. Run by the owner's right, so that the service's own role can have a
-- partition dropped without being able to change the schema.

-- Drops one partition whose challenges were all begun before `begun_before` and closed before `closed_before`, and
-- returns how many rows went with it; null when there is none, or when its locks could not be had at once: whoever asks,
-- asks again later. Never drops the rest. Nobody waits longer for the service than the lock_timeout below.
create function tanager_drop_partition(begun_before timestamptz, closed_before timestamptz) returns bigint
language plpgsql
security definer
set search_path = public, pg_temp
set lock_timeout = '100ms'
as $$
declare
  part regclass;
  held bigint;
  alive boolean;
begin
  if not pg_try_advisory_xact_lock(hashtext('tanager_drop_partition')) then
    return null; -- another instance is at it
  end if;
  for part in
    select c.oid
    from pg_inherits i
    join pg_class c on c.oid = i.inhrelid
    where i.inhparent = 'public.challenges'::regclass
      and substring(pg_get_expr(c.relpartbound, c.oid) from 'TO \(''([0-9a-f-]{36})''\)')::uuid <= tanager_first_uuid(begun_before)
    order by c.relname
  loop
    -- What is closed so long never comes to life again, so this look needs no lock that anybody waits for.
    execute format(
      'select count(*), coalesce(bool_or(greatest(ends_at, token_expires_at, reserved_until, claim_until, held_until) >= $1), false) from %s', part)
      into held, alive
      using closed_before;
    if not alive then
      execute format('drop table %s', part);
      return held;
    end if;
  end loop;
  return null;
exception
  when lock_not_available or query_canceled then
    return null; -- the look took too long; what is old goes row by row meanwhile
end
$$;

comment on function tanager_drop_partition(timestamptz, timestamptz) is 'Drops one partition of challenges that is closed as a whole; returns how many rows it had.';

revoke execute on function tanager_drop_partition(timestamptz, timestamptz) from public;
