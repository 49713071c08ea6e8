#!/usr/bin/env python3
"""fake_intents.py PORT FILE - as much of Stripe's PaymentIntents as one rental needs. FILE says what becomes
of what the customer has to confirm, a deposit or what he pays himself: nothing (requires_action; with busy it
cannot be cancelled either), confirmed, refused. With needs his card is refused for deposits, and for charges
without him. Every change is a line of FILE.log."""
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
        manual = intent["capture_method"] == "manual"
        intent.update(status="requires_capture" if manual else "succeeded", next_action=None)
        intent["amount_capturable" if manual else "amount_received"] = intent["amount"]
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
            data = [settle(i) for i in intents.values()] if path[2] == "payment_intents" else []
            self.answer({"object": "list", "has_more": False, "data": data})

    def do_POST(self):
        form = dict(urllib.parse.parse_qsl(self.rfile.read(int(self.headers["Content-Length"])).decode()))
        key = self.headers["Idempotency-Key"]
        if word() == "busy" and self.path.endswith("/cancel"):
            print("busy", self.path.split("/")[3], file=log)
            self.answer({"error": {"type": "invalid_request_error", "code": "rate_limit"}}, 429)
            return
        if key not in keys:
            keys[key] = json.dumps(self.act(self.path.split("/"), form))
        document = json.loads(keys[key])
        self.answer(document, 402 if "error" in document else 200)

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
            off = "off_session" in form
            if off:
                intent.update(status="succeeded", amount_received=intent["amount"], next_action=None)
            intents[name] = intent
            print("hold" if manual else "charge", name, "off" if off else "on", form["payment_method"],
                  form.get("return_url", "-"), file=log)
            if word() == "needs" and (manual or off):
                intent.update(status="requires_payment_method", amount_received=0, next_action=None, last_payment_error={
                    "type": "card_error", "code": "card_declined" if manual else "authentication_required"})
                return {"error": dict(intent["last_payment_error"], payment_intent=intent)}
            return intent
        intent = settle(intents[path[3]])
        before = intent["status"]
        intent["metadata"].update(meta)
        if path[4] == "capture":
            intent.update(status="succeeded", amount_received=int(form["amount_to_capture"]), amount_capturable=0)
        else:
            intent.update(status="canceled", amount_capturable=0, cancellation_reason="abandoned")
        print(path[4], intent["id"], before, file=log)
        return intent

    def log_message(self, *_):
        pass


ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Intents).serve_forever()
