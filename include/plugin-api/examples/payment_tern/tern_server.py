#!/usr/bin/env python3
"""tern_server.py PORT [HOOK] - Tern, small: payments in memory. What ends later is signed, sent to HOOK until
that answers "[accepted]", and listed at GET /events."""
import base64
import hashlib
import hmac
import json
import sys
import threading
import time
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

KEY, EVENT_KEY = "key-of-tern-1", b"event-key-1"
HOOK = sys.argv[2] if len(sys.argv) > 2 else None
answered, payments, events = {}, {}, []


def deliver(event):
    """Again until it is accepted; a host that is away for a minute misses it."""
    for _ in range(120):
        try:
            post = urllib.request.Request(HOOK, event["body"].encode(), {
                "Content-Type": "application/json", **event["headers"]})
            with urllib.request.urlopen(post, timeout=5) as answer:
                if answer.read() == b"[accepted]":
                    return
        except OSError:
            pass
        time.sleep(0.5)


def report(reference, psp, value, success):
    body = json.dumps({"id": f"E{len(events)}", "reference": reference, "psp": psp, "success": success,
                       "amount": {"currency": "EUR", "value": value}})
    mac = hmac.new(EVENT_KEY, body.encode(), hashlib.sha256).digest()
    events.append({"headers": {"Tern-Signature": base64.b64encode(mac).decode()}, "body": body})
    if HOOK:
        threading.Thread(target=deliver, args=(events[-1],), daemon=True).start()


def pay(order):
    psp, value = f"P{len(payments):07}", order["amount"]["value"]
    answer = {"reference": order["reference"], "psp": psp}
    if order["shopper"] == "poor":
        return 422, {**answer, "state": "refused", "reason": "not_enough_balance"}
    payments[psp] = {"held": 0 if order["capture"] else value, "taken": value if order["capture"] else 0}
    return 200, {**answer, "state": "authorised", "amount": order["amount"]}


def change(psp, word, order):
    """A capture or cancel ends the hold; a refund gives back of what was taken."""
    value, payment = order["amount"]["value"], payments[psp]
    good = value <= payment["taken" if word == "refunds" else "held"]
    if good:
        payment["taken"] += {"captures": value, "refunds": -value}.get(word, 0)
        payment["held"] = payment["held"] if word == "refunds" else 0
    reference = f"M{len(events):07}"
    report(order["reference"], reference, value, good)
    return 202, {"reference": order["reference"], "psp": reference, "state": "received"}


class Tern(BaseHTTPRequestHandler):
    def answer(self, status, text):
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def do_GET(self):
        if self.path == "/book":
            return self.answer(200, json.dumps(payments))
        return self.answer(200, "".join(json.dumps(e) + "\n" for e in events))

    def do_POST(self):
        order = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        key, parts = self.headers["Idempotency-Key"], self.path.split("/")
        if self.headers["Authorization"] != "Bearer " + KEY:
            return self.answer(401, '{"code":"key"}')
        if key not in answered:
            answered[key] = pay(order) if len(parts) == 3 else change(parts[3], parts[4], order)
        status, body = answered[key]
        return self.answer(status, json.dumps(body))

    def log_message(self, *_):
        pass


ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Tern).serve_forever()
