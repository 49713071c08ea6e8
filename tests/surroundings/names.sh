#!/usr/bin/env bash
# names.sh BUILD SOURCE - names whose addresses are not what one thinks: localhost with two of them, and
# a service that moves to another address while the old one goes on answering.
source "$(dirname "$0")/lib.sh"

[[ ${NAMES_INSIDE:-} ]] || {
	unshare -m true 2>/dev/null || skip "no mount namespace can be had"
	status=0
	NAMES_INSIDE=1 unshare -m "$0" "$@"
	exit
}
hosts() { printf '%s\n' "$@" >"$work/hosts"; }
hosts '127.0.0.1 localhost'
mount --bind "$work/hosts" /etc/hosts || skip "/etc/hosts cannot be covered"

# ---- localhost is two addresses
hosts '::1 localhost' '127.0.0.1 localhost' '127.0.0.2 pay.test'
LOG_LEVEL=info API_LISTEN=localhost:${API_LISTEN#*:} "$build/rentald" --config=etc/demo.conf \
	>>"$work/log" 2>&1 &
host=$!
pids+=("$host")
until_ok 20 grep -qs 'msg=started' "$work/log" || complain "it does not start on localhost"
says "$work/log" 'msg=listening .*name=api addr="?(\[::1\]|127.0.0.1):[0-9]+"? port=[0-9]+ not_on=(127.0.0.1|::1)'
says "$work/log" 'msg=listening .*name=stubs addr=127.0.0.1:[0-9]+ port=[0-9]+$'
down

# ---- the provider moves
: >"$work/log"
STUBS_LISTEN=127.0.0.2:${STUBS_LISTEN#*:}
STUBS_URL=http://$STUBS_LISTEN
lives=()
for upstream in station tariff profile configs; do
	lives+=("--set=instances.catalog.options.$upstream.max_life=${NAMES_MAX_LIFE:-2s}")
done
up "--set=instances.catalog.options.url=http://pay.test:${STUBS_LISTEN#*:}" '--set=instances.catalog.options.insecure=true' '--set=listeners.stubs.hosts=*' "${lives[@]}"
quote() { post rentals/quote '{"user_id":"u","station_id":"some-station-id"}'; }
is "a quote before the move" "$(quote)" 200
# Nobody listens on 127.0.0.3: that a call fails shows that it goes there, while the old address goes on
# answering, and the connection to it, never idle for long, would be kept for ever.
hosts '127.0.0.1 localhost' '127.0.0.3 pay.test'
moved() {
	sleep 0.3
	[[ $(quote) == 503 ]]
}
until_ok 80 moved || complain "the old address is still called"
answers "$STUBS_URL/admin/status" || complain "the old address had gone"
down
