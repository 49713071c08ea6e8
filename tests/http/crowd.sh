#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# crowd.sh BUILD SOURCE - one client with thousands of connections, and one with a flood of requests, take
# nothing from another: its health and its requests are answered while they last.
# shellcheck source=tests/http/lib.sh
. "$(dirname "$(readlink -f "$0")")/lib.sh"
cd "$work"
chmod 0755 "$work"
ulimit -n "$(ulimit -Hn)"
export API_LISTEN=127.0.0.1:$(port) STUBS_LISTEN=127.0.0.1:$(port) STATE_DIR=$work
export STUBS_URL=http://$STUBS_LISTEN
cd "$source"
"$build/rentald" --config=etc/demo.conf --set=listeners.api.limit.rate=20 --set=listeners.api.limit.burst=20 --set=listeners.api.connections_per_client=2000 \
	--set=log.level=warn 2>"$work/demo.log" &
pids+=($!)
until_true 30 curl -sf "http://$API_LISTEN/api/v1/health/ready"
cat >"$work/crowd.py" <<-'END'
	import http.client, socket, sys, threading, time
	port = int(sys.argv[1])
	def connect(source):
	    s = socket.socket()
	    s.bind((source, 0))
	    s.settimeout(20)
	    s.connect(("127.0.0.1", port))
	    return s
	def ask(path, source="127.0.0.2"):
	    c = http.client.HTTPConnection("127.0.0.1", port, timeout=20, source_address=(source, 0))
	    began = time.monotonic()
	    c.request("GET", path)
	    r = c.getresponse()
	    r.read()
	    c.close()
	    return r.status, time.monotonic() - began
	def slowest(n):
	    took = []
	    for _ in range(n):
	        for path, wanted in (("/api/v1/health", 200), ("/api/v1/rentals/none/status", 404)):
	            status, t = ask(path)
	            assert status in (wanted, 429 if path != "/api/v1/health" else wanted), (path, status)
	            took.append(t)
	        time.sleep(0.1)
	    return max(took)
	quiet = slowest(10)
	crowd = []
	for i in range(int(sys.argv[2])):
	    try:
	        s = connect("127.0.0.1")
	        s.send(b"GET /api/v1/health HTTP/1.1\r\nHost: localhost\r\nA")
	        crowd.append(s)
	    except OSError:
	        pass
	held = slowest(10)
	_, text = None, b""
	for s in crowd:
	    s.close()
	ends, counts = [False], {}
	def flood():
	    while not ends[0]:
	        try:
	            status, _ = ask("/api/v1/rentals/none/status", "127.0.0.1")
	            counts[status] = counts.get(status, 0) + 1
	        except OSError:
	            pass
	threads = [threading.Thread(target=flood) for _ in range(8)]
	for t in threads: t.start()
	flooded = slowest(10)
	ends[0] = True
	for t in threads: t.join()
	print(f"slowest answer: alone {quiet:.3f} s, beside {len(crowd)} connections {held:.3f} s, beside a flood "
	      f"{flooded:.3f} s; the flood got {counts}")
	# The machine may be slow and busy; what waited behind the crowd would wait for its deadlines.
	assert held < 5 and flooded < 5, "another client waits"
	assert counts.get(429, 0) > counts.get(404, 0), "the flood is served"
END
python3 "$work/crowd.py" "${API_LISTEN#*:}" "$(($(ulimit -n) > 6000 ? 5000 : $(ulimit -n) / 2))" || die 'the crowd is in the way'
curl -s "http://$API_LISTEN/metrics?family=rentald_limited_total" | tee "$work/limited" | grep -q 'what="connections"' ||
	[[ $(ulimit -n) -lt 6000 ]] || die 'no connection was refused'
grep -q 'what="address"' "$work/limited" || die 'no request was refused'

# Nobody has said how many requests of one client may wait: a half of what the connections can bring.
kill "${pids[0]}" && wait "${pids[0]}" || die 'it does not end well'
"$build/rentald" --config=etc/demo.conf --set=listeners.api.max_connections=6 --set=listeners.api.trusted_proxies=127.0.0.1 \
	--set=log.level=warn 2>"$work/waiting.log" &
pids=($!)
until_true 30 curl -sf "http://$API_LISTEN/api/v1/health/ready"
post -f -d '{"endpoint": "*", "latency_ms": 3000}' "$STUBS_URL/admin/settings" >"$work/settings"
quotes=()
for n in 1 2 3 4 5; do
	post -o "$work/quote" -w '%{http_code}\n' -H 'X-Forwarded-For: 203.0.113.1' -d "{\"station_id\": \"old-town-hall\", \"user_id\": \"u$n\"}" \
		"http://$API_LISTEN/api/v1/rentals/quote" >"$work/quote.$n" &
	quotes+=($!)
done
wait "${quotes[@]}"
[[ $(cat "$work"/quote.? | sort | uniq -c | tr -d ' ' | paste -sd' ') == *'1429'* ]] ||
	die "of five requests of one client on six connections: $(cat "$work"/quote.? | paste -sd' ')"
