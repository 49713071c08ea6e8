#!/usr/bin/env python3
"""webhook_receiver.py PORT FILE SECRET - another system that is told of rentals: checks every message with
the library standardwebhooks, and answers as the word in FILE says: ok, fails (500), slow (after 3 s), dies (no
answer), gone (410), busy (503, Retry-After: 1). Every message is a line of FILE.log."""
import json
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from standardwebhooks import Webhook, WebhookVerificationError

log, lock = open(sys.argv[2] + ".log", "a", buffering=1), threading.Lock()
STATUS = {"ok": 200, "slow": 200, "fails": 500, "gone": 410, "busy": 503}


def word():
    with open(sys.argv[2]) as file:
        return file.read().strip()


class Receiver(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        said, body = word(), self.rfile.read(int(self.headers["Content-Length"]))
        try:
            message = Webhook(sys.argv[3]).verify(body, dict(self.headers))
            verified = True
        except WebhookVerificationError:
            message, verified = json.loads(body), False
        with lock:
            print(json.dumps({"id": self.headers["webhook-id"], "at": int(self.headers["webhook-timestamp"]),
                              "signatures": len(self.headers["webhook-signature"].split()), "verified": verified,
                              "path": self.path, "size": len(body), "answer": said, **message}), file=log)
        if said == "slow":
            time.sleep(3)
        if said == "dies":
            self.close_connection = True
            return
        self.send_response(STATUS[said] if verified else 401)
        if said == "busy":
            self.send_header("Retry-After", "1")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Receiver).serve_forever()
