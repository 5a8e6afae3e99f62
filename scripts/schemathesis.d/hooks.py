"""What schemathesis cannot know of Tanager: who calls, and what the service has given out.

Random names are nobody's, random ids are 404, and a random TAN is wrong; such requests say little of what lies behind. So
most of the generated requests, where they are not meant to be malformed, are led to customers that are made here, with
the ids, tickets, tokens and TANs that were seen in replies. What was made malformed on purpose stays as it is.
"""

import atexit
import json
import os
import random
import re
from collections import Counter, defaultdict, deque
from urllib.parse import quote

import requests
import schemathesis
from schemathesis.core.parameters import ParameterLocation

CALLER = os.environ["TANAGER_CALLER"]
ADMIN, SERVICE = os.environ["TANAGER_ADMIN_TOKEN"], os.environ["TANAGER_SERVICE_TOKEN"]
API, GATEWAY, SPOOL = os.environ["TANAGER_API"], os.environ["TANAGER_GATEWAY"], os.environ["TANAGER_SPOOL"]
RUN, REPORT = int(os.environ["TANAGER_RUN"]), os.environ["TANAGER_REPORT"]

CUSTOMERS = 3  # at the same time
USES = 15  # of one customer: then it may be blocked, closed or out of messages
OURS = 0.85  # of the requests that could be led to a customer

chance = random.Random(f"{os.environ['TANAGER_SEED']} {CALLER}")
session = requests.Session()
session.trust_env = False
seen = Counter()


def ask(method, path, token, body=None, base=API):
    headers = {"Authorization": f"Bearer {token}"}
    return session.request(method, base + path, json=body, headers=headers, timeout=30)


class Customer:
    """An account of its own with a log-in, and what was given out for it."""

    number = 0

    def __init__(self):
        Customer.number += 1
        self.name = f"checked-{RUN}-{Customer.number}"
        self.phone = f"+4179{RUN:02}{Customer.number:05}"
        self.uses = 0
        self.known = defaultdict(lambda: deque(maxlen=4))
        contact = {"phone": self.phone, "email": f"{self.name}@example.com"}
        channels = [["sms"], ["sms"], ["email"], []][Customer.number % 4]
        made = ask("POST", "/accounts", ADMIN, {"username": self.name, "contact_data": contact, "tan_channels": channels})
        assert made.status_code == 201, made.text
        self.log_in()
        if "sms" in channels:
            self.prove()

    def log_in(self):
        minted = ask("POST", f"/accounts/{self.name}/token", SERVICE, {"scope": "readwrite"})
        assert minted.status_code == 200, minted.text
        self.token = minted.json()["access_token"]
        self.known["token_id"].append(minted.json()["token_id"])

    def prove(self):
        """A one-shot token, a challenge that stays open, and what Taler's flow offers."""
        path = f"/accounts/{self.name}/tan/challenge"
        challenge = ask("POST", f"{path}/sms", self.token, {})
        assert challenge.status_code == 200, challenge.text
        solved = ask("POST", f"{path}/{challenge.json()['challenge_id']}/confirm", self.token, {"tan": self.tan()})
        assert solved.status_code == 200, solved.text
        self.known["tan_token"].append(solved.json()["tan_token"])
        self.known["challenge"].append(ask("POST", f"{path}/sms", self.token, {}).json()["challenge_id"])
        offer = ask("POST", f"/accounts/{self.name}/checked", self.token, {}, GATEWAY)
        assert offer.status_code == 202, offer.text
        self.known["challenge_id"].extend(row["challenge_id"] for row in offer.json()["challenges"])

    def tan(self):
        """The TAN of the last message."""
        for path in (f"{SPOOL}/sms-{self.phone}.txt", f"{SPOOL}/email-{self.name}@example.com.txt"):
            if os.path.exists(path):
                with open(path, encoding="utf-8") as message:
                    found = re.findall(r"\b\d{8}\b", message.read())
                if found:
                    return found[-1]
        return "12345678"

    def learn(self, reply):
        """Keeps what a reply gave out."""
        for member in ("token_id", "reservation_id", "tan_token", "operation"):
            if isinstance(reply.get(member), str):
                self.known[member].append(reply[member])
        challenge = reply.get("challenge", reply)
        if isinstance(challenge, dict) and isinstance(challenge.get("challenge_id"), str):
            self.known["challenge"].append(challenge["challenge_id"])

    def recall(self, name):
        return self.known[name][-1] if self.known[name] else None


