-- schema.lock
select pg_advisory_lock($1)
