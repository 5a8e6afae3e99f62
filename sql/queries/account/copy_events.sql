-- account.copy_events
copy events (account_id, sequence, at, kind, actor, details, key_id, mac)
from stdin (format binary)
