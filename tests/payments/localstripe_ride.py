#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""localstripe_ride.py BUILD SOURCE - whole rentals through payment_stripe and a foreign, stateful
server: hold, capture of a part, release of the rest; a hold given back; charges, and a refund of
what was too much; a refused card; 3-D Secure. Then both books are compared, and the audit is
clean."""
import http.client
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from functools import partial
from urllib.parse import urlencode

import support
from support import fail, free_ports

BUILD, SOURCE = sys.argv[1:3]
wait_for = partial(support.wait_for, despite=OSError)
HERE = os.path.dirname(os.path.abspath(__file__))
CONFIG = """
service = "ride";
plugin_dir = "{build}/plugins";
log = {{ level = "warn"; }};
listeners = (
  {{ name = "api"; listen = "127.0.0.1:{api}"; routes = [ "api" ]; system = true; }},
  {{ name = "stubs"; listen = "127.0.0.1:{stubs}"; routes = [ "stubs" ]; }}
);
instances = (
  {{ name = "stubs"; plugin = "stubs"; options = {{ data = "{source}/stubs/city.json";
     book = "{dir}/book.jsonl"; unknown_stations = "default"; unknown_tariffs = "default"; }}; }},
  {{ name = "main"; plugin = "storage_sqlite"; options = {{ path = "{dir}/rent.db"; }}; }},
  {{ name = "catalog"; plugin = "catalog_http"; options = {{ url = "http://127.0.0.1:{stubs}"; }}; }},
  {{ name = "station"; plugin = "station_http"; options = {{ url = "http://127.0.0.1:{stubs}"; }}; }},
  {{ name = "stripe"; plugin = "payment_stripe"; options = {{ url = "http://127.0.0.1:{stripe}";
     secret_key = "sk_test_ride"; currency = "EUR"; payer = "user_id"; lookup_settle = "0s"; }}; }},
  {{ name = "core"; plugin = "rental_core"; uses = {{ storage = "main"; catalog = "catalog";
     station = "station"; payment = "stripe"; }}; options = {{ }}; }},
  {{ name = "api"; plugin = "http_api"; uses = {{ rental = "core"; }}; }},
  {{ name = "billing"; plugin = "billing"; uses = {{ rental = "core"; }};
     options = {{ tick = "200ms"; }}; }}
);
"""


def call(port, method, path, body=None, headers=None):
    conn = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    conn.request(method, path, body, headers or {})
    reply = conn.getresponse()
    text = reply.read().decode()
    conn.close()
    return reply.status, json.loads(text) if text else None


def stripe(method, path, **form):
    status, body = call(PORTS["stripe"], method, path, urlencode(form) if form else None, {
        "Authorization": "Bearer sk_test_ride",
        "Content-Type": "application/x-www-form-urlencoded"})
    if status != 200:
        fail(f"localstripe: {method} {path}: {status} {body}")
    return body


def api(method, path, body=None, expected=200, **headers):
    status, answer = call(PORTS["api"], method, "/api/v1" + path,
                          None if body is None else json.dumps(body),
                          {"Content-Type": "application/json", **headers})
    if status != expected:
        fail(f"{method} {path}: {status} {answer}")
    return answer


def customer(number):
    method = stripe("POST", "/v1/payment_methods", type="card", **{
        "card[number]": number, "card[exp_month]": 12, "card[exp_year]": 2030,
        "card[cvc]": "123"})
    who = stripe("POST", "/v1/customers", description="rider")
    if number != "4000000000000341":
        stripe("POST", f"/v1/payment_methods/{method['id']}/attach", customer=who["id"])
    return f"{who['id']}:{method['id']}"


def start(user, key, status=200):
    quote = api("POST", "/rentals/quote", {"station_id": "some-station-id", "user_id": user})
    return quote, start_again(quote, key, status)


def start_again(quote, key, status=200):
    return api("POST", "/rentals/start", {"quote_id": quote["quote_id"]}, status,
               **{"Idempotency-Key": key})


def intents(user):
    who = user.split(":")[0]
    found = stripe("GET", "/v1/payment_intents?limit=100&expand[]=data.latest_charge")["data"]
    return [o for o in found if o["customer"] == who]


def only(list_):
    if len(list_) != 1:
        fail(f"one intent expected: {list_}")
    return list_[0]


def status(order):
    return api("GET", f"/rentals/{order}/status")


def settled(order):
    """The payments once nothing of them is under way."""
    def done():
        payments = api("GET", f"/rentals/{order}/payments")
        states = [o["status"] for o in payments["items"]]
        open_ = set(states) & {"INTENT", "PENDING", "UNKNOWN"}
        return payments if not open_ and status(order)["settlement"] == "done" else None
    return wait_for("the settlement of " + order, done)


def whole_rental():
    user = customer("4242424242424242")
    quote, rental = start(user, "k-1")
    hold = only(intents(user))
    if hold["status"] != "requires_capture" or hold["amount"] != quote["deposit"] * 100:
        fail(f"the hold is not {quote['deposit']} EUR: {hold}")
    age(rental["order_id"], 3 * 3600)
    wait_for("something due", lambda: status(rental["order_id"])["accrued"] > 0)
    api("POST", f"/rentals/{rental['order_id']}/stop", {"station_id": "some-station-id"})
    settled(rental["order_id"])
    total = status(rental["order_id"])["total_amount"]
    taken = sum(o["amount_received"] for o in intents(user) if o["status"] == "succeeded")
    if taken != total * 100 or taken == 0:
        fail(f"taken {taken} cents, and the rental was {total}: {intents(user)}")
    print(f"a rental: {total} EUR of a hold of {quote['deposit']} EUR")


def free_rental():
    user = customer("4242424242424242")
    _, rental = start(user, "k-2")
    api("POST", f"/rentals/{rental['order_id']}/stop", {"station_id": "some-station-id"})
    settled(rental["order_id"])
    hold = only(intents(user))
    if hold["status"] != "canceled":
        fail(f"a rental that cost nothing, and the hold is {hold['status']}")
    print("a rental within the free time: the hold is given back")


def charged_and_refunded():
    """Charged while it runs; then an operator moves its start, and what was too much goes back."""
    user = customer("4242424242424242")
    _, rental = start(user, "k-5")
    order = rental["order_id"]
    age(order, 3 * 3600)
    wait_for("a charge", lambda: status(order)["total_amount"] > 100)
    age(order, -2 * 3600)
    end = api("POST", f"/rentals/{order}/stop", {"station_id": "some-station-id"})
    kinds = [o["kind"] for o in settled(order)["items"]]
    back = sum(o["amount"] for o in stripe("GET", "/v1/refunds?limit=100")["data"])
    taken = sum(o["amount_received"] for o in intents(user) if o["status"] == "succeeded")
    total = status(order)["total_amount"]
    if "charge" not in kinds or "refund" not in kinds or taken - back != total * 100:
        fail(f"charges and refunds: {kinds}, taken {taken}, back {back}, total {total}, {end}")
    print(f"charges of {taken // 100} EUR, {back // 100} EUR refunded")


def refused_card():
    user = customer("4000000000000341")
    _, rental = start(user, "k-3")
    hold = only(intents(user))
    if hold["status"] != "requires_payment_method" or rental["status"] != "ACTIVE":
        fail(f"a refused card: {hold}, {rental}")
    api("POST", f"/rentals/{rental['order_id']}/stop", {"station_id": "some-station-id"})
    print("a refused card: the deposit becomes debt, the rental goes on")


def hold_ends_soon(order):
    """As if it had been made days ago and ended in an hour."""
    import sqlite3
    now = int(time.time() * 1000000)
    with sqlite3.connect(f"{DIR}/rent.db", timeout=20) as db:
        db.execute("UPDATE operations SET created_at = ?, expires_at = ? WHERE rental_id = ?"
                   " AND kind = 'hold'", (now - 4 * 86400000000, now + 3600000000, order))


def renewed_hold():
    """Stripe cannot extend a hold: it is made anew, without the customer, and the old one released."""
    user = customer("4242424242424242")
    quote, rental = start(user, "k-6")
    order = rental["order_id"]
    hold_ends_soon(order)
    wait_for("a new hold and the end of the old one", lambda: sorted(
        o["status"] for o in intents(user)) == ["canceled", "requires_capture"])
    new = [o for o in intents(user) if o["status"] == "requires_capture"][0]
    if new["amount"] != quote["deposit"] * 100:
        fail(f"the new hold is not {quote['deposit']} EUR: {new}")
    items = wait_for("the release", lambda: (lambda i: i if [o["kind"] for o in i].count(
        "release") == 1 and all(o["status"] == "SUCCEEDED" for o in i
                                if o["kind"] in ("hold", "release")) else None)(
        api("GET", f"/rentals/{order}/payments")["items"]))
    if [o["kind"] for o in items].count("hold") != 2:
        fail(f"two holds, the old one released: {items}")
    api("POST", f"/rentals/{order}/stop", {"station_id": "some-station-id"})
    settled(order)
    if {o["status"] for o in intents(user)} != {"canceled"}:
        fail(f"a rental that cost nothing, and something is held: {intents(user)}")
    print("a hold that ends: held anew, the old one given back")


def started(quote, key):
    status, answer = call(PORTS["api"], "POST", "/api/v1/rentals/start",
                          json.dumps({"quote_id": quote["quote_id"]}),
                          {"Content-Type": "application/json", "Idempotency-Key": key})
    return answer if status == 200 else None


def three_d_secure():
    user = customer("4000002500003155")
    quote, rental = start(user, "k-4", 202)
    hold = only(intents(user))
    if hold["status"] != "requires_action" or rental["status"] != "PENDING":
        fail(f"3-D Secure: {hold}, {rental}")
    if rental["action"]["token"] != hold["client_secret"]:
        fail(f"the page needs the client secret: {rental}")
    stripe("POST", f"/v1/payment_intents/{hold['id']}/_authenticate",
           client_secret=hold["client_secret"], success="true")
    rental = wait_for("the start of a confirmed hold", lambda: started(quote, "k-4"))
    api("POST", f"/rentals/{rental['order_id']}/stop", {"station_id": "some-station-id"})
    payments = settled(rental["order_id"])
    print("3-D Secure: confirmed; " + ", ".join(
        f"{o['kind']} {o['status']}" for o in payments["items"]))


def age(order, seconds):
    """Time goes by: an operator may move the start of a rental."""
    import sqlite3
    with sqlite3.connect(f"{DIR}/rent.db", timeout=20) as db:
        db.execute("UPDATE rentals SET started_at = strftime('%Y-%m-%d %H:%M:%f000', started_at,"
                   " ?) WHERE id = ?", (f"{-seconds} seconds", order))


def books():
    for command in ("--audit", "--reconcile"):
        done = subprocess.run([f"{BUILD}/rentald", f"--config={DIR}/ride.conf", command],
                              capture_output=True, text=True, check=False)
        print(f"{command}: {done.returncode} {done.stdout.strip()[-400:]}")
        if done.returncode != 0:
            fail(f"{command} finds something: {done.stdout} {done.stderr}")


def main():
    fake = subprocess.Popen([sys.executable, f"{HERE}/localstripe_shim.py", str(PORTS["stripe"])],
                            cwd=DIR, env={**os.environ, "TMPDIR": DIR})
    host = None
    try:
        with open(f"{DIR}/ride.conf", "w", encoding="utf-8") as f:
            f.write(CONFIG.format(build=BUILD, source=SOURCE, dir=DIR, **PORTS))
        wait_for("localstripe", lambda: call(PORTS["stripe"], "DELETE", "/_config/data")[0] < 500)
        host = subprocess.Popen([f"{BUILD}/rentald", f"--config={DIR}/ride.conf"])
        wait_for("rentald", lambda: call(PORTS["api"], "GET", "/api/v1/health/ready")[0] == 200)
        whole_rental()
        free_rental()
        charged_and_refunded()
        refused_card()
        three_d_secure()
        renewed_hold()
        host.send_signal(signal.SIGTERM)
        if host.wait(30) != 0:
            fail(f"rentald ended with {host.returncode}")
        host = None
        books()
    finally:
        for process in (host, fake):
            if process is not None:
                process.kill()
                process.wait()


PORTS = dict(zip(("api", "stubs", "stripe"), free_ports(3)))
with tempfile.TemporaryDirectory() as DIR:
    main()
