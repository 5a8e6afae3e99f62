-- schema.now
select clock_timestamp() as read_at
