-- traffic.sweep
-- Removes the buckets that begin between $1 and $2.
delete from traffic
where bucket >= $1 and bucket < $2
