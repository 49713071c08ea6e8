#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# listeners.sh BUILD SOURCE - what a listener is reached by: unix sockets, names, TLS with certificates that
# are renewed while it serves, client certificates, and which routes of the host it shows.
# shellcheck source=tests/http/lib.sh
. "$(dirname "$(readlink -f "$0")")/lib.sh"

cd "$work"
chmod 0755 "$work"
api=$(port) inner=$(port) secure=$(port) closed=$(port)
for who in authority stranger; do
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "/CN=$who" \
		-keyout "$who.key" -out "$who.pem" 2>/dev/null
done
# certificate NAME AUTHORITY [EXTENSION]: NAME.pem and NAME.key
certificate() {
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/O=Rent/CN=$1" \
		-keyout "$1.key" -out "$1.csr" 2>/dev/null
	openssl x509 -req -in "$1.csr" -CA "$2.pem" -CAkey "$2.key" -CAcreateserial -days 2 \
		-extfile <(printf 'subjectAltName=IP:127.0.0.1\n%s\n' "${3-}") -out "$1.pem" 2>/dev/null
}
certificate first authority
certificate second authority
certificate gateway authority
certificate intruder stranger
certificate shop authority extendedKeyUsage=serverAuth
certificate partner authority extendedKeyUsage=clientAuth
cp first.pem served.pem
cp first.key served.key

cat >listeners.conf <<-END
	service = "listeners";
	listeners = (
	  { name = "api"; listen = "127.0.0.1:$api"; system = [ "live" ]; },
	  { name = "inner"; listen = "127.0.0.1:$inner"; system = true; hosts = [ "inner.example", "*" ]; },
	  { name = "socket"; listen = "unix:$work/inner.sock"; mode = "0600"; system = true; hosts = [ "rent.example" ]; },
	  { name = "secure"; listen = "127.0.0.1:$secure"; system = [ "live", "metrics", "events" ]; hosts = [ "127.0.0.1" ];
	    tls = { certificate = "$work/served.pem"; key = "$work/served.key"; }; },
	  { name = "closed"; listen = "127.0.0.1:$closed"; system = [ "live" ];
	    tls = { certificate = "$work/served.pem"; key = "$work/served.key"; client_ca = "$work/authority.pem"; }; }
	);
END
host served listeners.conf
pid=${pids[0]}
until_true 20 curl -s "http://127.0.0.1:$api/api/v1/health"

status() { curl -s -m 10 -o /dev/null -w '%{http_code}' "$@" || true; }
# expect STATUS WHAT CURL-ARGUMENTS…
expect() {
	local wanted=$1 what=$2 got
	shift 2
	got=$(status "$@")
	[[ $got == "$wanted" ]] || die "$what: $got, not $wanted"
}

# The routes of the host that each shows.
for path in /metrics /api/v1/health/ready /api/v1/health/circuit-breakers /api/v1/system /api/v1/events; do
	expect 404 "$path of a public listener" "http://127.0.0.1:$api$path"
	[[ $path == /api/v1/events ]] || expect 200 "$path of an inner one" "http://127.0.0.1:$inner$path"
done
expect 200 'metrics alone' --cacert authority.pem "https://127.0.0.1:$secure/metrics"
expect 404 'what is not named' --cacert authority.pem "https://127.0.0.1:$secure/api/v1/system"

# Names: a page of another name cannot use this machine's.
expect 421 'a name of somebody else' -H 'Host: attacker.example' "http://127.0.0.1:$api/api/v1/health"
expect 421 'a name in the target' --request-target 'http://internal.example/api/v1/health' "http://127.0.0.1:$api/"
for name in localhost "LOCALHOST.:$api" 127.0.0.9 '[::1]:80' page.localhost; do
	expect 200 "the local name $name" -H "Host: $name" "http://127.0.0.1:$api/api/v1/health"
done
expect 421 'a name that begins like a local one' -H 'Host: localhost.attacker.example' "http://127.0.0.1:$api/api/v1/health"
expect 200 'any name' -H 'Host: attacker.example' "http://127.0.0.1:$inner/api/v1/health"
expect 421 'a name that is not listed' --cacert authority.pem -H 'Host: localhost' "https://127.0.0.1:$secure/api/v1/health"

