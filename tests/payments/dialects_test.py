#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""dialects_test.py BUILD SOURCE stripe|yookassa - what can go wrong at Stripe and at YooKassa, row by row: each
switch of the stubs is on for the rental of one user, and the rental ends as it must. The provider's book and ours
are equal in the end, but for the rows that say why not; then the audit is clean, and --reconcile names these rows
and no others."""
import http.client
import json
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from urllib.parse import urlencode

from support import fail, free_ports, wait_for

BUILD, SOURCE, DIALECT = sys.argv[1:4]
ONLY = sys.argv[4:]
STRIPE = DIALECT == "stripe"
# Time is short here, and no breaker keeps one row's failures from the others.
OPTIONS = {
    "core.options.resolve_base": "200ms", "core.options.resolve_max": "500ms",
    "core.options.action_timeout": "10s", "core.options.debt_retry_base": "200ms",
    "core.options.debt_retry_max": "500ms", "core.options.start_lease": "3s", "core.options.start_wait": "0s",
    "billing.options.tick": "1h", "billing.options.recovery_interval": "200ms",
    "main.options.durability": "normal", "hooks.options.retry": "200ms",
    f"{DIALECT}.options.lookup_settle": "0s", f"{DIALECT}.options.{DIALECT}.timeout": "1500ms", f"{DIALECT}.options.{DIALECT}.tries": "1",
    f"{DIALECT}.options.{DIALECT}.breaker_failures": "1000000",
}
NUMBERS = {"settle_ms": 400, "late_ms": 2500, "short_ms": 1500}
LEFT = []
PENDING, ACTION = ("processing", "requires_action") if STRIPE else ("pending", "confirmation")
# What becomes of the operation; SUCCEEDED where nothing is said. OPEN: nobody but a person can say. FOUND: it has ended,
# and the provider's book is another for a reason that is not ours.
EXPECTED = {
    **dict.fromkeys((
        "insufficient_funds withdrawal_count_limit_exceeded card_velocity_exceeded lost_card stolen_card pickup_card "
        "restricted_card do_not_honor generic_decline fraudulent card_not_supported invalid_account expired_card "
        "incorrect_cvc incorrect_number payment_intent_authentication_failure authentication_required processing_error "
        "issuer_not_available refused_in_the_intent payment_method_unknown processing_then_refused refund_failed "
        "canceled canceled_by_hand charge_expired_for_capture capture_charge_authorization_expired "
        "charge-requires_action charge-use_stripe_sdk "
        "payment_method_limit_exceeded card_expired invalid_card_number invalid_csc payment_method_restricted "
        "country_forbidden fraud_suspected call_issuer general_decline identification_required 3d_secure_failed "
        "permission_revoked expired_on_confirmation expired_on_capture issuer_unavailable internal_timeout "
        "invalid_method pending_then_canceled charge-confirmation").split(), "DECLINED"),
    **dict.fromkeys((
        "not_done payment_intent_unexpected_state charge_disputed amount_too_small amount_too_large parameter_unknown "
        "idempotency_error resource_missing unauthorized forbidden rate_limit kept_500 "
        "invalid_request invalid_receipt key_duplicated invalid_credentials not_found too_many_requests").split(),
        "NOT_EXECUTED"),
    # what is not in a list of YooKassa's may be in it later
    **dict.fromkeys(("captured_at_once only_held capture-captured_by_hand succeeded_at_once refund-invalid_request "
                     "refund-invalid_receipt").split(), "OPEN"),
    **dict.fromkeys("refund_failed_later release-captured_by_hand".split(), "FOUND"),
    "release-canceled": "SUCCEEDED", "release-expired_on_capture": "SUCCEEDED",
    # under the same key YooKassa does it, and Stripe says again what it said
    **({} if STRIPE else dict.fromkeys(("capture-not_done", "release-not_done"), "SUCCEEDED")),
    # questions that are refused are asked again
    **dict.fromkeys((f"{op}-{row}" for op in ("lookup", "list") for row in
                     "resource_missing unauthorized forbidden rate_limit invalid_credentials not_found "
                     "too_many_requests".split()), "SUCCEEDED"),
}
FINDINGS = ("captured_at_once", "succeeded_at_once", "captured_by_hand", "refund_failed_later", "hold-canceled",
            "hold-expired_on_capture")
LATER = ("processing_then_refused", "pending_then_canceled")  # the powerbank is out by then
BACK = "https://shop.example/back"


def call(port, method, path, body=None, headers=None):
    conn = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    text = body if body is None or isinstance(body, str) else json.dumps(body)
    conn.request(method, path, text, {"Content-Type": "application/json", **(headers or {})})
    reply = conn.getresponse()
    text = reply.read().decode()
    conn.close()
    return reply.status, json.loads(text) if text[:1] in ("{", "[") else text


def api(method, path, body=None, **headers):
    return call(API, method, "/api/v1" + path, body, {k.replace("_", "-"): v for k, v in headers.items()})


def switch(**what):
    status, answer = call(STUBS, "POST", "/admin/payments", what)
    if status != 200:
        fail(f"{what}: {status} {answer}")
    return answer


def by_hand(payment, act, amount=0):
    status, answer = call(STUBS, "POST", "/admin/payments/by-hand", {"payment": payment, "act": act, "amount": amount})
    if status != 200:
        fail(f"{act} by hand: {status} {answer}")


class Rental:
    """One user's rental, with what is switched on for him: {operation: row}."""

    def __init__(self, op, row):
        self.op, self.row, self.name = op, row, f"{op}-{row}"
        self.user = self.name.replace("_", "-")
        self.switches, self.method = {op: row}, None if STRIPE else "pm-saved"
        if op == "report":
            self.switches["hold"], self.method = ACTION, None
        elif op == "lookup":
            self.switches.update(hold=PENDING, report="never")
        elif op == "list":
            self.switches.update(refund="kept_500_done" if STRIPE else "done_and_refused", report="never")
        elif row in ("payment_method_unknown", "invalid_method"):
            self.method = "pm-of-nobody"
        elif row == "confirmation":
            self.method = None
        self.wanted = EXPECTED.get(self.name, EXPECTED.get(row, "SUCCEEDED"))
        self.quote, self.code, self.order, self.forged = None, 0, None, False

    @property
    def refused(self):
        return self.op == "hold" and self.wanted == "DECLINED" and self.row not in LATER

    def start(self):
        for op, row in self.switches.items():
            switch(user_id=self.user, **({} if op == "report" else {"times": 1}), **{op: row})
        status, quote = api("POST", "/rentals/quote", {"station_id": "some-station-id", "user_id": self.user})
        if status != 200:
            fail(f"{self.name}: no quote: {status} {quote}")
        body = {"quote_id": quote["quote_id"], "return_url": BACK}
        if self.method:
            body["payment_method"] = self.method
        self.code, answer = api("POST", "/rentals/start", body, Idempotency_Key="k-" + self.name)
        if (self.code == 402) != self.refused or (self.code not in (200, 202) and not self.refused):
            fail(f"{self.name}: the start is answered {self.code} {answer}")
        self.order = answer.get("order_id")

    def status(self):
        return api("GET", f"/rentals/{self.order}/status")[1]

    def payments(self):
        return [(o["kind"], o["status"], o["amount"]) for o in api("GET", f"/rentals/{self.order}/payments")[1]["items"]]

    def answer(self, what="confirm"):
        """The customer at his bank."""
        action = self.status()["action"]
        if "url" not in action:
            by_hand(action["token"].split("_secret_")[0], what)
            return
        path = "/" + action["url"].split("/", 3)[3]
        page = call(STUBS, "GET", path)
        if page[0] != 200 or 'value="refuse"' not in page[1]:
            fail(f"{self.name}: the bank's page is {page}")
        status, _ = call(STUBS, "POST", path, urlencode({"answer": what}),
                         {"Content-Type": "application/x-www-form-urlencoded"})
        if status != 303 or call(STUBS, "GET", path)[0] != 410:
            fail(f"{self.name}: the bank's page answers {status}")

    def stop(self):
        status, answer = api("POST", f"/rentals/{self.order}/stop", {"station_id": "some-station-id"})
        if status != 200:
            fail(f"{self.name}: the stop is answered {status} {answer}")

    def ended(self):
        """None while it has not, else the states of the operations that the switch is about."""
        kind = {"report": "hold", "lookup": "hold", "list": "refund"}.get(self.op, self.op)
        states = [s for k, s, _ in self.payments() if k == kind]
        if self.wanted == "OPEN":
            return states if "UNKNOWN" in states else None
        return states if self.wanted == "FOUND" or self.status()["settlement"] == "done" else None


