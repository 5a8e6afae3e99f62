-- The trail read newest first: by kind, and over all kinds by merging them. One index serves both, so that writing an
-- event costs one more entry and not two.
create index events_kind on events (kind, at, account_id, sequence);
