#!/usr/bin/env bash
# webhooks_out.sh BUILD SOURCE - another system is told of rentals: signed, in order, once the host and the
# receiver live again, and never under another id. The receiver checks signatures with the library
# standardwebhooks.
# shellcheck source=tests/http/lib.sh
. "$2/tests/http/lib.sh"

stubs=127.0.0.1:$(port) api=127.0.0.1:$(port) shop=$(port)
new=whsec_$(openssl rand -base64 32) old=whsec_$(openssl rand -base64 32)
cat >"$work/stubs.conf" <<-END
	service = "stubs";
	listeners = ( { name = "stubs"; listen = "$stubs"; routes = [ "stubs" ]; } );
	instances = ( { name = "stubs"; plugin = "stubs"; options = { data = "stubs/city.json"; }; } );
END
# configuration NAME FIRST_WAIT TRIES MORE: of a host that tells the shop; MORE are its further instances
configuration() {
	cat >"$work/$1.conf" <<-END
		service = "rental-core";
		listeners = ( { name = "api"; listen = "$api"; routes = [ "api" ]; system = true; } );
		instances = (
			{ name = "main"; plugin = "storage_sqlite"; options = { path = "$work/rentald.db"; }; },
			{ name = "catalog"; plugin = "catalog_http"; options = { url = "http://$stubs"; }; },
			{ name = "station"; plugin = "station_http"; options = { url = "http://$stubs"; }; },
			{ name = "payment"; plugin = "payment_http"; options = { url = "http://$stubs"; }; },
			{ name = "core"; plugin = "rental_core"; options = { outbox = [ "shop" ]; resolve_base = "500ms"; };
			  uses = { storage = "main"; catalog = "catalog"; station = "station"; payment = "payment"; }; },
			{ name = "api"; plugin = "http_api"; uses = { rental = "core"; }; },
			{ name = "billing"; plugin = "billing"; uses = { rental = "core"; }; options = { tick = "1s"; recovery_interval = "1s"; }; }
			$2
		);
	END
}
# shop FIRST_WAIT TRIES: the instance
shop() {
	echo ", { name = \"shop\"; plugin = \"webhooks_out\"; uses = { storage = \"main\"; }; options = {
		url = \"http://127.0.0.1:$shop/hooks/rentals?from=us\"; secret = \"\${file:$work/secret}\"; secret_previous = \"\${file:$work/previous}\";
		poll = \"100ms\"; first_wait = \"$1\"; tries = $2; endpoint = { timeout = \"500ms\"; breaker_failures = 1000; }; }; }"
}
configuration silent ''
configuration telling "$(shop 20ms 10)"
configuration hasty "$(shop 5ms 2)"
echo "$new" >"$work/secret"
: >"$work/previous"
chmod 600 "$work/secret" "$work/previous"

word=$work/word rentals=0
receiver() { echo "$1" >"$word.new" && mv "$word.new" "$word"; }
# begin NAME: the host; it is the last process
begin() {
	host "$1" "$work/$1.conf"
	until_true 20 curl -sf -m 2 "http://$api/api/v1/health/ready"
}
# end SIGNAL
end() {
	kill "-$1" "${pids[-1]}"
	wait "${pids[-1]}" || true
	unset 'pids[-1]'
}
stations=(airport-hall-a city-library polytech stadium-east)
rental() { # rental KEY: a whole one; its id is in $order
	local quote station=${stations[$((++rentals % 4))]}
	quote=$(post -d "{\"station_id\": \"$station\", \"user_id\": \"u1\"}" "http://$api/api/v1/rentals/quote" | jq -r .quote_id)
	order=$(post -H "Idempotency-Key: $1" -d "{\"quote_id\": \"$quote\"}" "http://$api/api/v1/rentals/start" | jq -r .order_id)
	post -d "{\"station_id\": \"$station\"}" "http://$api/api/v1/rentals/$order/stop" | jq -e .status >/dev/null
}
# types: what was told of the rental, in the order it was accepted
types() { jq -rs --arg order "$order" '[.[] | select(.data.order_id == $order and .answer == "ok") | .type] | join(" ")' "$word.log"; }
told() { [[ $(types) == "$1" ]]; }
ids() { jq -rs --arg order "$order" '[.[] | select(.data.order_id == $order and .type == "'"$1"'") | .id] | unique | length' "$word.log"; }
tries() { jq -rs --arg order "$order" '[.[] | select(.data.order_id == $order and .type == "'"$1"'")] | length' "$word.log"; }
whole='rental.started rental.ended settlement.done'
open() { "$build/rentald" --config="$work/telling.conf" --format=json outbox list --state="$1" | jq -s 'length'; }
is_open() { [[ $(open "$1") == "$2" ]]; }
receiving() {
	"$source/.venv/bin/python" tests/http/webhook_receiver.py "$shop" "$word" "$new" 2>"$work/receiver.log" &
	shop_pid=$!
	pids=("$shop_pid" "${pids[@]}")
	until_true 20 curl -s -m 2 -o /dev/null "http://127.0.0.1:$shop/"
}

