-- Devices and recovery codes beside addresses: all that an account proves itself with stands in one table, so that a
-- release which does not know them refuses instead of taking the account for one without protection.
alter table channels
  alter column address drop not null,
  add column secret bytea,
  add column used bigint[] not null default '{}',
  add column recovery_set uuid,
  add column recovery_key smallint,
  -- What was there before counts at once.
  add column brought_by text not null default 'operator',
  add constraint channels_brought_by_known check (brought_by in ('customer', 'operator')),
  add constraint channels_whole check (case channel
    when 'totp' then address is null and secret is not null and recovery_set is null and recovery_key is null
    when 'recovery' then address is null and secret is null and recovery_set is not null and recovery_key is not null
    else address is not null and secret is null and recovery_set is null and recovery_key is null
  end);

comment on table channels is 'What an account proves itself with: addresses, devices, recovery codes. What waits for its proof is an open challenge of kind address.';
comment on column channels.name is 'Tells several of one kind apart: the name of a device.';
comment on column channels.address is 'Sealed address of sms and email.';
comment on column channels.secret is 'Sealed secret of a device (RFC 6238).';
comment on column channels.used is 'What was used and is not accepted again: the latest steps of a device, the numbers of recovery codes.';
comment on column channels.recovery_set is 'UUIDv7; what the ten recovery codes are derived from. The codes themselves are never kept.';
comment on column channels.recovery_key is 'The key they are derived under.';
comment on column channels.brought_by is 'Who put it in force; one of the customer''s own counts for bound operations after a waiting time.';

alter table challenges
  alter column address drop not null,
  add column device text,
  add column secret bytea,
  add column counts_from timestamptz,
  add constraint challenges_device_whole check ((device is null) = (secret is null)),
  add constraint challenges_target_whole check (
    (address is not null) = (channel in ('sms', 'email')) and (secret is null or (channel = 'totp' and kind = 'address')));

comment on column challenges.address is 'Sealed address the TAN goes to.';
comment on column challenges.device is 'Name of the device that is being enrolled.';
comment on column challenges.secret is 'Its sealed secret.';
comment on column challenges.counts_from is 'From when on what solved it counts for bound operations; null: at once.';

alter table accounts
  add column step_up_sessions uuid[] not null default '{}',
  add column step_up_untils timestamptz[] not null default '{}',
  add column step_up_strengths text[] not null default '{}';

comment on column accounts.step_up_sessions is 'Sessions that are stepped up: ids of access tokens, keyed hashes of foreign credentials.';
comment on column accounts.step_up_untils is 'Until when each is.';
comment on column accounts.step_up_strengths is 'The strength of what each was stepped up with.';

alter table access_tokens
  add column last_used_at timestamptz,
  -- Whatever an earlier release made stays.
  add column proven boolean not null default true;

comment on column access_tokens.last_used_at is 'When it was last used, to about a minute.';
comment on column access_tokens.proven is 'Whether a proof was given for it, where it is an API token; one without passes nothing once the account is protected.';
comment on column access_tokens.mfa is 'Whether it is an API token; step-ups stand with the account.';
comment on column access_tokens.mfa_until is 'Not used; step-ups stand with the account.';
