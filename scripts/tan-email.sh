#!/usr/bin/env bash
# A channel script that hands mail to the machine's own mail system, through the `sendmail` interface that Postfix,
# Exim, OpenSMTPD, msmtp and others have.
#
# Called as `tan-email.sh ADDRESS`, the message on standard input (UTF-8).
#
# Environment: MAIL_FROM             who it is from: name@domain, or Name <name@domain>
#              SENDMAIL              the program; /usr/sbin/sendmail when unset
#              TANAGER_SUBJECT, TANAGER_TRANSMISSION  set by the service
#
# The address is an argument to sendmail and a header; it is refused when it could be more than an address in either.
set -euf
# Bytes, not characters: what is cut below is measured in bytes.
LC_ALL=C

refuse() { # CODE SENTENCE
    printf 'tan-email.sh: %s\n' "$2" >&2
    exit "$1"
}

# One RFC 2047 encoded word for each 45 bytes, cut between characters; text in plain ASCII stays as it is.
encoded() { # TEXT
    local text=$1 part='' i byte words=''
    if [[ $text != *[!\ -~]* && $text != *'=?'* ]]; then
        printf '%s' "$text"
        return
    fi
    for ((i = 0; i < ${#text}; i++)); do
        byte=${text:i:1}
        if ((${#part} >= 42)) && [[ $byte != [$'\x80'-$'\xbf'] ]]; then
            words+="=?UTF-8?B?$(printf '%s' "$part" | base64 -w 0)?="$'\n '
            part=''
        fi
        part+=$byte
    done
    printf '%s' "$words=?UTF-8?B?$(printf '%s' "$part" | base64 -w 0)?="
}

[[ $# -eq 1 ]] || refuse 78 "wants one address"
address=$1
from=${MAIL_FROM:-}
subject=${TANAGER_SUBJECT:-}
transmission=${TANAGER_TRANSMISSION:-}
sendmail=${SENDMAIL:-/usr/sbin/sendmail}

[[ $address == ?*@?* && $address != -* && $address != *[[:cntrl:][:space:]\<\>,\;\"]* ]] || refuse 65 "no mailbox"
[[ $from == *?@?* && $from != *[[:cntrl:]]* ]] || refuse 78 "MAIL_FROM is unset or no mailbox"
[[ $transmission =~ ^[0-9A-Za-z-]+$ ]] || refuse 78 "TANAGER_TRANSMISSION is unset or no id"
[[ -x $sendmail ]] || refuse 78 "SENDMAIL names no program"

name=''
sender=$from
if [[ $from == *'<'*'>' ]]; then
    name=${from%%<*}
    name=${name%"${name##*[! ]}"}
    sender=${from##*<}
    sender=${sender%>}
fi
[[ $sender == ?*@?* && $sender != -* && $sender != *[[:space:]\<\>,\;\"]* ]] || refuse 78 "MAIL_FROM is no mailbox"
# A line break in a header would begin another one.
subject=${subject//[[:cntrl:]]/ }

code=0
{
    if [[ -n $name ]]; then
        printf 'From: %s <%s>\n' "$(encoded "$name")" "$sender"
    else
        printf 'From: %s\n' "$sender"
    fi
    printf 'To: %s\n' "$address"
    printf 'Subject: %s\n' "$(encoded "$subject")"
    printf 'Message-ID: <%s@%s>\n' "$transmission" "${sender##*@}"
    printf 'Auto-Submitted: auto-generated\n'
    printf 'MIME-Version: 1.0\n'
    printf 'Content-Type: text/plain; charset=UTF-8\n'
    printf 'Content-Transfer-Encoding: 8bit\n'
    printf '\n'
    cat
} | "$sendmail" -i -f "$sender" -- "$address" || code=$?

# sysexits.h: what sendmail says, in the words of a channel script.
case $code in
    0) ;;
    65 | 67 | 68) exit 65 ;; # the data, the user or the host is bad
    69 | 71 | 74 | 75) exit 75 ;; # unavailable, system error, I/O error, temporary failure
    64 | 77 | 78 | 126 | 127) exit 78 ;; # usage, permission, configuration, not executable
    *) exit 1 ;;
esac
