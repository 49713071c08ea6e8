#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""jwt_tokens.py BUILD SOURCE - auth_jwt by tokens that another library makes (PyJWT): the demo with two
more listeners, one whose keys are fetched from an issuer of this test, one whose keys are in a file.
Every token that is wrong in one way is refused; keys rotate under load and no request fails."""
import base64, hashlib, hmac, http.server, json, os, socket, subprocess, sys, tempfile, threading, time
import urllib.error, urllib.request

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

build, source = sys.argv[1], sys.argv[2]
work = tempfile.TemporaryDirectory()
W = work.name
failed = []
ISSUER, AUDIENCE = "https://id.example/", "rentals"


def check(what, ok, detail=""):
    if not ok:
        failed.append(what)
        print(f"jwt: {what} {detail}", file=sys.stderr)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


# ---- keys

def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def number(n, size=None):
    return b64(n.to_bytes(size or (n.bit_length() + 7) // 8, "big"))


def jwk(kid, key, **more):
    pub = key.public_key()
    if isinstance(key, rsa.RSAPrivateKey):
        n = pub.public_numbers()
        body = {"kty": "RSA", "n": number(n.n), "e": number(n.e)}
    elif isinstance(key, ec.EllipticCurvePrivateKey):
        n, size = pub.public_numbers(), (pub.curve.key_size + 7) // 8
        crv = {"secp256r1": "P-256", "secp384r1": "P-384", "secp521r1": "P-521"}[pub.curve.name]
        body = {"kty": "EC", "crv": crv, "x": number(n.x, size), "y": number(n.y, size)}
    else:
        raw = pub.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
        body = {"kty": "OKP", "crv": "Ed25519", "x": b64(raw)}
    return {"kid": kid, **body, **more}


RSA = rsa.generate_private_key(65537, 2048)
EC, EC384, EC521 = (ec.generate_private_key(c()) for c in (ec.SECP256R1, ec.SECP384R1, ec.SECP521R1))
ED = ed25519.Ed25519PrivateKey.generate()
SMALL = rsa.generate_private_key(65537, 1024)
SECOND = rsa.generate_private_key(65537, 2048)
STRANGER = rsa.generate_private_key(65537, 2048)
SECRET = os.urandom(48)
keys = [jwk("rsa", RSA), jwk("second", SECOND), jwk("ec", EC), jwk("ed", ED, use="sig", alg="EdDSA"), jwk("small", SMALL),
        jwk("p384", EC384), jwk("p521", EC521), jwk("enc", STRANGER, use="enc"),
        {"kid": "odd", "kty": "new"}]
WELL = {"ES256": ("ec", EC), "RS256": ("rsa", RSA), "PS256": ("rsa", RSA), "EdDSA": ("ed", ED),
        "ES384": ("p384", EC384), "ES512": ("p521", EC521)}

# ---- the issuer

answer = {"status": 200, "keys": keys, "asked": 0}


class Issuer(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        answer["asked"] += 1
        body = json.dumps({"keys": answer["keys"]}).encode() if self.path == "/keys?v=1" else b"{}"
        self.send_response(answer["status"])
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


issuer = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Issuer)
threading.Thread(target=issuer.serve_forever, daemon=True).start()

# ---- the host

ports = {"api": free_port(), "url": free_port(), "file": free_port(), "limited": free_port(), "stubs": free_port()}
env = dict(os.environ, API_LISTEN=f"127.0.0.1:{ports['api']}", STUBS_LISTEN=f"127.0.0.1:{ports['stubs']}",
           STUBS_URL=f"http://127.0.0.1:{ports['stubs']}", STATE_DIR=W)
options = {
    "url": f'url = "http://127.0.0.1:{issuer.server_port}/keys?v=1"; refetch = "50ms"; refresh = "1h"; '
           'algorithms = [ "RS256", "PS256", "ES256", "ES384", "ES512", "EdDSA" ]; '
           'role_claim = "realm_access.roles"; roles = [ "boss=operator", "eyes=viewer" ];',
    "file": f'file = "{W}/keys.json"; check = "20ms"; algorithms = [ "HS256", "RS256" ]; leeway = "0s"; ',
    "limited": f'file = "{W}/keys.json"; check = "20ms"; algorithms = [ "RS256" ]; default_role = "none"; '
               'roles = [ "customer=customer" ]; scope_claim = "scope"; subject_claim = "uid";',
}
conf = open(f"{source}/etc/demo.conf").read()
conf = conf.replace("listeners = (", "listeners = (" + "".join(
    f'{{ name = "{n}"; listen = "127.0.0.1:{ports[n]}"; routes = [ "api" ]; system = true; auth = [ "{n}" ]; }},'
    for n in options), 1)
conf = conf.replace("instances = (", "instances = (" + "".join(
    f'{{ name = "{n}"; plugin = "auth_jwt"; options = {{ issuer = "{ISSUER}"; '
    f'audience = [ "other", "{AUDIENCE}" ]; {o} }}; }},' for n, o in options.items()), 1)
config = f"{W}/jwt.conf"
open(config, "w").write(conf)


def write_keys(body, mode=0o600):
    with open(f"{W}/keys.new", "w") as f:
        os.chmod(f.fileno(), mode)
        f.write(body)
    os.rename(f"{W}/keys.new", f"{W}/keys.json")


file_keys = [jwk("rsa", RSA), {"kid": "hs", "kty": "oct", "k": b64(SECRET)},
             {"kid": "short", "kty": "oct", "k": b64(b"secret")}]
write_keys(json.dumps({"keys": file_keys}))


def rentald(*args):
    return subprocess.run([f"{build}/rentald", f"--config={config}", *args], env=env, cwd=source,
                          capture_output=True, text=True, timeout=60)


def ask(token, listener="url", path="/api/v1/rentals"):
    h = {} if token is None else {"Authorization": f"Bearer {token}"}
    req = urllib.request.Request(f"http://127.0.0.1:{ports[listener]}{path}", headers=h)
    try:
        with urllib.request.urlopen(req, timeout=60) as r:
            return r.status
    except urllib.error.HTTPError as e:
        e.read()
        return e.code


def until(what, fn):
    ends = time.monotonic() + 60
    while not fn():
        if time.monotonic() > ends:
            sys.exit(f"jwt: not within time: {what}\n" + open(f"{W}/log").read()[-3000:])
        time.sleep(0.02)


def claims(**more):
    now = int(time.time())
    body = {"iss": ISSUER, "aud": AUDIENCE, "sub": "alice", "exp": now + 600, "nbf": now - 1, "iat": now, **more}
    return {k: v for k, v in body.items() if v is not None}


def token(alg="RS256", head=None, key=None, **more):
    kid, own = WELL.get(alg, ("hs", SECRET))
    return jwt.encode(claims(**more), key or own, algorithm=alg, headers={"kid": kid, **(head or {})})


def header(**members):
    return b64(json.dumps(members).encode())


def raw(head, payload, alg="RS256"):
    """Any bytes as header and payload, with a signature that is right."""
    text = f"{b64(head)}.{b64(payload)}".encode()
    return text.decode() + "." + b64(jwt.get_algorithm_by_name(alg).sign(text, WELL[alg][1]))


def refused(what, text, listener="url"):
    status = ask(text, listener)
    check(what, status == 401, f"is {status}, not 401")


def alive():
    try:
        return ask(None, "api", "/api/v1/health/ready") == 200
    except OSError:
        return False


log = open(f"{W}/log", "w")
host = subprocess.Popen([f"{build}/rentald", f"--config={config}"], env=env, cwd=source, stderr=log)
try:
    until("the host answers", alive)
    for alg in WELL:
        check(f"{alg} is taken", ask(token(alg)) == 200)
    check("HS256 is taken where it is allowed", ask(token("HS256"), "file") == 200)
    check("one of several audiences", ask(token(aud=["x", AUDIENCE])) == 200)
    check("nothing is 401", ask(None) == 401)

    # Wrong in one way each.
    H, P = json.dumps({"alg": "RS256", "kid": "rsa"}).encode(), json.dumps(claims()).encode()
    check("the test's own tokens are right", ask(raw(H, P)) == 200)
    pem = RSA.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    for what, alg, signature in (("none", "none", b""), ("none with a signature", "none", b"x"), ("NONE", "NONE", b"x")):
        refused(f"alg {what}", f"{header(alg=alg, kid='rsa')}.{b64(P)}.{b64(signature)}")
    for name, secret in (("PEM", pem), ("n", number(RSA.public_key().public_numbers().n).encode()),
                         ("the key's JSON", json.dumps(jwk("rsa", RSA)).encode())):
        text = f"{header(alg='HS256', kid='rsa')}.{b64(P)}"
        forged = text + "." + b64(hmac.new(secret, text.encode(), hashlib.sha256).digest())
        refused(f"HS256 with the public key as {name}", forged)
        refused(f"HS256 with the public key as {name}, where HS256 is allowed", forged, "file")
    refused("HS256 where it is not allowed", token("HS256"))
    refused("RS384 where it is not allowed", jwt.encode(claims(), RSA, algorithm="RS384", headers={"kid": "rsa"}))
    refused("HS256 with a short secret", token("HS256", {"kid": "short"}, b"secret"), "file")
    refused("another's signature", token(key=STRANGER))
    refused("a signature of another token", ".".join(token().split(".")[:2] + token(sub="bob").split(".")[2:]))
    refused("another's claims under a signature", ".".join([token().split(".")[0], b64(json.dumps(
        claims(sub="bob")).encode()), token().split(".")[2]]))
    refused("no signature", token().rsplit(".", 1)[0] + ".")
    refused("a cut signature", token()[:-8])
    refused("a cut Ed25519 signature", token("EdDSA")[:-8])
    refused("another's Ed25519 signature", token("EdDSA", key=ed25519.Ed25519PrivateKey.generate()))
    refused("a wrong issuer", token(iss="https://evil.example/"))
    refused("no issuer", token(iss=None))
    refused("a list of issuers", raw(H, json.dumps({**claims(), "iss": [ISSUER]}).encode()))
    refused("a wrong audience", token(aud="shop"))
    refused("an audience that only begins so", token(aud=AUDIENCE + "2"))
    refused("no audience", token(aud=None))
    refused("expired", token(exp=int(time.time()) - 3600))
    check("expired within the leeway", ask(token(exp=int(time.time()) - 5)) == 200)
    refused("expired without leeway", token(exp=int(time.time()) - 1), "file")
    refused("no exp", token(exp=None))
    refused("exp as a text", raw(H, json.dumps({**claims(), "exp": "9999999999"}).encode()))
    refused("exp beyond all numbers", token(exp=2**62))
    refused("exp negative", token(exp=-1))
    refused("not yet", token(nbf=int(time.time()) + 3600))
    check("not yet within the leeway", ask(token(nbf=int(time.time()) + 5)) == 200)
    refused("nbf as a text", raw(H, json.dumps({**claims(), "nbf": "0"}).encode()))
    refused("a key that is not known", token(head={"kid": "nobody"}))
    refused("no kid where many keys are", jwt.encode(claims(), RSA, algorithm="RS256"))
    check("no kid where one key fits", ask(jwt.encode(claims(), RSA, algorithm="RS256"), "file") == 200)
    refused("kid as a number", raw(json.dumps({"alg": "RS256", "kid": 1}).encode(), P))
    refused("a key for encryption", token(head={"kid": "enc"}, key=STRANGER))
    refused("an RSA key of 1024 bits", token(head={"kid": "small"}, key=SMALL))
    refused("a wrong curve", token("ES256", {"kid": "p384"}))
    text = f"{header(alg='ES256', kid='p384')}.{b64(P)}"
    refused("a signature by a wrong curve", text + "." + b64(
        jwt.get_algorithm_by_name("ES384").sign(text.encode(), EC384)))
    refused("an EC key under RS256", token("RS256", {"kid": "ec"}))
    refused("a zero EC signature", ".".join(token("ES256").split(".")[:2]) + "." + b64(bytes(64)))
    refused("its own key in the header", token(head={"kid": "jwk", "jwk": jwk("jwk", STRANGER)}, key=STRANGER))
    refused("crit", raw(json.dumps({"alg": "RS256", "kid": "rsa", "crit": ["exp"]}).encode(), P))
    refused("b64 false", raw(json.dumps({"alg": "RS256", "kid": "rsa", "crit": ["b64"], "b64": False}).encode(), P))
    twice = P[:-1] + b', "sub": "bob"}'
    refused("a claim twice", raw(H, twice))
    refused("alg twice", raw(b'{"alg":"none","alg":"RS256","kid":"rsa"}', P))
    refused("claims that are a list", raw(H, b"[" + P + b"]"))
    refused("claims that are no JSON", raw(H, P[:-1]))
    refused("NUL in the subject", raw(H, json.dumps({**claims(), "sub": "al\0ice"}).encode()))
    refused("no subject", token(sub=None))
    refused("a subject with a blank", token(sub="al ice"))
    refused("a subject of 65 characters", token(sub="a" * 65))
    nested = b'{"x":' + b"[" * 2000 + b"]" * 2000 + b"," + P[1:]
    refused("nested", raw(H, nested))
    check("a little nested", ask(raw(H, b'{"x":' + b"[" * 50 + b"]" * 50 + b"," + P[1:])) == 200)
    refused("encrypted", "a.b.c.d.e")
    refused("padding", ".".join(p + "=" for p in token().split(".")))
    refused("two parts", "a.b")
    refused("only dots", "..")
    huge = ask(raw(H, json.dumps({**claims(), "x": "y" * 9000}).encode()))
    check("huge", huge in (401, 431), huge)
    refused("7,990 characters", "a." * 3995)
    check("the host still serves", ask(token()) == 200)

    # Roles and scopes.
    def may(path, listener="url", **more):
        return ask(token(**more), listener, path)

    check("without a role it is a customer", may("/metrics") == 403)
    check("a role of the list", may("/metrics", realm_access={"roles": ["x", "eyes"]}) == 200)
    check("another value is none", may("/metrics", realm_access={"roles": ["operator", "eyesore"]}) == 403)
    check("a role elsewhere is none", may("/metrics", roles=["boss"], role="operator") == 403)
    refused("no role where one is wanted", token(uid="alice"), "limited")
    customer = dict(uid="alice", role="customer")
    check("no scope is nothing", may("/api/v1/rentals", "limited", **customer) == 403)
    check("a scope", may("/api/v1/rentals", "limited", scope="openid rentals:read", **customer) == 200)
    check("scopes as a list", may("/api/v1/rentals", "limited", scope=["rentals:read"], **customer) == 200)
    check("another scope", may("/api/v1/rentals", "limited", scope="rentals", **customer) == 403)
    check("an empty scope is nothing", may("/api/v1/rentals", "limited", scope=" ", **customer) == 403)
    refused("scopes beyond all bounds", token(scope="a" * 600, **customer), "limited")
    check("own rentals only", may("/api/v1/rentals?user_id=bob") == 403)

    # A file that changes; one that others may write.
    fresh = rsa.generate_private_key(65537, 2048)
    write_keys(json.dumps({"keys": [jwk("fresh", fresh)]}), 0o644)
    until("the file is read again", lambda: ask(token(head={"kid": "fresh"}, key=fresh), "file") == 200)
    refused("a key that was withdrawn", token(), "file")
    for what, body, mode in (("no JSON", "{", 0o600), ("no keys", '{"keys": []}', 0o600),
                             ("others may write", json.dumps({"keys": [jwk("rsa", RSA)]}), 0o666),
                             ("others may read a secret", json.dumps({"keys": file_keys}), 0o644)):
        lines = open(f"{W}/log").read().count("stay as they were")
        write_keys(json.dumps({"keys": [jwk("fresh", fresh)]}), 0o644)
        until("no trouble", lambda: open(f"{W}/log").read().count("can be read again") >= lines)
        write_keys(body, mode)
        until(f"{what} is said", lambda: open(f"{W}/log").read().count("stay as they were") > lines)
        check(f"{what}: the keys stay", ask(token(head={"kid": "fresh"}, key=fresh), "file") == 200)

    # Rotation under load: each new key signs the moment it is published, and no request fails.
    stop, results, current = threading.Event(), [], [("rsa", RSA)]

    def load():
        while not stop.is_set():
            kid, key = current[0]
            results.append(ask(token(head={"kid": kid}, key=key)))

    threads = [threading.Thread(target=load) for _ in range(4)]
    for t in threads:
        t.start()
    asked = answer["asked"]
    for i in range(8):
        new = rsa.generate_private_key(65537, 2048)
        kept = [k for k in answer["keys"] if k["kid"] == current[0][0] or not k["kid"].startswith("turn")]
        answer["keys"] = kept + [jwk(f"turn{i}", new)]
        n = len(results)
        current[0] = (f"turn{i}", new)
        until("some requests with it", lambda: len(results) > n + 20)
    stop.set()
    for t in threads:
        t.join(60)
    check("keys rotate without a failed request", set(results) == {200}, set(results))
    check("many requests cause few fetches", answer["asked"] - asked <= 16, answer["asked"] - asked)

    # An issuer that is silent: what is known stays, and what is not is not refused for good.
    answer["status"] = 500
    check("known keys need no issuer", ask(token()) == 200)
    check("not now is not no", ask(token(head={"kid": "later"}, key=fresh)) == 503)
    answer["status"], answer["keys"] = 200, answer["keys"] + [jwk("later", fresh)]
    until("the issuer is back", lambda: ask(token(head={"kid": "later"}, key=fresh)) == 200)

    text = open(f"{W}/log").read()
    check("the log names who asked", "principal=alice" in text and "key_id=rsa" in text)
    check("no token is in the log", token().split(".")[1][:40] not in text and "eyJ" not in text)

    for what, old, new in (("an algorithm that is none", '"HS256", "RS256"', '"none"'),
                           ("a secret by url", '"RS256", "PS256"', '"HS256"'),
                           ("plain http to elsewhere", "http://127.0.0.1:", "http://127.0.0.1.example:"),
                           ("neither file nor url", f'file = "{W}/keys.json"; check = "20ms"; alg', "alg"),
                           ("a role that is none", "boss=operator", "boss=chief"),
                           ("no audience", f'audience = [ "other", "{AUDIENCE}" ];', "")):
        open(config, "w").write(conf.replace(old, new, 1))
        r = rentald("--check-config")
        check(f"--check-config refuses {what}", r.returncode == 78, r.stderr)
    open(config, "w").write(conf)
    check("--check-config accepts the rest", rentald("--check-config").returncode == 0)
finally:
    host.terminate()
    host.wait(60)
    log.close()
if failed:
    print(open(f"{W}/log").read()[-1500:], file=sys.stderr)
    sys.exit(f"jwt: {len(failed)} failed")
