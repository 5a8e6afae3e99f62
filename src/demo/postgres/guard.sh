# Runs a private PostgreSQL and ends it with its owner, whatever the owner dies of.
#
#     sh -c "$(cat guard.sh)" guard.sh PROGRAMS HOME keep|remove INITDB-OPTION POSTGRES-ARGUMENT...
#
# The shell becomes the postmaster (exec), so that the owner knows its process id. Before, it leaves a guard behind that
# reads from the pipe whose other end only the owner holds: the kernel closes it with the owner, kill -9 included.
# The guard stands in the postmaster's process group, so the group's number cannot be given to a stranger while the
# guard lives, and a signal to the group also reaches an initdb that is still at work.
set -u
programs=$1
home=$2
afterwards=$3
preparation=$4
shift 4
main=$$

# Whether the postmaster ends by signal $1 within $2 twentieths of a second. The signal is sent again and again: a shell or
# an initdb that has only begun may not listen yet. One that only waits to be reaped has ended.
ends_by() {
    left=$2
    while kill -0 "$main" 2>/dev/null; do
        case $(cat "/proc/$main/stat" 2>/dev/null) in *") Z "*) return 0 ;; esac
        [ "$left" -gt 0 ] || return 1
        left=$((left - 1))
        kill -s "$1" -- "-$main" 2>/dev/null
        sleep 0.05
    done
}

end_with_owner() {
    trap '' HUP INT QUIT TERM
    cd /
    cat <&3
    # Fast, then without a checkpoint, then by force: but for the first each is for a machine in trouble.
    ends_by INT 200 || ends_by QUIT 200 || kill -s KILL "$main"
    if [ "$afterwards" = remove ]; then
        # Again after a moment: a process that dies a little later than the postmaster may still write a file.
        rm -rf "$home" 2>/dev/null || { sleep 0.2; rm -rf "$home"; }
    fi
}

# From here on the log is where everything goes, but for the guard's own output: its end tells the owner that all is done.
exec 3<&0 4>&1 </dev/null
: >"$home/postgres.log"
exec >>"$home/postgres.log" 2>&1
# A grandchild: the end of a child would be the postmaster's business, and a violent one its crash.
(end_with_owner >&4 &)
exec 3<&- 4>&-

if [ ! -s "$home/data/PG_VERSION" ]; then
    # Made beside and moved in one step: half a cluster is never taken for a whole one.
    rm -rf "$home/data.new"
    "$programs/initdb" --pgdata="$home/data.new" --username=tanager --auth=trust \
        --encoding=UTF8 --locale=C.UTF-8 ${preparation:+"$preparation"} || exit 1
    mv "$home/data.new" "$home/data" || exit 1
fi
exec "$programs/postgres" -D "$home/data" "$@"
