#!/usr/bin/env python3
"""fake_intents.py PORT FILE - as much of Stripe's PaymentIntents as one rental needs. FILE says what becomes
of a deposit that the customer has to confirm: nothing (requires_action), confirmed, refused. Every change is a
line of FILE.log."""
import json
import sys
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

intents, keys = {}, {}
log = open(sys.argv[2] + ".log", "a", buffering=1)


def word():
    with open(sys.argv[2]) as file:
        return file.read().strip()


def settle(intent):
    """A customer who has acted meanwhile."""
    if intent["status"] == "requires_action" and word() == "confirmed":
        intent.update(status="requires_capture", amount_capturable=intent["amount"], next_action=None)
    elif intent["status"] == "requires_action" and word() == "refused":
        intent.update(status="requires_payment_method", next_action=None,
                      last_payment_error={"type": "card_error", "code": "payment_intent_authentication_failure"})
    return intent


class Intents(BaseHTTPRequestHandler):
    def answer(self, document, status=200):
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        path = self.path.split("?")[0].split("/")
        if len(path) == 4:
            self.answer(settle(intents[path[3]]))
        else:
            self.answer({"object": "list", "has_more": False, "data": [settle(i) for i in intents.values()]})

    def do_POST(self):
        form = dict(urllib.parse.parse_qsl(self.rfile.read(int(self.headers["Content-Length"])).decode()))
        key = self.headers["Idempotency-Key"]
        if key not in keys:
            keys[key] = json.dumps(self.act(self.path.split("/"), form))
        self.answer(json.loads(keys[key]))

    def act(self, path, form):
        meta = {k[9:-1]: v for k, v in form.items() if k.startswith("metadata[")}
        if len(path) == 3:
            name = f"pi_{len(intents) + 1}"
            manual = form["capture_method"] == "manual"
            intent = {"id": name, "object": "payment_intent", "amount": int(form["amount"]), "amount_capturable": 0,
                      "amount_received": 0, "currency": form["currency"], "capture_method": form["capture_method"],
                      "client_secret": name + "_secret", "metadata": meta, "latest_charge": None,
                      "status": "requires_action", "cancellation_reason": None, "last_payment_error": None,
                      "next_action": {"type": "redirect_to_url", "redirect_to_url": {"url": "https://bank.example/3ds"}}}
            if not manual:
                intent.update(status="succeeded", amount_received=intent["amount"], next_action=None)
            intents[name] = intent
            print("hold" if manual else "charge", name, "off" if "off_session" in form else "on", file=log)
            return intent
        intent = settle(intents[path[3]])
        intent["metadata"].update(meta)
        if path[4] == "capture":
            intent.update(status="succeeded", amount_received=int(form["amount_to_capture"]), amount_capturable=0)
        else:
            intent.update(status="canceled", amount_capturable=0, cancellation_reason="abandoned")
        print(path[4], intent["id"], file=log)
        return intent

    def log_message(self, *_):
        pass


ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Intents).serve_forever()
