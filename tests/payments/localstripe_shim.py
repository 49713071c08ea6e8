# SPDX-License-Identifier: MIT
"""localstripe_shim.py PORT [FAULT] - localstripe on loopback, with what it lacks put around it: members
and filters of today's Stripe that it refuses are taken out on the way in, amounts and the id of
the capture are added on the way out, and a key acts once. FAULT: `no-keys`, a key acts every time;
`no-refunds`, the list has none."""
import json
import sys

from aiohttp import web
from localstripe import server
from multidict import MultiDict, MultiDictProxy

REFUSED = ("payment_method_types[]", "return_url", "setup_future_usage", "cancellation_reason",
           "description", "receipt_email", "metadata[capture_op]")
FILTERS = ("created[gte]", "created[lte]", "customer")
FAULT = sys.argv[2] if len(sys.argv) > 2 else ""
captures, answered = {}, {}


def amended(o):
    """An intent as Stripe would tell it."""
    charge = o.get("latest_charge")
    if not isinstance(charge, dict):
        return o
    if o["status"] == "requires_capture":
        o["amount_capturable"], o["amount_received"] = o["amount"], 0
    elif o["status"] == "succeeded":
        # what it gives back of a hold at the capture is a refund to it
        o["amount_capturable"] = 0
        o["amount_received"] = captures.get(o["id"], {}).get("amount", o["amount"])
    if o["id"] in captures:
        o["metadata"]["capture_op"] = captures[o["id"]]["op"]
    return o


async def come_in(request):
    kept = MultiDict((k, v) for k, v in request.query.items() if k not in FILTERS)
    request._cache["query"] = MultiDictProxy(kept)
    if request.method != "POST":
        return
    post = await request.post()
    if request.path.endswith("/capture"):
        captures[request.path.split("/")[3]] = {
            "op": post["metadata[capture_op]"], "amount": int(post["amount_to_capture"])}
    request._post = MultiDictProxy(
        MultiDict((k, v) for k, v in post.items() if k not in REFUSED))


@web.middleware
async def shim(request, handler):
    key = request.headers.get("Idempotency-Key")
    if key in answered:
        status, body = answered[key]
        return web.json_response(body, status=status, headers={"Idempotent-Replayed": "true"})
    await come_in(request)
    reply = await handler(request)
    if not request.path.startswith("/v1/"):
        return reply
    body = json.loads(reply.text)
    if body.get("object") == "payment_intent":
        amended(body)
    elif body.get("object") == "list":
        # it books what a capture leaves of the hold as a refund, which Stripe does not
        body["data"] = [amended(o) if o["object"] == "payment_intent" else o
                        for o in body["data"]
                        if o["object"] != "refund" or o["metadata"].get("op") and FAULT != "no-refunds"]
    if key is not None and FAULT != "no-keys":
        answered[key] = (reply.status, body)
    return web.json_response(body, status=reply.status)


if __name__ == "__main__":
    server.app.middlewares.insert(0, shim)
    web.run_app(server.app, host="127.0.0.1", port=int(sys.argv[1]), print=None)
