#!/usr/bin/env bash
# A channel script that hands a text message to an HTTP gateway:
#
#     POST $SMS_GATEWAY_URL
#     Authorization: Bearer $SMS_GATEWAY_KEY
#     Idempotency-Key: <transmission>
#     Content-Type: application/json
#
#     {"to": "+41791234567", "text": "…", "id": "<transmission>"}
#
# Called as `tan-sms-http.sh ADDRESS`, the message on standard input (UTF-8). Most gateways differ in the names of the
# members alone: change them below. Needs bash and curl.
#
# Environment: SMS_GATEWAY_URL      http(s) address of the gateway
#              SMS_GATEWAY_KEY      the secret it knows this bank by
#              SMS_GATEWAY_TIMEOUT  seconds until it is given up, 8 when unset; less than the channel's timeout
#              TANAGER_TRANSMISSION set by the service
#
# Neither the key nor the message is in an argument or in a file: other users of the machine can read arguments.
set -euf
# Bytes, not characters: a message is passed on as it came.
LC_ALL=C
backslash=\\
quote='"'

refuse() { # CODE SENTENCE
    printf 'tan-sms-http.sh: %s\n' "$2" >&2
    exit "$1"
}

# TEXT between quotation marks, escaped as JSON wants it (RFC 8259 section 7).
quoted() { # TEXT
    local text=$1 code control escape
    text=${text//"$backslash"/"$backslash$backslash"}
    text=${text//"$quote"/"$backslash$quote"}
    if [[ $text == *[[:cntrl:]]* ]]; then
        for ((code = 1; code < 32; code++)); do
            printf -v escape '%04x' "$code"
            printf -v control '%b' "${backslash}x${escape:2}"
            text=${text//"$control"/"${backslash}u$escape"}
        done
    fi
    printf '"%s"' "$text"
}

# TEXT between quotation marks, escaped as a curl configuration wants it.
configured() { # TEXT
    local text=$1
    text=${text//"$backslash"/"$backslash$backslash"}
    printf '"%s"' "${text//"$quote"/"$backslash$quote"}"
}

[[ $# -eq 1 ]] || refuse 78 "wants one address"
address=$1
url=${SMS_GATEWAY_URL:-}
key=${SMS_GATEWAY_KEY:-}
transmission=${TANAGER_TRANSMISSION:-}

[[ $address =~ ^\+[0-9]{7,15}$ ]] || refuse 65 "no telephone number"
[[ $url =~ ^https?://[^[:space:][:cntrl:]]+$ ]] || refuse 78 "SMS_GATEWAY_URL is unset or no http(s) address"
[[ -n $key && $key != *[[:cntrl:]]* ]] || refuse 78 "SMS_GATEWAY_KEY is unset or holds control characters"
[[ $transmission =~ ^[0-9A-Za-z-]+$ ]] || refuse 78 "TANAGER_TRANSMISSION is unset or no id"
command -v curl >/dev/null || refuse 78 "curl is not installed"

# To its end, that is; there is no NUL in a text, so `read` says that it found none.
IFS= read -r -d '' message || true

code=0
status=$(
    printf '{"to":%s,"text":%s,"id":%s}' "$(quoted "$address")" "$(quoted "$message")" "$(quoted "$transmission")" |
        curl --disable --config /dev/fd/3 --silent --show-error --globoff \
            --max-time "${SMS_GATEWAY_TIMEOUT:-8}" --output /dev/null --write-out '%{http_code}' \
            --header 'Content-Type: application/json' --data-binary @- \
            3< <(
                printf 'url = %s\n' "$(configured "$url")"
                printf 'header = %s\n' "$(configured "Authorization: Bearer $key")"
                printf 'header = %s\n' "$(configured "Idempotency-Key: $transmission")"
            )
) || code=$?

# What curl says (curl(1), "EXIT CODES"): of its options, the address or certificates; all else is the connection.
case $code in
    0) ;;
    1 | 2 | 3 | 4 | 26 | 27 | 43 | 48 | 51 | 53 | 54 | 58 | 59 | 60 | 66 | 77 | 83 | 90 | 91 | 126 | 127)
        refuse 78 "curl cannot use this configuration (curl exit $code)"
        ;;
    *) refuse 75 "the gateway cannot be reached (curl exit $code)" ;;
esac

# What the gateway says.
case $status in
    2??) ;;
    408 | 425 | 429 | 5??) refuse 75 "the gateway says HTTP $status" ;;
    3?? | 401 | 402 | 403 | 404 | 405 | 406 | 407 | 411 | 415) refuse 78 "the gateway says HTTP $status" ;;
    4??) refuse 65 "the gateway says HTTP $status" ;;
    *) refuse 1 "the gateway says HTTP $status" ;;
esac
