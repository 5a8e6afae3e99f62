-- schema.settle
-- Writes a mark to the write-ahead log, and with it, before it answers, all that was committed until now: also what was
-- committed without waiting for the disk (synchronous_commit = off), and what this connection has seen of it.
select pg_logical_emit_message(true, 'tanager', 'settled')::text as place
