#!/usr/bin/env bash
# Requests and answers: sent with curl, shown, and held against what they are to be. Sourced by scripts/walkthrough, which
# has `fail`, $work, the colours, $gateway, $api and the credentials.
# shellcheck disable=SC2154 # what it shares with scripts/walkthrough

pretty() {
    if [[ ! -s $1 ]]; then
        return
    elif command -v jq >/dev/null; then
        jq . "$1" 2>/dev/null || cat "$1"
    elif command -v python3 >/dev/null; then
        python3 -m json.tool --no-ensure-ascii "$1" 2>/dev/null || cat "$1"
    else
        cat "$1"
        echo
    fi
}

# chapter SENTENCE, explain SENTENCE: what the next requests, the next request, are for.
chapter() { printf '\n%s== %s ==%s\n' "$green" "$*" "$plain"; }
explain() { printf '\n%s%s%s\n' "$bold" "$*" "$plain"; }

# credential CALLER: what stands in the header Authorization, and what is shown of it. Customers are named by their name,
# with their log-in token, or with `:password`; nobody has none.
credential() {
    case $1 in
        nobody) ;;
        admin) printf 'Bearer %s\n<the admin token>' "$admin_token" ;;
        service) printf 'Bearer %s\n<the service token>' "$service_token" ;;
        *:*) printf 'Basic %s\n<%s and the password>' "$(printf %s "$1" | base64 | tr -d '\n')" "${1%%:*}" ;;
        alice) printf 'Bearer %s\n<the log-in token of alice>' "$alice_token" ;;
        bob) printf 'Bearer %s\n<the log-in token of bob>' "$bob_token" ;;
        *) fail "nobody knows $1." ;;
    esac
}

# Operators and bank cores call the API; all others the gateway, unless $at says where.
base_of() {
    case $1 in
        admin | service) printf '%s' "${at:-$api}" ;;
        *) printf '%s' "${at:-$gateway}" ;;
    esac
}

# send CALLER METHOD PATH [BODY] [HEADER]...: one request; its answer is in $work/head, $work/body and $status.
# Credentials go through a file: the arguments of a program are seen by every user of the machine.
send() {
    local caller=$1 method=$2 path=$3 body=${4:-} authorization
    shift $(($# < 4 ? $# : 4))
    authorization=$(credential "$caller")
    : >"$work/request"
    [[ -z $authorization ]] || printf 'Authorization: %s\n' "${authorization%%$'\n'*}" >>"$work/request"
    (($# == 0)) || printf '%s\n' "$@" >>"$work/request"
    local arguments=(-sS --path-as-is --max-time 30 -X "$method" -D "$work/head" -o "$work/body" -w '%{http_code}')
    if [[ -n $body ]]; then
        printf 'Content-Type: application/json\n' >>"$work/request"
        printf '%s' "$body" >"$work/sent"
        arguments+=(--data-binary "@$work/sent")
    fi
    : >"$work/body"
    status=$(curl "${arguments[@]}" -H "@$work/request" "$(base_of "$caller")$path") || fail "no answer to $method $path."
}

# call CALLER METHOD PATH [BODY] [HEADER]...: the same, shown.
call() {
    local shown
    shown=$(credential "$1")
    printf '  %s%s %s%s\n' "$bold" "$2" "$3" "$plain"
    [[ -z $shown ]] || printf '  %sAuthorization: %s %s%s\n' "$dim" "${shown%% *}" "${shown#*$'\n'}" "$plain"
    (($# < 5)) || printf '%s\n' "${@:5}" | sed "s/^/  $dim/; s/\$/$plain/"
    [[ -z ${4:-} ]] || printf '  %s\n' "$4" # as it is: a body is bound byte for byte
    send "$@"
    show_answer
}

show_answer() {
    local colour=$green
    ((status < 400)) || colour=$red
    printf '  %s%s%s\n' "$colour" "$(head -n 1 "$work/head" | tr -d '\r')" "$plain"
    tr -d '\r' <"$work/head" | grep -iE '^(tan-required|retry-after|www-authenticate|allow|location):' \
        | sed "s/^/  $dim/; s/\$/$plain/" || true
    # A picture is not for reading.
    pretty "$work/body" | sed 's/^/  /; s/\("qr_svg": *"[^ ]*\).*/\1 …"/'
}

# expect STATUS [CODE]: ends the walk if the answer is another one.
expect() {
    [[ $status == "$1" ]] || fail "expected status $1, got $status."
    [[ -z ${2:-} || $(number code) == "$2" ]] || fail "expected code $2, got '$(number code)'."
}

# expect_is NAME EXPECTED ACTUAL
expect_is() { [[ $2 == "$3" ]] || fail "expected $1 to be '$2', got '$3'."; }

# A member of the last answer, without a tool for JSON that might not be here: the first of that name.
# Good for the values that are asked for here, none of which has a quote in it.
text() { tr -d '\n' <"$work/body" | grep -oE "\"$1\" *: *\"[^\"]*\"" | head -n 1 | sed 's/^"[^"]*" *: *"//; s/"$//'; }
number() { tr -d '\n' <"$work/body" | grep -oE "\"$1\" *: *[0-9]+" | head -n 1 | grep -oE '[0-9]+$'; }
truth() { tr -d '\n' <"$work/body" | grep -oE "\"$1\" *: *(true|false)" | head -n 1 | grep -oE '(true|false)$'; }
header() { tr -d '\r' <"$work/head" | sed -n "s/^$1: *//Ip" | head -n 1; }

# need KIND NAME: a member that must be there.
need() {
    local value
    value=$("$1" "$2") || true
    [[ -n $value ]] || fail "the answer has no member '$2'."
    printf '%s' "$value"
}

# tan_for CHANNEL ADDRESS: the TAN in the last message to that address; only a demo writes messages into files.
tan_for() {
    local file=$spool/$1-$2.txt tan
    [[ -r $file ]] || fail "there is no message at $file."
    tan=$(tail -n 1 "$file" | sed -n 's/^@[^ ]* #\([0-9]*\)$/\1/p')
    [[ -n $tan ]] || tan=$(grep -oE '(^|[^0-9])[0-9]{8}([^0-9]|$)' "$file" | grep -oE '[0-9]{8}' | head -n 1)
    [[ -n $tan ]] || fail "the message at $file has no TAN."
    printf '%s' "$tan"
}

show_message() {
    printf '  %sThe message to %s:%s\n' "$dim" "$2" "$plain"
    sed 's/^/  | /' "$spool/$1-$2.txt"
    echo
}

# message_says CHANNEL ADDRESS TEXT: what the customer must be shown.
message_says() { grep -qF -e "$3" "$spool/$1-$2.txt" || fail "the message to $2 does not say '$3'."; }

# Another number of as many digits; 10# because a leading zero means base eight.
wrong() { printf '%0*d' "${#1}" $(((10#$1 + 1) % 10 ** ${#1})); }

# balance CUSTOMER: in cents.
balance() {
    send "$1" GET "/accounts/$1"
    expect 200
    need text amount | sed 's/^EUR://; s/\.//; s/^0*\(.\)/\1/'
}

# expect_moved CUSTOMER CENTS BEFORE: what has come in since, or gone out.
expect_moved() { expect_is "what moved on the account of $1, in cents," "$2" "$(($(balance "$1") - $3))"; }