host stubs "$work/stubs.conf"
receiver ok
: >"$word.log"
receiving

# Recorded by a host that tells nobody, and killed at once: the next one tells.
begin silent
rental k1
end KILL
is_open OPEN 3 || die "in the outbox: $("$build/rentald" --config="$work/telling.conf" outbox list --state=all)"
begin telling
until_true 20 told "$whole"
jq -es --arg order "$order" '.[0] | .verified and .path == "/hooks/rentals?from=us" and .size < 20000 and .data.powerbank_id != null and
	(.timestamp | test("^[0-9]{4}-.*Z$")) and .data.user_id == "u1" and .data.status == "ACTIVE"' "$word.log" >/dev/null || die "what it is told: $(cat "$word.log")"

# A receiver that fails, is slow, dies in the middle, is not there: in the end it has everything, in order, and
# every try of a message has its id.
for how in fails dies slow busy; do
	receiver "$how"
	rental "$how"
	tried() { [[ $(tries rental.started) -ge ${1:-2} ]]; }
	until_true 20 tried
	[[ $(tries rental.ended) == 0 ]] || die "$how: the second message before the first: $(cat "$word.log")"
	receiver ok
	until_true 60 told "$whole"
	[[ $(ids rental.started) == 1 && $(tries rental.started) -ge 2 ]] || die "$how: the ids: $(cat "$word.log")"
done
kill "$shop_pid"
wait "$shop_pid" || true
rental away
until_true 20 is_open OPEN 3
receiving
until_true 60 told "$whole"

# The host is killed while the receiver thinks: the message comes again, under its id.
receiver slow
rental killed
until_true 20 tried 1
end KILL
receiver ok
begin telling
until_true 60 told "$whole"
[[ $(ids rental.started) == 1 && $(tries rental.started) == 2 ]] || die "after a kill: $(cat "$word.log")"

# Another secret: the old one signs as well while the receiver changes over.
echo "$old" >"$work/previous"
kill -HUP "${pids[-1]}"
rotated() { rental "rotated-$SECONDS-$RANDOM" && until_true 20 told "$whole" && [[ $(tail -n 1 "$word.log" | jq .signatures) == 2 ]]; }
until_true 20 rotated
mv "$work/secret" "$work/newest"
mv "$work/previous" "$work/secret"
mv "$work/newest" "$work/previous"
kill -HUP "${pids[-1]}"
rotated || die "signed with both: $(tail -n 1 "$word.log")"
jq -es 'all(.verified)' "$word.log" >/dev/null || die "not every signature was good"

# Gone: nothing more is sent, nothing is lost, and the health says so.
receiver gone
rental gone
tried_once() { grep -q 'answers 410' "$work/telling.log"; }
until_true 20 tried_once
sleep 1
[[ $(tries rental.started) == 1 ]] || die "sent to a receiver that is gone: $(cat "$word.log")"
curl -s -m 5 "http://$api/api/v1/health/ready" | grep 410 >/dev/null || die "the health: $(curl -s "http://$api/api/v1/health/ready")"
receiver ok
end TERM
begin telling
until_true 20 told "$whole"
curl -s -m 5 "http://$api/metrics" | grep '^webhooks_out_deliveries_total{instance="shop",result="delivered"} [1-9]' >/dev/null || die "its metrics"
end TERM

# Given up after its tries, the next ones of the rental go on; a person lets it be sent again.
begin hasty
receiver fails
rental aside
until_true 20 is_open SET_ASIDE 3
"$build/rentald" --config="$work/hasty.conf" outbox list | grep 'rental.started.*status 500' >/dev/null || die "what was set aside: $("$build/rentald" --config="$work/hasty.conf" outbox list)"
grep -q 'is set aside after 2 tries' "$work/hasty.log" || die "the log: $(cat "$work/hasty.log")"
receiver ok
for message in $("$build/rentald" --config="$work/hasty.conf" --format=json outbox list | jq -r .id); do
	"$build/rentald" --config="$work/hasty.conf" outbox replay "$message" >/dev/null || die "replay $message"
done
until_true 20 told "$whole"
is_open OPEN 0 && is_open SET_ASIDE 0 || die "left: $("$build/rentald" --config="$work/hasty.conf" outbox list --state=all)"
end TERM
[[ $(jq -s 'map(.id) | unique | length' "$word.log") == "$("$build/rentald" --config="$work/telling.conf" --format=json outbox list --state=all --limit=5000 | jq -s length)" ]] ||
	die "an id that is not in the outbox, or a message that never came"
echo "webhooks_out: $(jq -s 'map(.id) | unique | length' "$word.log") messages in $(wc -l <"$word.log") tries"