# A unix socket: its mode, its peer, one owner at a time, and what a dead process left.
[[ $(stat -c %a inner.sock) == 600 ]] || die "the socket's mode is $(stat -c %a inner.sock)"
expect 200 'a unix socket' --unix-socket inner.sock http://localhost/api/v1/health/ready
expect 200 'a name of its list' --unix-socket inner.sock http://rent.example/api/v1/health
expect 421 'another name' --unix-socket inner.sock http://attacker.example/api/v1/health
grep -q "peer=\"\?uid:$(id -u)" served.log || die 'the access line does not say who called'
cat >second.conf <<-END
	listeners = ( { name = "socket"; listen = "unix:$work/inner.sock"; } );
END
"$build/rentald" --config=second.conf >second.out 2>&1 && die 'two processes have one socket'
grep -q 'Address already in use' second.out || die "a taken socket: $(cat second.out)"

# TLS: 1.2 and later; renewed without a lost request.
expect 200 'TLS' --cacert authority.pem "https://127.0.0.1:$secure/api/v1/health"
expect 200 'TLS 1.2' --tlsv1.2 --tls-max 1.2 --cacert authority.pem "https://127.0.0.1:$secure/api/v1/health"
expect 000 'TLS 1.1' --tls-max 1.1 --ciphers 'DEFAULT@SECLEVEL=0' --cacert authority.pem "https://127.0.0.1:$secure/api/v1/health"
expect 000 'no TLS' "http://127.0.0.1:$secure/api/v1/health"
subject() { openssl s_client -connect "127.0.0.1:$secure" </dev/null 2>/dev/null | sed -n 's/^subject=//p'; }
[[ $(subject) == *first ]] || die "the certificate at first: $(subject)"
cat >under_load.py <<-'END'
	import http.client, ssl, sys, threading, time
	port, ends, lost, done = int(sys.argv[1]), [False], [], [0]
	def ask(kept):
	    context = ssl.create_default_context(cafile="authority.pem")
	    conn = None
	    while not ends[0]:
	        try:
	            if conn is None or not kept:
	                conn = http.client.HTTPSConnection("127.0.0.1", port, context=context, timeout=30)
	            conn.request("GET", "/api/v1/health")
	            reply = conn.getresponse()
	            reply.read()
	            if reply.status != 200:
	                lost.append(reply.status)
	            done[0] += 1
	        except Exception as e:
	            lost.append(repr(e))
	            conn = None
	threads = [threading.Thread(target=ask, args=(i % 2 == 0,)) for i in range(4)]
	for t in threads: t.start()
	print("begun", flush=True)
	sys.stdin.readline()
	ends[0] = True
	for t in threads: t.join()
	print(done[0], "requests,", len(lost), "lost", lost[:3])
	sys.exit(1 if lost or not done[0] else 0)
END
# A connection that is kept over a renewal gets an answer more, and no further one.
cat >kept.py <<-'END'
	import http.client, ssl, sys
	conn = http.client.HTTPSConnection("127.0.0.1", int(sys.argv[1]), timeout=30,
	                                   context=ssl.create_default_context(cafile="authority.pem"))
	def ask():
	    conn.request("GET", "/api/v1/health")
	    name = dict(x[0] for x in conn.sock.getpeercert()["subject"])["commonName"]
	    reply = conn.getresponse()
	    reply.read()
	    return reply.status, reply.getheader("Connection", "").lower() == "close", name
	def expect(*wanted):
	    got = ask()
	    if got != wanted:
	        sys.exit(f"{got}, not {wanted}")
	expect(200, False, "first")
	expect(200, False, "first")
	print("begun", flush=True)
	sys.stdin.readline()
	expect(200, True, "first")
	expect(200, False, "second")
	expect(200, False, "second")
