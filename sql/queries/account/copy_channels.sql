-- account.copy_channels
copy channels (account_id, channel, address, since)
from stdin (format binary)
