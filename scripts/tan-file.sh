#!/bin/sh
# A channel script for development and tests: keeps the newest message to each address in a file.
#
# Called as `tan-file.sh ADDRESS`, the message on standard input. Writes $SPOOL_DIR/<channel>-<address>.txt, readable
# by its owner alone, and replaces it in one step, so that a reader sees a whole message or the one before it.
#
# Environment: SPOOL_DIR        where the files go; made when it is not there
#              TANAGER_CHANNEL  sms or email; set by the service
set -eu

if [ -z "${SPOOL_DIR:-}" ] || [ -z "${TANAGER_CHANNEL:-}" ] || [ $# -ne 1 ]; then
    echo "tan-file.sh: wants SPOOL_DIR and TANAGER_CHANNEL set, and one address" >&2
    exit 78
fi

# A mailbox may hold slashes; a file's name may not.
address=$1
case $address in
    */*) address=$(printf '%s' "$address" | sed 's|/|%2F|g') ;;
esac

umask 077
mkdir -p -- "$SPOOL_DIR" || exit 78
half=$(mktemp "$SPOOL_DIR/.half.XXXXXX") || exit 78
trap 'rm -f -- "$half"' EXIT
cat >"$half"
mv -f -- "$half" "$SPOOL_DIR/$TANAGER_CHANNEL-$address.txt"
trap - EXIT