def bank_book():
    """By rental: taken, given back, still held."""
    sums = defaultdict(lambda: defaultdict(int))
    after = 0
    while True:
        page = call(STUBS, "GET", f"/admin/book?after={after}")[1]
        for o in page["operations"]:
            sums[o["order_id"]][o["kind"]] += o["amount"]
            after = o["seq"]
        if not page["more"]:
            return sums


def age(orders, seconds):
    with sqlite3.connect(f"{DIR}/rentald-{DIALECT}.db", timeout=20) as db:
        db.executemany("UPDATE rentals SET started_at = strftime('%Y-%m-%d %H:%M:%f000', started_at, ?)"
                       " WHERE id = ?", [(f"{-seconds} seconds", o) for o in orders])


def bill():
    api("POST", "/demo/bill", {})


def rentald(*args):
    return [f"{BUILD}/rentald", "--config=etc/demo-payments.conf",
            *(f"--set=instances.{k}={v}" for k, v in OPTIONS.items()), *args]


def rows():
    for row in call(STUBS, "GET", "/admin/payments")[1]["switches"]:
        for op in row["operations"]:
            if not ONLY or f"{op}-{row['name']}" in ONLY:
                yield Rental(op, row["name"])


def begin(rentals):
    for r in rentals:
        r.start()
    # What is forged says that the bank has said yes.
    time.sleep(0.5)
    for r in rentals:
        if r.row == "forged" and r.status()["status"] != "PENDING":
            fail(f"a forged report was believed: {r.status()}")
        if r.order and r.status().get("action"):
            r.answer()
    for r in rentals:
        if r.order:
            wait_for("the start of " + r.name, lambda r=r: r.status()["status"] == "ACTIVE")
        elif bank_book()[r.order]:
            fail(f"{r.name}: refused, and the bank has {bank_book()[r.order]}")


