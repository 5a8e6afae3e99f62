-- What the service's own role may do. It cannot alter the schema, and of the trail it can only append and read.
grant usage on schema public to SERVICE_ROLE;
grant select on refinery_schema_history, key_ring to SERVICE_ROLE;
grant select, insert, update on accounts, windows, ceilings, prefixes to SERVICE_ROLE;
grant select, insert, update, delete on channels, access_tokens, notices to SERVICE_ROLE;
grant select, insert, update, delete on challenges to SERVICE_ROLE;
grant select, insert, update, delete on traffic to SERVICE_ROLE;
grant delete on prefixes to SERVICE_ROLE;
grant select, insert on events to SERVICE_ROLE;
grant execute on function tanager_prepare_partitions(timestamptz, integer), tanager_first_uuid(timestamptz) to SERVICE_ROLE;
grant delete on windows to SERVICE_ROLE;
grant execute on function tanager_drop_partition(timestamptz, timestamptz) to SERVICE_ROLE;
