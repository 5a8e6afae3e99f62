-- challenge.drop_partition
select tanager_drop_partition($1, $2) as removed
