-- prefix.sweep
-- Forgets the prefixes that were opened before $1: they are like any other again.
delete from prefixes
where opened_at < $1
