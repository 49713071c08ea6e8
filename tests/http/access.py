#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""access.py BUILD SOURCE - who may call what: the demo with API keys on its listener, and every
route asked by everybody, for his own, for another's and for what is not there, with good, expired
and forged keys. A route of openapi.json that has no line here fails the test."""
import json, os, re, socket, subprocess, sys, tempfile, threading, time, urllib.error, urllib.request

build, source = sys.argv[1], sys.argv[2]
work = tempfile.TemporaryDirectory()
W = work.name
failed = []


def check(what, ok, detail=""):
    if not ok:
        failed.append(what)
        print(f"access: {what} {detail}", file=sys.stderr)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


api, stubs = free_port(), free_port()
A = f"http://127.0.0.1:{api}"
env = dict(os.environ, API_LISTEN=f"127.0.0.1:{api}", STUBS_LISTEN=f"127.0.0.1:{stubs}",
           STUBS_URL=f"http://127.0.0.1:{stubs}", STATE_DIR=W)
conf = open(f"{source}/etc/demo.conf").read()
conf = conf.replace('auth = [ "${env:API_AUTH:-}" ];', 'auth = [ "keys" ];', 1)
conf = conf.replace("instances = (", 'instances = ( { name = "keys"; plugin = "auth_keys"; '
                    f'options = {{ file = "{W}/keys"; check = "20ms"; }}; }},', 1)
config = f"{W}/access.conf"
open(config, "w").write(conf)


def rentald(*args):
    return subprocess.run([f"{build}/rentald", f"--config={config}", *args], env=env, cwd=source,
                          capture_output=True, text=True, timeout=60)


def new_key(role, subject, *more):
    r = rentald("keys", "new", f"--role={role}", f"--subject={subject}", "-q", *more)
    assert r.returncode == 0, r.stderr
    return r.stdout.strip()


def call(method, path, key=None, body=None, headers=None):
    h = dict(headers or {})
    if key is not None:
        h["Authorization"] = f"Bearer {key}"
    data = None
    if body is not None:
        data, h["Content-Type"] = json.dumps(body).encode(), "application/json"
    req = urllib.request.Request(A + path, method=method, data=data, headers=h)
    try:
        with urllib.request.urlopen(req, timeout=60) as r:
            return r.status, r.headers, r.read()
    except urllib.error.HTTPError as e:
        return e.code, e.headers, e.read()


def until(what, fn):
    ends = time.monotonic() + 60
    while not fn():
        if time.monotonic() > ends:
            sys.exit(f"access: not within time: {what}\n" + open(f"{W}/log").read()[-3000:])
        time.sleep(0.02)


def alive():
    try:
        return call("GET", "/api/v1/health/ready", keys["operator"])[0] == 200
    except OSError:
        return False


keys = {r: new_key(r, r) for r in ("service", "viewer", "operator")}
keys["A"], keys["B"] = new_key("customer", "alice"), new_key("customer", "bob")
check("the file of keys is its owner's", os.stat(f"{W}/keys").st_mode & 0o777 == 0o600)
for key in keys.values():
    check("the file has no key", key not in open(f"{W}/keys").read())
    check("keys list shows no key", key not in rentald("keys", "list").stdout)

log = open(f"{W}/log", "w")
host = subprocess.Popen([f"{build}/rentald", f"--config={config}"], env=env, cwd=source, stderr=log)
try:
    until("the host answers", alive)
    n = 0  # also the station: the stub makes one up for every name, with all its powerbanks

    def start(key, quote, idem):
        return call("POST", "/api/v1/rentals/start", key, {"quote_id": quote}, {"Idempotency-Key": idem})

    def quote(key, user=None):
        global n
        n += 1
        body = {"station_id": f"station-{n}"}
        if user:
            body["user_id"] = user
        return call("POST", "/api/v1/rentals/quote", key, body)

    def fresh_quote(user):
        s, _, b = quote(keys["service"], user)
        assert s == 200, b
        return json.loads(b)["quote_id"]

    def rental(user):
        global n
        n += 1
        s, _, b = start(keys["service"], fresh_quote(user), f"rental-{n}")
        assert s == 200, b
        return json.loads(b)["order_id"]

    ride = {"alice": rental("alice"), "bob": rental("bob")}
    NOTHING = "00000000-0000-7000-8000-000000000000"
    # who asks × whose it is → status. own: the caller's (A's for whoever owns nothing).
    READ = {"nobody": 401, "A": (200, 404, 404), "B": (200, 404, 404),
            "service": (200, 200, 404), "viewer": (200, 200, 404), "operator": (200, 200, 404)}
    ACT = dict(READ, viewer=403)
    OPEN = {w: 200 for w in ("nobody", "A", "B", "service", "viewer", "operator")}
    STAFF = dict(OPEN, nobody=401, A=403, B=403)
    ALL = dict(OPEN, nobody=401)
    # a user named in the request: another's is 403, and nobody's is nobody's secret
    USER = dict(ALL, A=(200, 403, 403), B=(200, 403, 403))

    def order(path, method="GET", body=None):
        return lambda whose, key: call(method, path.replace("{order_id}", ride.get(whose, NOTHING)), key, body)

    def plain(path):
        return lambda whose, key: call("GET", path, key)

    def do_start(whose, key):
        global n
        n += 1
        return start(key, fresh_quote(whose) if whose in ride else NOTHING, f"start-{n}")

    def do_stop(whose, key):
        oid = rental(whose) if whose in ride else NOTHING
        return call("POST", f"/api/v1/rentals/{oid}/stop", key, {"station_id": "station-1"})

    def do_pay(whose, key):
        global n
        n += 1
        return call("POST", f"/api/v1/rentals/{ride.get(whose, NOTHING)}/pay", key, {}, {"Idempotency-Key": f"pay-{n}"})

    matrix = {
        "POST /api/v1/rentals/quote": (dict(USER, viewer=403), lambda w, k: quote(k, w)),
        "POST /api/v1/rentals/start": (ACT, do_start),
        "GET /api/v1/rentals/{order_id}/status": (READ, order("/api/v1/rentals/{order_id}/status")),
        "GET /api/v1/rentals/{order_id}/payments": (READ, order("/api/v1/rentals/{order_id}/payments")),
        "POST /api/v1/rentals/{order_id}/stop": (ACT, do_stop),
        "POST /api/v1/rentals/{order_id}/pay": (ACT, do_pay),
        "GET /api/v1/rentals": (USER, lambda w, k: call("GET", f"/api/v1/rentals?user_id={w}", k)),
        "GET /api/v1/users/{user_id}/balance": (USER, lambda w, k: call("GET", f"/api/v1/users/{w}/balance", k)),
        "GET /api/v1/me": (ALL, plain("/api/v1/me")),
        "GET /api/v1/stations/{id}": (ALL, plain("/api/v1/stations/station-1")),
        "GET /api/v1/health": (OPEN, plain("/api/v1/health")),
        "GET /api/v1/health/ready": (STAFF, plain("/api/v1/health/ready")),
        "GET /api/v1/health/circuit-breakers": (STAFF, plain("/api/v1/health/circuit-breakers")),
        "GET /metrics": (STAFF, plain("/metrics")),
        "GET /api/v1/system": (dict(STAFF, service=403), plain("/api/v1/system")),
        "GET /openapi.json": (OPEN, plain("/openapi.json")),
        "GET /docs": (OPEN, plain("/docs")),
        "GET /api/v1/events": (ALL, lambda w, k: call("HEAD", "/api/v1/events", k)),
    }
    hooks = re.compile(r" /hooks/")  # the sender's signature is checked, not a key
    described = json.loads(call("GET", "/openapi.json")[2])["paths"]
    for path, operations in described.items():
        for method in operations.keys() & {"get", "post", "put", "patch", "delete"}:
            name = f"{method.upper()} {path}"
            check(f"'{name}' has a line in this test", name in matrix or hooks.search(name))
            may = {"A": "customer"}
            allowed = {may.get(w, w) for w, want in matrix.get(name, ({},))[0].items()
                       if (want[0] if isinstance(want, tuple) else want) < 400}
            said = set(operations[method].get("x-access", {}).get("roles", []))
            check(f"'{name}' describes who may", not hooks.search(name) and
                  allowed - {"B", "nobody"} == (said or {"customer", "viewer", "operator", "service"}) and
                  ("nobody" in allowed) == (operations[method]["security"] == []), f"{allowed} {said}")

    old = new_key("operator", "old", "--expires=1s")
    until("the key expires", lambda: call("GET", "/metrics", old)[0] == 401 and time.sleep(1.1) is None)
    expired = call("GET", "/metrics", old)
    check("an expired key is 401", expired[0] == 401 and "expired" in open(f"{W}/log").read())
    user_of = {"A": "alice", "B": "bob"}
    for name, (expected, ask) in matrix.items():
        for who, want in expected.items():
            mine = user_of.get(who, "alice")
            other = "bob" if mine == "alice" else "alice"
            for i, whose in enumerate((mine, other, "nothing")):
                w = want[i] if isinstance(want, tuple) else want
                got = ask(whose, keys.get(who))
                check(f"{name} by {who} for {whose}", got[0] == w, f"is {got[0]}, not {w}: {got[2][:200]}")
                if got[0] == 401:
                    check(f"{name}: a challenge", got[1]["WWW-Authenticate"].startswith("Bearer"))
        if expected["nobody"] == 401:
            for kind, bad in (("expired", old), ("forged", keys["operator"][:-4] + "0000"),
                              ("unknown", "rk_" + "0" * 16 + "_" + "0" * 64), ("short", "rk_1")):
                got = ask("alice", bad)
                check(f"{name} with a {kind} key", got[0] == 401, got[0])

    me = json.loads(call("GET", "/api/v1/me", keys["B"])[2])
    check("me is the caller", (me["subject"], me["role"], me["issuer"]) == ("bob", "customer", "keys"), me)
    check("me shows no key", keys["B"] not in json.dumps(me) and me["key_id"] in keys["B"], me)

    # A customer leaves user_id out; his lists show his own only.
    check("a quote without user_id", json.loads(quote(keys["B"])[2])["user_id"] == "bob")
    check("a service must name the user", quote(keys["service"])[0] == 422)
    mine = json.loads(call("GET", "/api/v1/rentals?limit=200", keys["B"])[2])["items"]
    check("a list is cut to the caller", mine and {r["user_id"] for r in mine} == {"bob"})
    # Exactly as if it did not exist.
    for path in ("status", "payments"):
        a = json.loads(call("GET", f"/api/v1/rentals/{ride['alice']}/{path}", keys["B"])[2])
        b = json.loads(call("GET", f"/api/v1/rentals/{NOTHING}/{path}", keys["B"])[2])
        del a["instance"], b["instance"]
        check(f"another's {path} tells nothing", a == b, f"{a} {b}")
    state = json.loads(call("GET", f"/api/v1/rentals/{ride['alice']}/status", keys["A"])[2])
    call("POST", f"/api/v1/rentals/{ride['alice']}/stop", keys["B"], {"station_id": "station-1"})
    after = json.loads(call("GET", f"/api/v1/rentals/{ride['alice']}/status", keys["A"])[2])
    check("another's stop changes nothing", after["status"] == state["status"] == "ACTIVE")

    # A's key in B's hands is a fresh key; an unknown quote does not burn one.
    qa, qb = fresh_quote("alice"), fresh_quote("bob")
    check("an unknown quote is 404", start(keys["A"], NOTHING, "shared")[0] == 404)
    a = start(keys["A"], qa, "shared")
    check("and records nothing", a[0] == 200, a[2])
    b = start(keys["B"], qb, "shared")
    check("the same key of another caller is another key",
          b[0] == 200 and b[1]["Idempotency-Replayed"] is None and b[2] != a[2], b[2])
    again = start(keys["A"], qa, "shared")
    check("his own repeats", again[1]["Idempotency-Replayed"] == "true" and again[2] == a[2])
    check("a used quote of another is 404", start(keys["B"], qa, "other")[0] == 404)
    check("a used quote of his own is 409", start(keys["A"], qa, "other")[0] == 409)

    # Streams: a customer hears what is his.
    heard = {}

    def listen(who, stop_at):
        req = urllib.request.Request(f"{A}/api/v1/events?types=rental,payment,debt,request",
                                     headers={"Authorization": f"Bearer {keys[who]}"})
        text = ""
        with urllib.request.urlopen(req, timeout=60) as r:
            heard[who] = ""
            for line in r:
                text += line.decode()
                heard[who] = text
                if stop_at in text:
                    return

    threads = [threading.Thread(target=listen, args=a) for a in (("B", "/api/v1/stations/end-bob"),
                                                                 ("operator", "/api/v1/stations/end-op"))]
    for t in threads:
        t.start()
    until("both listen", lambda: all(w in heard and "hello" in heard[w] for w in ("B", "operator")))
    ra, rb = rental("alice"), rental("bob")
    namesake = new_key("service", "bob")  # and no customer
    until("the namesake is known", lambda: call("GET", "/api/v1/users/alice/balance", namesake)[0] == 200)
    call("GET", "/api/v1/stations/end-bob", keys["B"])
    call("GET", "/api/v1/stations/end-op", keys["operator"])
    for t in threads:
        t.join(60)
    check("a customer hears his own", rb in heard["B"])
    check("a customer hears nobody else", ra not in heard["B"] and "alice" not in heard["B"])
    check("an operator hears all", ra in heard["operator"] and rb in heard["operator"])

    # Who asked is on record; a client's id is no id of ours.
    r = call("GET", "/api/v1/rentals", keys["B"], headers={"X-Request-Id": "stolen-1"})
    check("a sane X-Request-Id is answered", r[1]["X-Request-Id"] == "stolen-1")
    until("the line is written", lambda: "client_request_id=stolen-1" in open(f"{W}/log").read())
    line = [l for l in open(f"{W}/log") if "stolen-1" in l][0]
    check("the access line names principal and peer", "principal=bob" in line and "peer=127.0.0.1" in line, line)
    check("its request id is ours", " request_id=stolen-1" not in line, line)

    # Who did what is in the books, with what was done and with nothing else.
    def actions(*args):
        r = rentald("list-actions", "--format=json", *args)
        assert r.returncode == 0, r.stderr
        return [json.loads(x) for x in r.stdout.splitlines()]

    mine = json.loads(start(keys["B"], fresh_quote("bob"), "booked")[2])["order_id"]
    start(keys["B"], fresh_quote("bob"), "booked")  # 422
    stop = call("POST", f"/api/v1/rentals/{mine}/stop", keys["operator"], {"station_id": "station-1"})
    call("POST", f"/api/v1/rentals/{mine}/stop", keys["B"], {"station_id": "station-1"})
    call("POST", f"/api/v1/rentals/{mine}/stop", keys["A"], {"station_id": "station-1"})
    booked = actions(mine)
    check("a start and a stop are in the books", [b["action"] for b in booked] == ["stop", "start"], booked)
    check("with who it was", [(b["subject"], b["role"], b["issuer"], b["peer"]) for b in booked] ==
          [("operator", "operator", "keys", "127.0.0.1"), ("bob", "customer", "keys", "127.0.0.1")], booked)
    check("by which key, in which request", booked[0]["request_id"] == stop[1]["X-Request-Id"] and
          booked[1]["key_id"] in keys["B"], booked)
    check("the newest come first", [b["id"] for b in actions("--limit=2")] == [b["id"] for b in booked])
    text = rentald("list-actions", mine).stdout
    check("a person reads them", f"start of rental {mine}: bob, customer, says keys, key " in text, text)

    # Commands at once do not undo each other.
    def command(*args):
        while (r := rentald(*args)).returncode != 0:
            assert "another command writes the keys" in r.stderr, r.stderr
        return r.stdout.strip()

    def made_and_revoked(i):
        command("keys", "new", "--role=viewer", f"--subject=kept-{i}", "-q")
        gone = command("keys", "new", "--role=viewer", f"--subject=gone-{i}", "-q").split("_")[1]
        command("keys", "revoke", gone)

    threads = [threading.Thread(target=made_and_revoked, args=(i,)) for i in range(6)]
    for t in threads:
        t.start()
    for t in threads:
        t.join(120)
    left = [json.loads(x)["subject"] for x in rentald("keys", "list", "--format=json").stdout.splitlines()]
    check("no key is lost, and none comes back", sorted(s for s in left if s[:5] in ("kept-", "gone-")) ==
          [f"kept-{i}" for i in range(6)], left)

    # Revoking takes effect without a restart; files that others may write are refused.
    listed = [json.loads(x) for x in rentald("keys", "list", "--format=json").stdout.splitlines()]
    kid = [k["id"] for k in listed if k["subject"] == "viewer"][0]
    check("a key is revoked", rentald("keys", "revoke", kid).returncode == 0)
    until("a revoked key is refused", lambda: call("GET", "/metrics", keys["viewer"])[0] == 401)
    check("an unknown key cannot be revoked", rentald("keys", "revoke", "0" * 16).returncode == 64)
    os.chmod(f"{W}/keys", 0o666)
    bad = rentald("keys", "list")
    check("a file that others may write is refused", bad.returncode != 0 and "0666" in bad.stderr, bad.stderr)
    os.chmod(f"{W}/keys", 0o600)
    secrets = [k.split("_")[2] for k in list(keys.values()) + [old]]
    check("no key is in the log", not any(s in open(f"{W}/log").read() for s in secrets))

    # Beyond this machine a listener says who may call.
    env["API_LISTEN"] = "0.0.0.0:0"
    plain_conf = open(f"{source}/etc/demo.conf").read()
    for text, ok in ((plain_conf, False), (conf, True),
                     (conf.replace('auth = [ "keys" ]', 'auth = [ "none" ]'), True),
                     (conf.replace('auth = [ "keys" ]', 'auth = [ "none", "keys" ]'), False),
                     (conf.replace('auth = [ "keys" ]', 'auth = [ "core" ]'), False),
                     (conf.replace('auth = [ "keys" ]', 'auth = [ "" ]'), False)):
        open(config, "w").write(text)
        r = rentald("--check-config")
        check("--check-config " + ("accepts" if ok else "refuses"), (r.returncode == 0) == ok, r.stderr)
finally:
    host.terminate()
    host.wait(60)
    log.close()
if failed:
    print(open(f"{W}/log").read()[-1500:], file=sys.stderr)
    sys.exit(f"access: {len(failed)} failed")