END
# A stream of events lives while nothing is renewed, and ends with what it began under.
curl -sN --cacert authority.pem "https://127.0.0.1:$secure/api/v1/events" >stream.out &
stream=$! kept='' load=''
# These end with the test, too, which may be before anybody tells them to.
trap 'kill "${pids[@]}" $stream $kept $load 2>/dev/null || true; wait; rm -rf "$work"' EXIT
until_true 20 grep -q hello stream.out
kill -HUP "$pid"
until_true 20 grep -q 'configuration reloaded' served.log
mkfifo on
python3 kept.py "$secure" <on >kept.out 2>&1 &
kept=$!
exec 8>on
until_true 30 grep -q begun kept.out
mkfifo go
python3 under_load.py "$secure" <go >load.out 2>&1 &
load=$!
exec 9>go
until_true 30 grep -q begun load.out
for who in second first second first second; do
	# As a client of ACME does it: a new file in the place of the old one.
	cp "$who.pem" next.pem && cp "$who.key" next.key
	mv next.key served.key && mv next.pem served.pem
	[[ -z $kept ]] || kill -0 "$stream" || die 'a stream ended, and nothing was renewed'
	kill -HUP "$pid"
	renewed() { [[ $(subject) == *"$who" ]]; }
	until_true 20 renewed
	[[ $kept ]] || continue
	echo >&8
	exec 8>&-
	wait "$kept" || die "a connection that was kept: $(cat kept.out)"
	stream_ended() { ! kill -0 "$stream"; }
	until_true 30 stream_ended
	stream=
	kept=
done
echo >&9
exec 9>&-
wait "$load" || die "requests while certificates are renewed: $(cat load.out)"
load=
cp first.pem served.pem # it does not belong to the second's key
kill -HUP "$pid"
until_true 20 grep -q 'the certificate before stays in force' served.log
[[ $(subject) == *second ]] || die "after a refused certificate: $(subject)"
cp second.pem served.pem

# Client certificates: of this authority and of no other.
closed_url="https://127.0.0.1:$closed/api/v1/health"
expect 403 'no certificate' --cacert authority.pem "$closed_url"
expect 403 "a stranger's certificate" --cacert authority.pem --cert intruder.pem --key intruder.key "$closed_url"
expect 403 "a server's certificate" --cacert authority.pem --cert shop.pem --key shop.key "$closed_url"
expect 200 "a client's certificate" --cacert authority.pem --cert partner.pem --key partner.key "$closed_url"
expect 200 'a certificate' --cacert authority.pem --cert gateway.pem --key gateway.key "$closed_url"

# --health through a unix socket, where there is nothing else without TLS.
cat >only.conf <<-END
	listeners = ( { name = "a"; listen = "unix:$work/only.sock"; system = [ "readiness" ]; hosts = [ "rent.example" ]; },
	  { name = "b"; listen = "127.0.0.1:$(port)"; system = true;
	    tls = { certificate = "$work/served.pem"; key = "$work/served.key"; }; } );
END
! "$build/rentald" --config=only.conf --health >health.out 2>&1 || die 'nobody is healthy before it is started'
host only only.conf
until_true 20 "$build/rentald" --config=only.conf --health -q
"$build/rentald" --config=only.conf --health | grep -q "only.sock: ready" || die '--health does not name the socket'
kill "${pids[1]}"
wait "${pids[1]}" || die 'the one with a socket alone does not end with 0'
pids=("$pid")

# Mistakes in one run.
cat >wrong.conf <<-END
	listeners = ( { name = "a"; listen = "127.0.0.1:0"; system = [ "life" ]; mode = "9"; tls = { key = "x"; }; },
	  { name = "b"; listen = "unix:here"; } );
END
"$build/rentald" --config=wrong.conf --check-config >wrong.out 2>&1 && die 'mistakes pass'
for said in "'life' is not known" 'tls.certificate: is missing' "'unix:here' is no address" 'mode'; do
	grep -q -- "$said" wrong.out || die "not said: $said"$'\n'"$(cat wrong.out)"
done

# A dead process leaves its socket; the next one takes it over, and removes it at its end.
kill -KILL "$pid"
wait "$pid" 2>/dev/null || true
[[ -S inner.sock ]] || die 'there is no socket to take over'
host again listeners.conf
pids=("${pids[1]}")
until_true 20 curl -s --unix-socket inner.sock http://localhost/api/v1/health
kill "${pids[0]}"
wait "${pids[0]}" || die 'it does not end with 0'
pids=()
[[ ! -e inner.sock ]] || die 'the socket is left'
