-- notice.drop
-- Of an account that is gone: its trail has ended.
delete from notices
where account_id = $1 and notice_id = $2
