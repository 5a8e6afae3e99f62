-- schema.prepare_partitions
select tanager_prepare_partitions($1, $2) as made
