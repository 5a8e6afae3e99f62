#!/usr/bin/env bash
# The chapter about authenticator apps and sessions that are stepped up. Sourced by scripts/walkthrough, which has the
# customers, `prove` and, from http.bash, the requests.
# shellcheck disable=SC2154 # what it shares with scripts/walkthrough

# app_code SECRET STEPS: what an app that has this secret shows so many steps of 30 seconds from now (RFC 6238).
app_code() {
    python3 - "$2" 3<<<"$1" <<'PYTHON'
import base64, hmac, os, struct, sys, time
secret = base64.b32decode(os.fdopen(3).read().strip())
mac = hmac.digest(secret, struct.pack(">Q", int(time.time()) // 30 + int(sys.argv[1])), "sha1")
print("%06d" % ((struct.unpack(">I", mac[mac[-1] & 15 :][:4])[0] & 0x7FFFFFFF) % 10**6))
PYTHON
}

authenticator_app() {
    local enrolment='{"name":"telephone"}' challenge secret
    chapter 'An authenticator app, and a session that is stepped up'

    explain 'An app is a factor like the others: to add one, Alice proves herself with one that she has.'
    call alice POST /accounts/alice/tan/totp "$enrolment"
    expect 403 10002
    prove alice "$phone" "$(need text operation)"
    message_says sms "$phone" 'add an authenticator app named telephone'

    explain 'What the app is set up with is shown this once: as text, as an address, and as a QR code.'
    call alice POST /accounts/alice/tan/totp "$enrolment" "TAN-Token: $token"
    expect 202
    challenge=$(need text challenge_id)
    secret=$(need text secret)

    explain 'Its first code puts it in force. Nothing was sent.'
    call alice POST "/accounts/alice/tan/challenge/$challenge/confirm" "{\"tan\":\"$(app_code "$secret" 0)\"}"
    expect 200
    expect_is state active "$(need text state)"

    explain 'Alice steps her session up with the next code, as none is good twice. One step ahead it is good already.'
    call alice POST /accounts/alice/session/step-up
    expect 403 10002
    call alice POST /accounts/alice/tan/challenge/totp "{\"operation\":\"$(need text operation)\"}"
    expect 200
    challenge=$(need text challenge_id)
    call alice POST "/accounts/alice/tan/challenge/$challenge/confirm" "{\"tan\":\"$(app_code "$secret" 1)\"}"
    expect 200
    token=$(need text tan_token)
    call alice POST /accounts/alice/session/step-up '' "TAN-Token: $token"
    expect 200
    expect_is mfa true "$(need truth mfa)"

    explain 'What moves money asks for a token of its own all the same.'
    call alice POST /accounts/alice/transactions "$transfer"
    expect 403 10002

    explain 'The telephone with the app is lost: Alice removes it, by SMS. That ends the step-up, too.'
    call alice DELETE '/accounts/alice/tan/totp?name=telephone'
    expect 403 10002
    prove alice "$phone" "$(need text operation)"
    call alice DELETE '/accounts/alice/tan/totp?name=telephone' '' "TAN-Token: $token"
    expect 204
}
