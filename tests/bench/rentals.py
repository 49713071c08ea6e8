#!/usr/bin/env python3
"""rentals.py DATABASE STUBS CALLBACK_KEY COUNT CABINETS LIST - COUNT running rentals at the stubs' cabinet
cloud, an hour old, in COUNT / CABINETS orders a cabinet: the orders are made, the powerbanks come out, and the
rentals are written into a migrated SQLite database. With LIST the powerbanks are put back too, without a
report, and LIST gets a line for each report that a service would send: ORDER_ID PATH BODY. For the benchmarks."""
import hashlib, hmac, http.client, json, sqlite3, sys, time, uuid

database, stubs, key, count, cabinets, listing = (sys.argv[1:] + [""])[:6]
cloud = http.client.HTTPConnection(stubs)


def call(method, path, body=None):
    cloud.request(method, path, body and json.dumps(body), {"Content-Type": "application/json"})
    reply = cloud.getresponse()
    text = reply.read()
    if reply.status != 200:
        sys.exit(f"rentals: {method} {path}: {reply.status} {text[:200]!r}")
    return json.loads(text)


call("POST", "/admin/cloud", {"callbacks": 0, "pushes": 0})
db = sqlite3.connect(database)
now = int(time.time() * 1e6)
started = time.strftime("%Y-%m-%d %H:%M:%S.000000", time.gmtime(now / 1e6 - 3600))
lines = []
for i in range(int(count)):
    rental, eject = str(uuid.uuid4()), str(uuid.uuid4())
    station = f"cabinet-{i % int(cabinets)}"
    trade = call("POST", f"/cdb-open-api/v1/rent/order/create?deviceId={station}")["data"]["tradeNo"]
    bank = call("GET", f"/cdb-open-api/v1/rent/order/detail?tradeNo={trade}")["data"]["batteryId"]
    if listing:
        call("POST", "/admin/return-powerbank", {"powerbank_id": bank, "station_id": station})
        token = hmac.new(key.encode(), eject.encode(), hashlib.sha256).hexdigest()
        lines.append(f"{rental} /hooks/cabinets/{eject}.{token} tradeNo={trade}&status=2&deviceId={station}&batteryId={bank}\n")
    db.execute(
        "INSERT INTO rentals (id, user_id, station_id, powerbank_id, price_per_hour, free_period_min, deposit, status,"
        " started_at, created_at, version, provider, station_instance, station_plugin)"
        " VALUES (?, ?, ?, ?, 60, 0, 0, 'ACTIVE', ?, ?, 1, 'payment', 'cabinets', 'station_chargenow')",
        (rental, f"user-{i}", station, bank, started, started))
    db.execute(
        "INSERT INTO operations (id, rental_id, kind, purpose, state, amount, ref, result, created_at, resolved_at)"
        " VALUES (?, ?, 'eject', 'start', 'SUCCEEDED', 0, ?, ?, ?, ?)",
        (eject, rental, trade, bank, now - 3600_000_000, now - 3599_000_000))
db.commit()
if listing:
    with open(listing, "w") as file:
        file.writelines(lines)
