#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# tls.sh BUILD - a service behind TLS: its certificate counts only by the authority that `ca`
# names, it sees the certificate of `cert` and `key`, and a proxy is used where one is named.
set -euo pipefail
build=$1 work=$(mktemp -d) server='' status=0
stop() { [[ -z $server ]] || { kill "$server" && wait "$server"; } 2>/dev/null || true; }
trap 'stop; rm -rf "$work"' EXIT
cd "$work"

complain() { echo "tls: $*" >&2 && status=1; }
free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

for who in authority stranger; do
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "/CN=$who" \
		-keyout "$who.key" -out "$who.pem" 2>/dev/null
done
for who in server client; do
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$who" \
		-keyout "$who.key" -out "$who.csr" 2>/dev/null
	openssl x509 -req -in "$who.csr" -CA authority.pem -CAkey authority.key -CAcreateserial -days 2 \
		-extfile <(echo 'subjectAltName=IP:127.0.0.1') -out "$who.pem" 2>/dev/null
done
port=$(free_port)
openssl s_server -accept "127.0.0.1:$port" -cert server.pem -key server.key -CAfile authority.pem \
	-Verify 1 -verify_return_error -www -quiet >server.log 2>&1 &
server=$!
for _ in {1..100}; do
	! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
	sleep 0.05
done

# reach OPTIONS: what --check-connections says of the service with these options of its upstream.
reach() {
	cat >tls.conf <<-END
		service = "tls";
		instances = ( { name = "pay"; plugin = "payment_http"; options = {
		  url = "https://127.0.0.1:$port"; payment = { tries = 1; timeout = "5s"; $1 }; }; } );
	END
	timeout 30 "$build/rentald" --config=tls.conf --check-connections >out 2>&1
}
good='cert = "client.pem"; key = "client.key";'
reach "ca = \"authority.pem\"; $good" || complain "the right certificates: $(<out)"
! reach "$good" || complain "the system's authorities accept a stranger: $(<out)"
! reach "ca = \"stranger.pem\"; $good" || complain "another authority accepts it: $(<out)"
! reach 'ca = "authority.pem";' || complain "the service took us without a certificate: $(<out)"
! reach 'ca = "no-such-file.pem";' || complain "a file that is not there is taken"
grep -q "no-such-file.pem.*No such file" out || complain "no word of the file that is not there: $(<out)"
! reach 'key = "client.key";' || complain "a key without its certificate is taken"
! reach "ca = \"authority.pem\"; $good proxy = \"http://127.0.0.1:1\";" ||
	complain "a proxy that is not there is passed by: $(<out)"
https_proxy=http://127.0.0.1:1 reach "ca = \"authority.pem\"; $good" ||
	complain "the environment's proxy is asked: $(<out)"
exit $status
