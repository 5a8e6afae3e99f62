-- What a reserved token is used for, so that a holder that died can be followed by one that tries the very same again;
-- and what voids the ids of Taler's challenges, of which nothing is stored before they are used.
alter table challenges
  add column reserved_operation bytea,
  add column reserved_first uuid,
  add column reserved_idempotent boolean not null default false,
  -- A hold from before has neither.
  add constraint challenges_reserved_whole check ((reserved_operation is null) = (reserved_first is null)),
  add constraint challenges_reserved_of_reservation check (reserved_first is null or reservation_id is not null);

comment on column challenges.reserved_operation is 'Digest of the operation that holds, or held, the token.';
comment on column challenges.reserved_first is 'The first hold of those that try the same work again: the Idempotency-Key.';
comment on column challenges.reserved_idempotent is 'Whether a repeat under that key does nothing twice.';
comment on column challenges.reservation_id is 'The latest operation that held the token; kept when it is spent or void.';

alter table accounts
  add column epoch integer not null default 0,
  add column withheld timestamptz[] not null default '{}',
  add constraint accounts_epoch_natural check (epoch >= 0);

comment on column accounts.epoch is 'How often every challenge was voided; an id sealed before is void.';
comment on column accounts.withheld is 'When answers of the bank core were withheld on the last day for want of a proof.';
