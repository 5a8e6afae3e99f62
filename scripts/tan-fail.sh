#!/bin/sh
# A channel script for tests: hands nothing over and says so.
#
# Called as `tan-fail.sh ADDRESS`; leaves its standard input unread.
#
# Environment: EXIT_CODE  what it exits with: 65 bad address, 75 try later, 78 misconfigured, else failed; 1 when unset
set -eu

echo "tan-fail.sh: told to fail" >&2
exit "${EXIT_CODE:-1}"