def ride(rentals):
    """A charge while it runs, a refund of what was too much, a capture of a part, a release of all."""
    live = [r for r in rentals if r.order]
    by = {op: [r for r in live if r.op in ops] for op, ops in
          (("charge", ("charge", "refund", "list")), ("refund", ("refund", "list")), ("capture", ("capture",)))}
    age([r.order for r in by["charge"]], 7200)
    for r in by["charge"]:
        bill()
        wait_for("the charge of " + r.name, lambda r=r: any(k == "charge" for k, _, _ in r.payments()))
    for r in by["refund"]:
        wait_for("the charge of " + r.name, lambda r=r: r.status()["total_amount"] > 100)
    age([r.order for r in by["refund"]], -3600)
    age([r.order for r in by["capture"]], 7200)
    for r in live:
        r.stop()


def check(rentals):
    def all_ended():
        bill()
        left = [r.name for r in rentals if r.order and r.ended() is None]
        LEFT[:] = left
        return not left
    try:
        wait_for("the ends", all_ended, 40)
    except SystemExit:
        for r in rentals:
            if r.name in LEFT:
                print(r.name, r.status(), r.payments())
        raise
    book = bank_book()
    wrong = []
    for r in rentals:
        if not r.order:
            continue
        states, status, money = r.ended(), r.status(), book[r.order]
        taken = money["capture"] + money["charge"] - money["refund"]
        held = money["hold"] - money["capture"] - money["release"]
        print(f"{r.name:46} {', '.join(dict.fromkeys(states))}; taken {taken}, of {status['total_amount']}; held {held}")
        if r.wanted not in ("OPEN", "FOUND"):
            if not states or states[0] != r.wanted:
                wrong.append(f"{r.name}: {r.wanted} expected: {r.payments()}")
            charged = money["hold"] - money["capture"] - money["release"]
            if taken != status["total_amount"] or charged != 0 or status["debt"] != 0:
                wrong.append(f"{r.name}: the bank has {dict(money)}, we have {status}")
    if wrong:
        fail("\n".join(wrong))


