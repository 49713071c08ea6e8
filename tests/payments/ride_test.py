#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""ride_test.py BUILD SOURCE stubs|stripe|yookassa|localstripe - rent-payment-ride, on the stubs in their own dialect, in
Stripe's and in YooKassa's, or on localstripe: a clean ride ends with 0 and equal
sums, a provider that acts twice or hides a payment with 70, one that is away with 69, and no line has
a secret."""
import http.client
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlencode

BUILD, SOURCE, KIND = sys.argv[1:4]
HERE = os.path.dirname(os.path.abspath(__file__))
SECRET = "sk_test_ride0001"
PROVIDERS = {
    "stubs": '''{{ name = "provider"; plugin = "payment_http";
        options = {{ url = "http://127.0.0.1:{port}"; lookup_settle = "0s"; }}; }}''',
    "localstripe": '''{{ name = "provider"; plugin = "payment_stripe";
        options = {{ url = "http://127.0.0.1:{port}"; secret_key = "{secret}"; currency = "EUR";
                    lookup_settle = "0s"; }}; }}''',
    "stripe": '''{{ name = "provider"; plugin = "payment_stripe";
        options = {{ url = "http://127.0.0.1:{port}"; secret_key = "{secret}"; currency = "EUR";
                    lookup_settle = "0s"; }}; }}''',
    "yookassa": '''{{ name = "provider"; plugin = "payment_yookassa";
        options = {{ url = "http://127.0.0.1:{port}/v3"; shop_id = "1"; secret_key = "{secret}"; currency = "EUR";
                    lookup_settle = "0s"; }}; }}''',
}
RIDE = '''service = "ride";
log = {{ level = "error"; }};
instances = (
  {provider},
  {{ name = "ride"; plugin = "payment_ride"; uses = {{ payment = "provider"; }};
     options = {{ wait = "{wait}"; {more} }}; }}
);
'''
STUBS = '''service = "stubs";
log = {{ level = "error"; }};
listeners = ( {{ name = "stubs"; listen = "127.0.0.1:{port}"; routes = [ "stubs" ]; system = true; }} );
instances = ( {{ name = "stubs"; plugin = "stubs"; options = {{ data = "{source}/stubs/city.json";
    currency = "EUR"; payments = "{payments}"; }}; }} );
'''
# The customer: confirms with the client secret that it reads.
CONFIRM = '''#!/bin/sh
read -r secret || true
exec curl -sf -o /dev/null -H "Authorization: Bearer {key}" -d "client_secret=$secret" -d success=true \\
    "http://127.0.0.1:{port}/v1/payment_intents/${{secret%_secret_*}}/_authenticate"
'''


def fail(text):
    print("ride_test: " + text, file=sys.stderr)
    sys.exit(1)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def call(port, method, path, body=None, headers=None):
    conn = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    conn.request(method, path, body, headers or {})
    reply = conn.getresponse()
    text = reply.read().decode()
    conn.close()
    return json.loads(text) if text.startswith("{") else None


class Running:
    """A process that answers on its port, until the end of the block."""

    def __init__(self, argv, port):
        self.argv, self.port, self.process = argv, port, None

    def __enter__(self):
        self.process = subprocess.Popen(self.argv, cwd=DIR, env={**os.environ, "TMPDIR": DIR})
        end = time.monotonic() + 20
        while time.monotonic() < end and self.process.poll() is None:
            try:
                call(self.port, "GET", "/")
                return self
            except OSError:
                time.sleep(0.05)
        return fail(f"{self.argv[0]} does not answer")

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(10)


def ride(port, expected, wait="3s", more="", plugin=None):
    """The lines of a ride, which must end with that code."""
    provider = PROVIDERS[KIND].format(port=port, secret=SECRET)
    with open(f"{DIR}/ride.conf", "w", encoding="utf-8") as f:
        f.write(RIDE.format(provider=provider, wait=wait, more=more))
    plugin = plugin or f"{BUILD}/plugins/" + re.search(r'plugin = "(\w+)"', provider)[1] + ".so"
    done = subprocess.run([f"{SOURCE}/script/payment-ride", plugin, f"--config={DIR}/ride.conf"],
                          capture_output=True, text=True, check=False, cwd=DIR,
                          env={**os.environ, "BUILD_DIR": os.path.relpath(BUILD, SOURCE)})
    print(f"--- {done.returncode}\n{done.stdout}{done.stderr}", flush=True)
    if done.returncode != expected:
        fail(f"the ride ended with {done.returncode}, {expected} expected")
    for secret in (SECRET, "_secret_"):
        if secret in done.stdout + done.stderr:
            fail(f"a line has a secret: {secret}")
    return done.stdout


def expect(lines, *texts):
    for text in texts:
        if not re.search(text, lines):
            fail(f"no line has: {text}")


def stubs():
    port = free_port()
    with open(f"{DIR}/stubs.conf", "w", encoding="utf-8") as f:
        f.write(STUBS.format(port=port, source=SOURCE, payments="none"))
    with Running([f"{BUILD}/rentald", f"--config={DIR}/stubs.conf"], port):
        kind = {"Content-Type": "application/json"}
        call(port, "POST", "/admin/decline", json.dumps({"user_id": "poor", "declined": True}), kind)
        refusal = 'refusal = { ride = true; user_id = "poor"; };'
        expect(ride(port, 0, more=refusal), "ok +hold, refused",
               "taken 16 and given back 4; by the list 16 and 4", "22 steps, 0 failed")
        lies(port)
        # An answer that is lost is asked for again; whoever moves less is believed, and listed so.
        call(port, "POST", "/admin/settings", json.dumps(
            {"endpoint": "*", "lose_reply_next": 1, "processed_percent": 50}), kind)
        expect(ride(port, 0), "ok +capture of a part +3", "taken 7 and given back 2; by the list 7 and 2")
        # It refuses the release: the hold stands, and the ride says so.
        call(port, "POST", "/admin/settings", json.dumps(
            {"endpoint": "*", "processed_percent": 100}), kind)
        call(port, "POST", "/admin/settings", json.dumps(
            {"endpoint": "release-money-for-order", "failure_percent": 100, "status": 400}), kind)
        expect(ride(port, 70, "500ms"), "FAILED +release ", "FAILED +a hold is left")
        expect(ride(port, 70, more='hold = 20; capture = 20;', wait="300ms"), "FAILED +a hold is left")
    ride(port, 69)
    ride(port, 78, more="capture = 21;")
    ride(port, 64, plugin=f"{DIR}/none.so")


class Liar(BaseHTTPRequestHandler):
    """Between the plugin and the stubs: keys are lost, or the list has other amounts, or fewer."""
    fault, port = "", 0

    def do_GET(self):
        size = int(self.headers.get("Content-Length", 0))
        sent = {k: v for k, v in self.headers.items()
                if k != "Idempotency-Key" or self.fault != "keys"}
        body = call(self.port, self.command, self.path, self.rfile.read(size), sent)
        if "operations" in (body or {}):
            entries = body["operations"]
            if self.fault == "missing":
                entries[:] = [e for e in entries if e["kind"] != "refund"]
            if self.fault == "amount":
                entries[:] = [{**e, "amount": 8} if e["kind"] == "charge" else e for e in entries]
            if self.fault == "twice":
                entries += [e for e in entries if e["kind"] == "charge"]
        text = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    do_POST = do_GET

    def log_message(self, *_):
        pass


def lies(port):
    """What a list says is compared, entry by entry and in its sums."""
    Liar.port = port
    server = ThreadingHTTPServer(("127.0.0.1", 0), Liar)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    for Liar.fault, text in (
            ("", " 0 failed"), ("missing", "FAILED +the list .*the refund .* is not in the list"),
            ("amount", "FAILED +the list .*the charge was of 9, and is listed with 8"),
            ("amount", "FAILED +the sums .*taken 16 and given back 4; by the list 15 and 4"),
            ("twice", "FAILED +the list .*the charge .* more than once"),
            ("keys", "FAILED +lookup of the hold")):
        expect(ride(server.server_port, 70 if Liar.fault else 0, "300ms"), text)
    server.shutdown()


def form(port, path, **members):
    return call(port, "POST", path, urlencode(members), {
        "Authorization": "Bearer " + SECRET, "Content-Type": "application/x-www-form-urlencoded"})


def customer(port):
    """A customer with a card that asks for 3-D Secure."""
    who = form(port, "/v1/customers", description="rider")["id"]
    card = form(port, "/v1/payment_methods", type="card", **{
        "card[number]": "4000002500003155", "card[exp_month]": 12, "card[exp_year]": 2030,
        "card[cvc]": "123"})["id"]
    form(port, f"/v1/payment_methods/{card}/attach", customer=who)
    return who, card


# The customer on his bank's page.
AT_THE_BANK = '''#!/bin/sh
read -r url || true
[ "$(curl -s -o /dev/null -w '%{http_code}' -d answer=confirm "$url")" = 303 ]
'''
CARDS = {"stripe": ("pm_card_visa", "pm_card_authenticationRequired", "pm_card_chargeDeclined"),
         "yookassa": ("pm-saved", "", "card_expired")}


def dialect():
    """3-D Secure, or the redirect of a card that is not saved; then what the answers may be like."""
    port = free_port()
    good, asks, refused = CARDS[KIND]
    with open(f"{DIR}/stubs.conf", "w", encoding="utf-8") as f:
        f.write(STUBS.format(port=port, source=SOURCE, payments=KIND))
    with open(f"{DIR}/confirm", "w", encoding="utf-8") as f:
        f.write(AT_THE_BANK)
    whole = (f'method_ref = "{good}"; confirm = [ "sh", "{DIR}/confirm" ]; action = {{ ride = true; method_ref = "{asks}"; }}; '
             f'refusal = {{ ride = true; method_ref = "{refused}"; }};')
    with Running([f"{BUILD}/rentald", f"--config={DIR}/stubs.conf"], port):
        lines = ride(port, 0, more=whole)
        expect(lines, "ok +hold, confirmed", "ok +hold, refused", "taken 16 and given back 4; by the list 16 and 4",
               "ok +release of what waits" if KIND == "stripe" else "left out +release of what waits", " 0 failed")
        kind = {"Content-Type": "application/json"}
        for row in ("lost_reply", "page", "cut"):
            call(port, "POST", "/admin/payments", json.dumps(
                {**dict.fromkeys(("hold", "capture", "charge", "refund"), row), "times": 1}), kind)
            expect(ride(port, 0, more=f'method_ref = "{good}";'), "taken 16 and given back 4; by the list 16 and 4")
        # Somebody else was quicker.
        call(port, "POST", "/admin/payments", json.dumps({"capture": "captured_by_hand", "times": 1}), kind)
        expect(ride(port, 70, "300ms", f'method_ref = "{good}";'), "FAILED +capture of a part")


def localstripe():
    shim = [sys.executable, f"{HERE}/localstripe_shim.py"]
    port = free_port()
    plain = 'method_ref = "pm_card_visa";'
    with Running([*shim, str(port)], port):
        who, card = customer(port)
        with open(f"{DIR}/confirm", "w", encoding="utf-8") as f:
            f.write(CONFIRM.format(port=port, key=SECRET))
        action = (f'{plain} confirm = [ "sh", "{DIR}/confirm" ]; refusal = {{ ride = true; method_ref = '
                  f'"pm_card_chargeCustomerFail"; }}; action = {{ ride = true; payer_ref = "{who}"; '
                  f'method_ref = "{card}"; }};')
        expect(ride(port, 0, more=action), "ok +hold, confirmed", "ok +hold that waits +20 PENDING",
               "ok +release of what waits", "ok +hold, refused", "26 steps, 0 failed")
        # Nobody confirms: the program ends with an error, and the ride waits in vain.
        vain = action.replace(f'"sh", "{DIR}/confirm"', '"false"')
        expect(ride(port, 70, "500ms", vain), "FAILED +hold, confirmed +20: PENDING")
    for fault, text in (("no-keys", "FAILED +hold, sent again +is another payment"),
                        ("no-refunds", "FAILED +the list.*the refund .* is not in the list")):
        port = free_port()
        with Running([*shim, str(port), fault], port):
            expect(ride(port, 70, "500ms", plain), text)


with tempfile.TemporaryDirectory() as DIR:
    {"stubs": stubs, "localstripe": localstripe}.get(KIND, dialect)()
