#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""stripe_mock.py KIT PLUGIN SAMPLES - every request of the samples, which the payment kit proves
that the plugin sends, is accepted by Stripe's own description of its interface; no answer of that
fake becomes a success; events signed by Stripe's library are believed, and no others."""
import http.client
import json
import os
import socket
import subprocess
import sys
import tempfile
import time

import stripe

VERSION = "2026-08-26.dahlia"  # the default of the option "version"
SECRET = "whsec_test_rentald_0001"
OPTIONS = ["currency=EUR", "secret_key=sk_test_kit0001", "payment_method=pm_card_visa",
           "webhook_secret=" + SECRET]


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def start(port):
    mock = subprocess.Popen(
        [os.path.join(os.path.dirname(sys.executable), "stripe-mock"), "-http-addr",
         f"127.0.0.1:{port}", "-strict-version-check"], stdout=subprocess.DEVNULL)
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return mock
        except OSError:
            time.sleep(0.05)
    mock.kill()
    sys.exit("stripe-mock does not listen")


def send(port, request):
    headers = {"Authorization": "Bearer sk_test_kit0001", "Stripe-Version": VERSION}
    headers.update(request.get("headers", {}))
    conn = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    conn.request(request["method"], request["target"], request.get("body"), headers)
    reply = conn.getresponse()
    body = reply.read().decode()
    conn.close()
    return reply.status, json.loads(body)


def answers(port, samples):
    """What the fake says to each request, as samples that must not succeed."""
    if send(port, {"method": "POST", "target": "/v1/refunds", "body": "bogus=1",
                   "headers": {"Content-Type": "application/x-www-form-urlencoded"}})[0] != 400:
        sys.exit("stripe-mock takes a parameter that there is not")
    made = []
    for sample in samples:
        request = sample.get("request")
        if request is None:
            continue
        status, body = send(port, {"method": "GET", **request})
        if status != 200:
            sys.exit(f"{sample['name']}: Stripe's description refuses it: {status} {body}")
        if sample["kind"] != "list":
            made.append((sample, body))
        print("accepted:", request.get("method", "GET"), request["target"])
    return made


def as_samples(made):
    ret = []
    for sample, body in made:
        one = {k: sample[k] for k in ("kind", "lookup_of", "op") if k in sample}
        one.update(name="stripe-mock: " + sample["name"], status=200, body=body,
                   outcome="UNKNOWN")
        if sample["kind"] == "lookup" and body.get("object") == "list":
            one["not_found"] = not body["has_more"]
        ret.append(one)
    return ret


def signed(payload, secret, now):
    v1 = stripe.WebhookSignature._compute_signature(f"{now}.{payload}", secret)
    header = f"t={now},v1={v1}"
    stripe.WebhookSignature.verify_header(payload, header, secret, tolerance=None)
    return header


def event_samples():
    now = int(time.time())
    body = json.dumps({
        "id": "evt_kit", "object": "event", "type": "payment_intent.canceled", "created": now,
        "livemode": False, "request": {"id": None, "idempotency_key": None},
        "data": {"object": {"id": "pi_1", "object": "payment_intent", "status": "canceled",
                            "metadata": {"op": "hold-1", "note": "é"}}}}, ensure_ascii=False)
    good = {"kind": 22, "proven": True, "ref": "pi_1", "operation_id": "hold-1"}
    base = {"kind": "event", "body": body}
    return [
        {**base, "name": "signed by Stripe's library", "now": now + 299, "code": 0,
         "headers": {"Stripe-Signature": signed(body, SECRET, now)}, "events": [good]},
        {**base, "name": "too old", "now": now + 301, "code": -10,
         "headers": {"Stripe-Signature": signed(body, SECRET, now)}, "events": []},
        {**base, "name": "signed by somebody else", "now": now, "code": -10,
         "headers": {"Stripe-Signature": signed(body, SECRET + "x", now)}, "events": []},
    ]


def main():
    kit, plugin, file = sys.argv[1:4]
    with open(file, encoding="utf-8") as f:
        samples = json.load(f)
    port = free_port()
    mock = start(port)
    try:
        made = answers(port, samples)
    finally:
        mock.terminate()
        mock.wait()
    with tempfile.NamedTemporaryFile("w", suffix=".json", encoding="utf-8") as f:
        json.dump(samples + as_samples(made) + event_samples(), f)
        f.flush()
        done = subprocess.run([kit, plugin, "--samples=" + f.name, *OPTIONS], check=False)
    sys.exit(done.returncode)


main()