customers = []


def somebody():
    while len(customers) < CUSTOMERS:
        customers.append(Customer())
    return chance.choice(customers)


def is_sound(case, location, name):
    """Whether `name` there was not made malformed on purpose."""
    meta = case.meta
    if meta is None or not meta.is_negative_at(location):
        return True
    broken = getattr(meta.phase.data, "parameter", None)
    return location == ParameterLocation.PATH and broken not in (None, name)


def lead(case, customer):
    """Puts the customer, and what was given out for it, where random values stand."""
    for name in list(case.path_parameters or {}):
        # A channel's name may stand where a challenge's id does.
        value = customer.name if name == "username" else customer.recall(name)
        is_channel = str(case.path_parameters[name]) in ("sms", "email", "totp", "recovery")
        if value and not is_channel and is_sound(case, ParameterLocation.PATH, name):
            case.path_parameters[name] = value
    if is_sound(case, ParameterLocation.HEADER, "TAN-Token") and "TAN-Token" in (case.headers or {}):
        case.headers["TAN-Token"] = customer.recall("tan_token") or case.headers["TAN-Token"]
    if isinstance(case.body, dict) and is_sound(case, ParameterLocation.BODY, None):
        fill(case.body, case.operation.label, customer)


def fill(body, label, customer):
    if isinstance(body.get("username"), str) and label != "POST /accounts":
        body["username"] = customer.name
    for member, value in (
        ("tan", customer.tan() if chance.random() < 0.7 else None),
        ("tan_token", customer.recall("tan_token")),
        ("operation", customer.recall("operation")),
        ("address", new_address() if chance.random() < 0.5 else None),
    ):
        if isinstance(body.get(member), str) and value:
            body[member] = value
    contact = body.get("contact_data")
    if isinstance(contact, dict) and chance.random() < 0.7:
        for member, value in (("phone", f"+4178{chance.randrange(10**7):07}"), ("email", "someone@example.org")):
            if isinstance(contact.get(member), str):
                contact[member] = value


def new_address():
    return f"+4177{chance.randrange(10**7):07}" if chance.random() < 0.7 else f"new{chance.randrange(10**7)}@example.net"


def credential(customer):
    return {"admin": ADMIN, "service": SERVICE, "account": customer.token}.get(CALLER)


@schemathesis.hook
def before_call(context, case, kwargs):
    customer = somebody()
    customer.uses += 1
    if chance.random() < OURS:
        lead(case, customer)
    token = credential(customer)
    if token:
        case.headers["Authorization"] = f"Bearer {token}"
    kwargs["proxies"] = {"http": ""}


@schemathesis.hook
def after_call(context, case, response):
    seen[(case.operation.label, response.status_code)] += 1
    led = [one for one in customers if f"/{quote(one.name)}" in response.request.url or named(one, response)]
    customer = led[0] if led else None
    if customer is None:
        return
    if response.status_code in (200, 202, 403):
        try:
            reply = response.json()
        except ValueError:
            reply = None
        if isinstance(reply, dict):
            customer.learn(reply)
    logged_out = response.status_code == 401 and CALLER == "account"
    gone = logged_out or (response.status_code == 204 and case.method.upper() == "DELETE")
    if customer.uses >= USES or gone:
        customers.remove(customer)


@schemathesis.hook
def filter_failure(context, failure, case, response):
    # Which members mean something there depends on the channel in the path; the others are ignored, whatever they hold.
    by_channel = case.operation.label == "POST /accounts/{username}/tan/{channel}"
    return not (by_channel and type(failure).__name__ == "AcceptedNegativeData")


def named(customer, response):
    body = response.request.body or b""
    return customer.name.encode() in (body if isinstance(body, bytes) else str(body).encode())


@atexit.register
def report():
    with open(REPORT, "a", encoding="utf-8") as out:
        for (label, status), times in sorted(seen.items()):
            out.write(json.dumps([CALLER, label, status, times]) + "\n")
