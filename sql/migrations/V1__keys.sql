-- The key ring as the database knows it: which keys there are, by fingerprint. Never a key.
create table key_ring (
  key_id smallint not null,
  fingerprint bytea not null,
  active boolean not null,
  registered_at timestamptz not null,
  constraint key_ring_pkey primary key (key_id),
  constraint key_ring_fingerprint_length check (octet_length(fingerprint) = 32)
);
create unique index key_ring_one_active on key_ring (active) where active;

comment on table key_ring is 'The keys that the service must hold; it does not start with others.';
comment on column key_ring.key_id is 'The id that sealed values, TANs and events name their key by.';
comment on column key_ring.fingerprint is 'HKDF of the key for this purpose alone; tells nothing about it.';
comment on column key_ring.active is 'Whether what is new is made with it; exactly one is.';
comment on column key_ring.registered_at is 'When the database came to know it.';
