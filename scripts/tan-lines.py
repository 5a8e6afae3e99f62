#!/usr/bin/env python3
"""A persistent script for development and tests: keeps the newest message to each address in a file.

Usage: tan-lines.py [-h]

Reads messages from standard input and answers on standard output, a JSON object a line (docs/operations.md,
"Persistent script"). Writes each to $SPOOL_DIR/<channel>-<address>.txt, readable by its owner alone, and replaces it in
one step, so that a reader sees a whole message or the one before it.

Environment: SPOOL_DIR  where the files go; made when it is not there

It answers "sent" when the file is in place, "try_later" when there is no room for it, "misconfigured" when it may not
be written there, else "failed". It ends with

     0  when its standard input ends, and after -h
    65  at a line that is no message
    74  when nobody reads its answers any more
    78  without SPOOL_DIR, when that cannot be made, and with other arguments
"""

import errno
import json
import os
import sys
import tempfile

NO_MESSAGE, NO_READER, MISCONFIGURED = 65, 74, 78
OUTCOMES = {
    errno.ENOSPC: "try_later",
    errno.EDQUOT: "try_later",
    errno.EMFILE: "try_later",
    errno.ENFILE: "try_later",
    errno.EACCES: "misconfigured",
    errno.EPERM: "misconfigured",
    errno.EROFS: "misconfigured",
    errno.ENOENT: "misconfigured",
    errno.ENOTDIR: "misconfigured",
}


def end(code, sentence):
    print("tan-lines.py: " + sentence, file=sys.stderr)
    sys.exit(code)


def keep(spool, channel, address, message):
    # A mailbox may hold slashes; a file's name may not.
    name = "%s-%s.txt" % (channel, address.replace("/", "%2F"))
    descriptor, half = tempfile.mkstemp(prefix=".half.", dir=spool)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(message.encode())
        os.replace(half, os.path.join(spool, name))
    except OSError:
        os.unlink(half)
        raise


def answer(spool, line):
    try:
        said = json.loads(line)
        transmission = said["transmission"]
        channel, address, message = said["channel"], said["address"], said["message"]
    except (ValueError, KeyError, TypeError):
        end(NO_MESSAGE, "a line is no message")
    try:
        keep(spool, channel, address, message)
    except OSError as error:
        outcome = OUTCOMES.get(error.errno, "failed")
        return {"transmission": transmission, "outcome": outcome, "reason": os.strerror(error.errno)}
    return {"transmission": transmission, "outcome": "sent"}


def main():
    if sys.argv[1:] in (["-h"], ["--help"]):
        print(__doc__.strip())
        return
    spool = os.environ.get("SPOOL_DIR", "")
    if sys.argv[1:] or not spool:
        end(MISCONFIGURED, "wants SPOOL_DIR set, and no arguments")
    os.umask(0o077)
    try:
        os.makedirs(spool, exist_ok=True)
    except OSError as error:
        end(MISCONFIGURED, "SPOOL_DIR cannot be made: " + os.strerror(error.errno))
    for line in sys.stdin.buffer:
        reply = json.dumps(answer(spool, line)) + "\n"
        try:
            sys.stdout.write(reply)
            sys.stdout.flush()
        except BrokenPipeError:
            # Python would try once more at its end.
            os._exit(NO_READER)


if __name__ == "__main__":
    main()
