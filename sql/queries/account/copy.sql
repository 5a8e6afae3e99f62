-- account.copy
-- Rows of new accounts, many at once; the defaults of all other columns are those of an account without a history.
copy accounts (account_id, username, contact_phone, contact_email, meters, language, event_sequence, event_mac, event_at, created_at)
from stdin (format binary)
