#!/usr/bin/env bash
# A demo of the walk's own: started, waited for, ended, and looked after for what it leaves. Sourced by scripts/walkthrough,
# which has `fail`, $work and the colours.
# shellcheck disable=SC2034,SC2154 # what it shares with scripts/walkthrough

demo='' # its process id
nest='' # its directory for temporary files

# The processes that belong to the demo: of its process group, or at work in its directory, or named after it.
processes_of_demo() {
    local process stat words state group
    for process in /proc/[0-9]*; do
        # Builtins only, but for one: this looks at every process of the machine, again and again.
        { read -r stat <"$process/stat" && mapfile -d '' -t words <"$process/cmdline"; } 2>/dev/null || continue
        # Behind the name in parentheses come state, parent and process group.
        read -r state _ group _ <<<"${stat##*) }"
        [[ $state != Z && ${#words[@]} -gt 0 ]] || continue
        if [[ $group == "$demo" || ${words[*]} == *"$nest"* || $(readlink "$process/cwd" 2>/dev/null) == "$nest"* ]]; then
            printf '%s %.100s\n' "${process#/proc/}" "${words[*]}"
        fi
    done
}

# within TIME COMMAND...: whether the command succeeds within that many seconds; for what happens in other processes.
within() {
    local deadline=$((SECONDS + $1))
    shift
    until "$@"; do
        ((SECONDS < deadline)) || return 1
        sleep 0.1
    done
}

said_ready() { grep -qxF 'Ready. Ctrl-C stops everything.' "$work/demo.out"; }
demo_ended() { ! kill -0 "$demo" 2>/dev/null; }
said_ready_or_ended() { said_ready || demo_ended; }
nothing_left() { [[ -z $(processes_of_demo) ]]; }
said() { sed -n "s/^  $1  *\([^ ].*\)\$/\1/p" "$work/demo.out" | head -n 1; }

start_demo() {
    local program=${TANAGER:-}
    [[ -n $program ]] || program=${CARGO_TARGET_DIR:-target}/release/tanager
    [[ -x $program || -n ${TANAGER:-} ]] || program=${CARGO_TARGET_DIR:-target}/debug/tanager
    [[ -x $program ]] || fail "there is no program at $program: cargo build --release"
    # Short, as a socket's path must be; open like /tmp, as PostgreSQL's user needs a place in it.
    nest=$(mktemp -d /tmp/walk.XXXXXX)
    chmod 1777 "$nest"
    printf '%sStarting %s demo%s\n' "$dim" "$program" "$plain"
    : >"$work/demo.out"
    # Job control, so that it has a process group of its own and does not ignore SIGINT.
    set -m
    TMPDIR=$nest "$program" demo </dev/null >"$work/demo.out" 2>"$work/demo.err" &
    demo=$!
    set +m
    within 120 said_ready_or_ended || true
    if ! said_ready; then
        cat "$work/demo.out" "$work/demo.err" >&2
        fail 'the demo did not say that it is ready.'
    fi
    gateway=$(said 'Bank (through the gateway)') api=$(said "Tanager's API") spool=$(said Messages)
    admin_token=$(said 'Admin token') service_token=$(said 'Service token')
}

stop_demo() {
    local code=0
    kill -INT "$demo"
    within 30 demo_ended || fail 'the demo did not end within 30 s of SIGINT.'
    wait "$demo" || code=$?
    ((code == 0)) || fail "the demo ended with exit code $code: $(tail -n 5 "$work/demo.err")"
    # The guards of its parts end a moment after it.
    within 10 nothing_left || fail "left running: $(processes_of_demo)"
    [[ -z $(ls -A "$nest") ]] || fail "left in its directory for temporary files: $(ls -A "$nest")"
    demo=''
    printf '\n%sThe demo ended on SIGINT; no process and no file of it is left.%s\n' "$green" "$plain"
}

clean_up() {
    local code=$?
    trap - EXIT
    if [[ -n $demo ]]; then
        kill -INT "$demo" 2>/dev/null || true
        within 10 demo_ended || kill -KILL "$demo" 2>/dev/null || true
        within 10 nothing_left || true
    fi
    rm -rf "$work" ${nest:+"$nest"}
    exit "$code"
}
trap clean_up EXIT
trap 'exit 130' INT TERM HUP