PATH, AUTH = (("/v1/payment_intents", "Bearer sk_test_x") if STRIPE else ("/v3/payments", "Basic eA=="))


def post(key, value, path, headers=None):
    body = {"amount": value * 100, "currency": "rub", "payment_method": "pm_card_visa", "confirm": "true",
            "metadata[op]": key} if STRIPE else {
                "amount": {"value": f"{value}.00", "currency": "RUB"}, "payment_method_id": "pm-saved",
                "capture": True, "metadata": {"op": key, "kind": "charge"}}
    return call(STUBS, "POST", path, urlencode(body) if STRIPE else body, headers or {
        "Authorization": AUTH, "Idempotency-Key" if STRIPE else "Idempotence-Key": key})


def ask(path):
    return call(STUBS, "GET", path, None, {"Authorization": AUTH})


def keys():
    """A key acts once; with another body, or while its first request is worked on, it is refused."""
    path = PATH
    first = post("key-1", 7, path)
    if first[0] != 200 or first[1]["status"] != "succeeded" or post("key-1", 7, path) != first:
        fail(f"a repeated key: {first}, {post('key-1', 7, path)}")
    if post("key-1", 8, path)[0] != 400 or post("key-2", 7, path)[1]["id"] == first[1]["id"]:
        fail("a key with another body, or another key with the same")
    if post("key-3", 7, path, {"Authorization": "Basic x" if STRIPE else "Bearer x"})[0] != 401:
        fail("a stranger is served")
    switch(charge="late", times=1, late_ms=500)
    done = []
    both = [threading.Thread(target=lambda: done.append(post("key-4", 7, path)[0])) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    if sorted(done) != sorted((200, 409 if STRIPE else 202)) or post("key-4", 7, path)[0] != 200:
        fail(f"a key in use: {done}")


def payments_listed():
    """What moved money, by id: a restart forgets none of it."""
    seen, more = {}, ""
    while more is not None:
        page = ask(PATH + "?limit=100" + more)[1]
        items = page["data" if STRIPE else "items"]
        seen.update((o["id"], (o["status"], o["amount"], o.get("amount_received"))) for o in items
                    if o["status"] in ("succeeded", "requires_capture", "waiting_for_capture"))
        last = items[-1]["id"] if items else None
        more = None
        if STRIPE and page["has_more"]:
            more = "&starting_after=" + last
        elif "next_cursor" in page:
            more = "&cursor=" + page["next_cursor"]
    return seen


def messages(result):
    text = call(API, "GET", "/metrics")[1]
    return sum(float(line.split()[-1]) for line in text.splitlines()
               if "webhooks_messages_total{" in line and f'result="{result}"' in line)


def reported(rentals):
    """What is reported is taken and acted on. Stripe's secret tells what is forged; at YooKassa it is a mere hint."""
    taken, refused, malformed = (messages(result) for result in ("taken", "refused", "malformed"))
    forged = STRIPE and any(r.row == "forged" for r in rentals)
    if taken == 0 or malformed != 0 or (refused != 0) != forged:
        fail(f"reports: {taken} taken, {refused} refused, {malformed} malformed")
    wait_for("reports that are acted on", lambda: not command("events", "list"))


def forgotten():
    """A look-up that is late finds nothing where everything was forgotten while it waited."""
    path = f"{PATH}/{post('late', 7, PATH)[1]['id']}"
    switch(lookup="late", times=1, late_ms=1000)
    seen = []
    late = threading.Thread(target=lambda: seen.append(ask(path)[0]))
    late.start()
    wait_for("the late look-up", lambda: not call(STUBS, "GET", "/admin/payments")[1]["set"])
    call(STUBS, "POST", "/admin/reset-all", {"book": True})
    late.join()
    if seen != [404]:
        fail(f"a payment that was forgotten meanwhile: {seen}")


def full():
    """A book that takes no more is an error for whoever asks, and locks nobody out."""
    post("fills", 7, PATH)
    switch(charge=PENDING, times=1, settle_ms=1)
    path = f"{PATH}/{post('too-much', 7, PATH)[1]['id']}"
    wait_for("the full book", lambda: ask(path)[0] >= 500)
    for asked in (path, PATH, "/bank/" + path.rsplit("/", 1)[1], path):
        if ask(asked)[0] < 500:
            fail(f"{asked} is answered beside a book that is full")


def by_hand_amounts():
    for act in ("capture", "refund"):
        for amount in ({}, {"amount": 0}, {"amount": -5}):
            if call(STUBS, "POST", "/admin/payments/by-hand", {"payment": "x", "act": act, **amount})[0] != 400:
                fail(f"{act} of {amount} by hand")


def whole(rentals):
    begin(rentals)
    ride(rentals)
    check(rentals)
    reported(rentals)
    found = set()
    for o in command("--reconcile"):
        if o["type"] == "breach":
            found.add(o["user"])
    wanted = {r.user for r in rentals if r.name in FINDINGS or r.row in FINDINGS}
    if found != wanted:
        fail(f"--reconcile finds {sorted(found)}, {sorted(wanted)} expected")
    unclean = {o["rental"] for o in command("--audit") if o["type"] == "breach"}
    if not unclean <= {r.order for r in rentals if r.name == "release-captured_by_hand"}:
        fail(f"the audit finds something in {unclean}")


def command(*name):
    done = subprocess.run(rentald(*name, "--format=json"), cwd=SOURCE, env=ENV, capture_output=True, text=True,
                          check=False)
    if done.returncode not in (0, 70):
        fail(f"{name}: {done.returncode} {done.stderr}")
    return [json.loads(line) for line in done.stdout.splitlines()]


class Host:
    def __enter__(self):
        self.process = subprocess.Popen(rentald(), cwd=SOURCE, env=ENV, stderr=LOG)
        wait_for("rentald", lambda: self.process.poll() is not None or is_ready())
        return self

    def __exit__(self, kind, *_):
        self.process.send_signal(signal.SIGTERM)
        if self.process.wait(30) != 0 and kind is None:
            fail(f"rentald ended with {self.process.returncode}")


def is_ready():
    try:
        return api("GET", "/health/ready")[0] == 200
    except OSError:
        return False


def documented():
    """stubs/README.md names every switch."""
    with open(f"{SOURCE}/stubs/README.md", encoding="utf-8") as f:
        text = f.read().split("### Switches")[1]
    names = {row["name"] for row in call(STUBS, "GET", "/admin/payments")[1]["switches"]}
    left = sorted(n for n in names if f"`{n}`" not in text)
    if left:
        fail(f"stubs/README.md does not name {left}")


def main():
    with Host():
        documented()
        switch(**NUMBERS)
        whole(list(rows()))
        keys()
        before = payments_listed()
    with Host():
        after = payments_listed()
    lost = {k: (v, after.get(k)) for k, v in before.items() if after.get(k) != v}
    if lost:
        fail(f"a restart changes {lost}")
    ENV["STATE_DIR"], OPTIONS["stubs.options.book_max"] = DIR + "/small", "1"
    os.mkdir(ENV["STATE_DIR"])
    with Host():
        by_hand_amounts()
        forgotten()
        full()
    print(f"{DIALECT}: every row of its table, and its keys")


API, STUBS = free_ports(2)
with tempfile.TemporaryDirectory() as DIR, open(f"{DIR}/log", "w", encoding="utf-8") as LOG:
    ENV = {**os.environ, "DEMO_PAYMENT": DIALECT, "STATE_DIR": DIR, "API_LISTEN": f"127.0.0.1:{API}",
           "STUBS_LISTEN": f"127.0.0.1:{STUBS}", "STUBS_URL": f"http://127.0.0.1:{STUBS}",
           "API_URL": f"http://127.0.0.1:{API}", "LOG_LEVEL": "error"}
    try:
        main()
    except SystemExit:
        with open(f"{DIR}/log", encoding="utf-8") as f:
            print("".join(f.readlines()[-40:]), file=sys.stderr)
        raise
