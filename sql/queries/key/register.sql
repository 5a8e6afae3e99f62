-- key.register
insert into key_ring (key_id, fingerprint, active, registered_at)
values ($1, $2, $3, clock_timestamp())
