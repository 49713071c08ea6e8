#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# auth_ways.sh BUILD SOURCE - who asks, by what a real listener knows of its peer: the user at the other end
# of a unix socket, a client certificate, a gateway that signs.
# shellcheck source=tests/http/lib.sh
. "$(dirname "$(readlink -f "$0")")/lib.sh"

cd "$work"
chmod 0755 "$work"
tls=$(port) proxied=$(port)
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=authority \
	-keyout authority.key -out authority.pem 2>/dev/null
for who in server gateway scraper visitor; do
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/O=Rent/CN=$who" \
		-keyout "$who.key" -out "$who.csr" 2>/dev/null
	openssl x509 -req -in "$who.csr" -CA authority.pem -CAkey authority.key -CAcreateserial -days 2 \
		-extfile <(echo 'subjectAltName=IP:127.0.0.1') -out "$who.pem" 2>/dev/null
done
hash=$(openssl x509 -in scraper.pem -outform DER | sha256sum | cut -d' ' -f1)
secret=$(openssl rand -hex 32)
echo -n "$secret" >secret
chmod 0600 secret
cat >ways.conf <<-END
	service = "ways";
	plugin_dir = "$build/plugins";
	listeners = (
	  { name = "socket"; listen = "unix:$work/inner.sock"; mode = "0666"; system = true; auth = [ "peer" ]; },
	  { name = "tls"; listen = "127.0.0.1:$tls"; system = true; auth = [ "cert", "peer" ];
	    tls = { certificate = "$work/server.pem"; key = "$work/server.key"; client_ca = "$work/authority.pem"; }; },
	  { name = "proxied"; listen = "127.0.0.1:$proxied"; system = true; auth = [ "proxy" ]; }
	);
	instances = (
	  { name = "peer"; plugin = "auth_peer"; options = { users = [ "operator chief $(id -u)" ]; }; },
	  { name = "cert"; plugin = "auth_cert"; options = { certificates = [
	    "service gateway CN=gateway,O=Rent", "viewer scraper sha256:$hash" ]; }; },
	  { name = "proxy"; plugin = "auth_proxy"; options = {
	    secret = "\${file:$work/secret}"; proxies = [ "127.0.0.1" ]; roles = [ "viewer", "customer" ]; }; }
	);
END
host served ways.conf
until_true 20 curl -s "http://127.0.0.1:$proxied/api/v1/health"

# expect STATUS WHAT CURL-ARGUMENTS…
expect() {
	local wanted=$1 what=$2 got
	shift 2
	got=$(curl -s -m 10 -o /dev/null -w '%{http_code}' "$@" || true)
	[[ $got == "$wanted" ]] || die "$what: $got, not $wanted"
}

# The user at the other end.
expect 200 'our own user' --unix-socket inner.sock http://localhost/api/v1/system
if ((EUID == 0)) && id nobody >/dev/null 2>&1; then
	got=$(setpriv --reuid=nobody --regid="$(id -g nobody)" --clear-groups curl -s -m 10 -o /dev/null -w '%{http_code}' \
		--unix-socket inner.sock http://localhost/api/v1/system || true)
	[[ $got == 401 ]] || die "another user: $got, not 401"
fi
until_true 10 grep -q 'principal=chief role=operator' served.log

# A certificate.
for who in gateway scraper visitor; do
	reply=200
	[[ $who != visitor ]] || reply=401
	expect "$reply" "the certificate of $who" --cacert authority.pem --cert "$who.pem" --key "$who.key" \
		"https://127.0.0.1:$tls/metrics"
done
expect 403 'a service may not see the configuration' --cacert authority.pem --cert gateway.pem --key gateway.key \
	"https://127.0.0.1:$tls/api/v1/system"
expect 200 'a viewer may' --cacert authority.pem --cert scraper.pem --key scraper.key "https://127.0.0.1:$tls/api/v1/system"

# signed USER ROLE PATH [TIME [QUERY]]: sets `head` to what a gateway adds.
signed() {
	local time=${4:-$(date +%s)} mac nothing
	nothing=$(sha256sum </dev/null | cut -d' ' -f1)
	mac=$(printf 'v2\n%s\n%s\n%s\nGET\n%s\n%s\n%s' "$time" "$2" "$1" "$3" "${5-}" "$nothing" |
		openssl dgst -sha256 -hmac "$secret" -r | cut -d' ' -f1)
	head=(-H "X-Auth-User: $1" -H "X-Auth-Role: $2" -H "X-Auth-Time: $time" -H "X-Auth-Signature: $mac")
}
url=http://127.0.0.1:$proxied
expect 401 'nobody' "$url/metrics"
expect 401 'what nobody signed' -H 'X-Auth-User: victor' -H 'X-Auth-Role: viewer' "$url/metrics"
signed victor viewer /metrics
expect 200 'what the gateway signed' "${head[@]}" "$url/metrics"
expect 401 'the same with a query' "${head[@]}" "$url/metrics?family=rentald_limited_total"
expect 401 'the same with a body' -X GET -d x "${head[@]}" "$url/metrics"
for twice in "${head[@]}"; do
	[[ $twice == -H ]] || expect 400 "twice: ${twice%%:*}" -H "$twice" "${head[@]}" "$url/metrics"
done
signed victor viewer /metrics '' family=rentald_limited_total
expect 200 'a query that is signed' "${head[@]}" "$url/metrics?family=rentald%5Flimited_total"
signed victor viewer /metrics
expect 401 'on another path' "${head[@]}" "$url/api/v1/system"
expect 401 'from another address' --interface 127.0.0.2 "${head[@]}" "$url/metrics"
signed alice customer /metrics
expect 403 'a customer' "${head[@]}" "$url/metrics"
signed victor viewer /metrics $(($(date +%s) - 3600))
expect 401 'of an hour ago' "${head[@]}" "$url/metrics"
signed victor operator /metrics
expect 401 'a role that it may not give' "${head[@]}" "$url/metrics"
! grep -q "$secret" served.log || die 'the secret is in the log'
! "$build/rentald" --config=ways.conf --dump-config | grep -q "$secret" || die 'the secret is shown'
