-- notice.put_off
-- Only by whoever began the sending last.
update notices
set due_at = $4
where account_id = $1 and notice_id = $2 and tries = $3
