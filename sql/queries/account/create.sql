-- account.create
-- No row comes back when the username is taken.
with acct as (
  insert into accounts (account_id, username, contact_phone, contact_email, language, event_sequence, event_mac, event_at, created_at)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $8)
  on conflict (username) do nothing
  returning account_id
), chan as (
  insert into channels (account_id, channel, address, meters, since)
  select acct.account_id, new.channel, new.address, array(select pair.meter from unnest($17::text[], $18::bytea[]) as pair (channel, meter) where pair.channel = new.channel), $8
  from acct, unnest($9::text[], $10::bytea[]) as new (channel, address)
), evts as (
  insert into events (account_id, sequence, at, kind, actor, challenge_id, details, key_id, mac)
  select acct.account_id, new.sequence, $8, new.kind, $11, null, new.details::jsonb, $12, new.mac
  from acct, unnest($13::bigint[], $14::text[], $15::text[], $16::bytea[]) as new (sequence, kind, details, mac)
)
select account_id
from acct
