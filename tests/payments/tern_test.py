#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""tern_test.py BUILD SOURCE PLUGIN - a provider that only reports how captures, releases and refunds
ended (the example payment_tern, with its server): a ride, then whole rentals whose ends come as signed
events, one from a stranger who signs nothing; both books agree and the audit is clean."""
import base64
import hashlib
import hmac
import http.client
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from functools import partial

import support
from support import fail, free_ports

BUILD, SOURCE, PLUGIN = sys.argv[1:4]
wait_for = partial(support.wait_for, seconds=40, despite=OSError)
TERN = f"{SOURCE}/include/plugin-api/examples/payment_tern"
CONFIG = """
service = "tern";
log = {{ level = "error"; }};
listeners = (
  {{ name = "api"; listen = "127.0.0.1:{api}"; routes = [ "api", "hooks" ]; system = true; }},
  {{ name = "stubs"; listen = "127.0.0.1:{stubs}"; routes = [ "stubs" ]; }}
);
instances = (
  {{ name = "stubs"; plugin = "stubs"; options = {{ data = "{source}/stubs/city.json";
     unknown_stations = "default"; unknown_tariffs = "default"; }}; }},
  {{ name = "main"; plugin = "storage_sqlite"; options = {{ path = "{dir}/rent.db"; }}; }},
  {{ name = "catalog"; plugin = "catalog_http"; options = {{ url = "http://127.0.0.1:{stubs}"; }}; }},
  {{ name = "station"; plugin = "station_http"; options = {{ url = "http://127.0.0.1:{stubs}"; }}; }},
  {{ name = "tern"; plugin = "{plugin}"; options = {{ url = "http://127.0.0.1:{tern}";
     api_key = "key-of-tern-1"; event_key = "event-key-1"; }}; }},
  {{ name = "former"; plugin = "{plugin}"; options = {{ url = "http://127.0.0.1:{tern}";
     api_key = "key-of-tern-1"; event_key = "former-key-1"; }}; }},
  {{ name = "core"; plugin = "rental_core"; uses = {{ storage = "main"; catalog = "catalog";
     station = "station"; payment = "tern";
     payment_previous = "former"; }}; }},
  {{ name = "api"; plugin = "http_api"; uses = {{ rental = "core"; }}; }},
  {{ name = "billing"; plugin = "billing"; uses = {{ rental = "core"; }};
     options = {{ tick = "1h"; }}; }},
  {{ name = "hooks"; plugin = "webhooks"; uses = {{ storage = "main"; rental = "core"; payment = "tern";
     payment_previous = "former"; }};
     options = {{ retry = "1s"; }}; }}
);
"""


def call(port, method, path, body=None, headers=None):
    conn = http.client.HTTPConnection("127.0.0.1", PORTS[port], timeout=30)
    conn.request(method, path, body, {"Content-Type": "application/json", **(headers or {})})
    reply = conn.getresponse()
    text = reply.read().decode()
    conn.close()
    return reply.status, text


def api(method, path, body=None, expected=200, **headers):
    status, answer = call("api", method, "/api/v1" + path, body and json.dumps(body), headers)
    if status != expected:
        fail(f"{method} {path}: {status} {answer}")
    return json.loads(answer)


def start(key):
    quote = api("POST", "/rentals/quote", {"station_id": "some-station-id", "user_id": "u1"})
    rental = api("POST", "/rentals/start", {"quote_id": quote["quote_id"]}, **{"Idempotency-Key": key})
    return quote, rental["order_id"]


def states(order):
    return {o["kind"]: o["status"] for o in api("GET", f"/rentals/{order}/payments")["items"]}


def stop(order):
    return api("POST", f"/rentals/{order}/stop", {"station_id": "some-station-id"})


def book():
    return list(json.loads(call("tern", "GET", "/book")[1]).values())


def report_last():
    """What Tern reported last reaches rentald."""
    event = json.loads(call("tern", "GET", "/events")[1].splitlines()[-1])
    answer = call("api", "POST", "/hooks/tern", event["body"], event["headers"])
    if answer != (200, "[accepted]"):
        fail(f"a report is answered {answer}")


def three_hours(order):
    with sqlite3.connect(f"{DIR}/rent.db", timeout=20) as db:
        db.execute("UPDATE rentals SET started_at = strftime('%Y-%m-%d %H:%M:%f000', started_at,"
                   " '-3 hours') WHERE id = ?", (order,))


def forged(order):
    """Nobody ends an operation who does not sign, or whose signature is another's: not even the provider
    that this rental was not begun with."""
    capture = next(o["id"] for o in api("GET", f"/rentals/{order}/payments")["items"]
                   if o["kind"] == "capture")
    body = json.dumps({"id": "X", "reference": capture, "psp": "M9", "success": True,
                       "amount": {"currency": "EUR", "value": 100}})
    for headers in ({}, {"Tern-Signature": "x"}):
        status, _ = call("api", "POST", "/hooks/tern", body, headers)
        if status != 401:
            fail(f"a forged event is answered {status}")
    mac = base64.b64encode(hmac.new(b"former-key-1", body.encode(), hashlib.sha256).digest()).decode()
    answer = call("api", "POST", "/hooks/former", body, {"Tern-Signature": mac})
    if answer != (200, "[accepted]"):
        fail(f"another provider's report is answered {answer}")
    if states(order)["capture"] != "PENDING":
        fail(f"a forged event ended the capture: {states(order)}")


def rentals():
    _, order = start("k1")
    three_hours(order)
    stop(order)
    # The server reports to nobody yet: the capture was received, and waits.
    wait_for("the capture", lambda: states(order).get("capture") == "PENDING")
    forged(order)
    report_last()
    wait_for("the end of the capture", lambda: states(order)["capture"] == "SUCCEEDED")
    total = api("GET", f"/rentals/{order}/status")["total_amount"]
    if total == 0 or book()[-1] != {"held": 0, "taken": 100 * total}:
        fail(f"the rental was {total}, and Tern has {book()[-1]}")
    _, order = start("k2")
    stop(order)
    wait_for("the release", lambda: states(order).get("release") == "PENDING")
    report_last()
    wait_for("the end of the release", lambda: states(order)["release"] == "SUCCEEDED")
    wait_for("the settlement", lambda: api("GET", f"/rentals/{order}/status")["settlement"] == "done")
    print(f"a rental of {total}, and one for nothing: both ended by what Tern reported")


def ride():
    env = {**os.environ, "BUILD_DIR": os.path.relpath(BUILD, SOURCE), "TERN_KEY": "key-of-tern-1",
           "TERN_URL": f"http://127.0.0.1:{PORTS['tern']}", "TERN_EVENT_KEY": "event-key-1"}
    for event_key, expected in (("event-key-1", 0), ("another-key", 70)):
        argv = [f"{SOURCE}/script/payment-ride", PLUGIN, f"--config={TERN}/ride.conf"]
        if expected != 0:
            argv.append("--set=instances.ride.options.wait=300ms")
        done = subprocess.run(argv, capture_output=True, text=True, check=False,
                              env={**env, "TERN_EVENT_KEY": event_key})
        print(done.stdout + done.stderr)
        if done.returncode != expected or ("capture of a part" not in done.stdout):
            fail(f"the ride ended with {done.returncode}, {expected} expected")


def silent_events():
    """The program that prints the events hangs, and so does a child of it that has its pipe: the ride goes on."""
    env = {**os.environ, "BUILD_DIR": os.path.relpath(BUILD, SOURCE), "TERN_KEY": "key-of-tern-1",
           "TERN_URL": f"http://127.0.0.1:{PORTS['tern']}", "TERN_EVENT_KEY": "event-key-1"}
    with open(f"{TERN}/ride.conf", encoding="utf-8") as f:
        conf = f.read().replace('"curl", "-sS", "${env:TERN_URL}/events"', '"sh", "-c", "sleep 20 2>/dev/null; :"')
    with open(f"{DIR}/silent.conf", "w", encoding="utf-8") as f:
        f.write(conf)
    began = time.monotonic()
    done = subprocess.run([f"{SOURCE}/script/payment-ride", PLUGIN, f"--config={DIR}/silent.conf",
                           "--set=instances.ride.options.wait=300ms"], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False, env=env)
    if "did not end in time" not in done.stdout or done.returncode != 70:
        fail(f"the silent program of events: {done.returncode}\n{done.stdout}")
    print(f"a silent program of events: the ride took {time.monotonic() - began:.1f} s")


def main():
    conf = f"{DIR}/tern.conf"
    with open(conf, "w", encoding="utf-8") as f:
        f.write(CONFIG.format(source=SOURCE, dir=DIR, plugin=PLUGIN, **PORTS))
    running = [subprocess.Popen([sys.executable, f"{TERN}/tern_server.py", str(PORTS["tern"])]),
               subprocess.Popen([f"{BUILD}/rentald", f"--config={conf}"])]
    try:
        wait_for("Tern", lambda: call("tern", "GET", "/book")[0] == 200)
        wait_for("rentald", lambda: call("api", "GET", "/api/v1/health/ready")[0] == 200)
        rentals()
        ride()
        silent_events()
        running[1].terminate()
        if running[1].wait(30) != 0:
            fail(f"rentald ended with {running[1].returncode}")
        done = subprocess.run([f"{BUILD}/rentald", f"--config={conf}", "--audit"],
                              capture_output=True, text=True, check=False)
        if done.returncode != 0:
            fail(f"the audit finds something: {done.stdout} {done.stderr}")
    finally:
        for process in running:
            process.kill()
            process.wait()


PORTS = dict(zip(("api", "stubs", "tern"), free_ports(3)))
with tempfile.TemporaryDirectory() as DIR:
    main()
