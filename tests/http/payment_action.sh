#!/usr/bin/env bash
# payment_action.sh BUILD SOURCE - a deposit that the customer has to confirm, through payment_stripe:
# confirmed, refused, forgotten, confirmed too late, and a host that dies while it is awaited.
# shellcheck source=tests/http/lib.sh
. "$2/tests/http/lib.sh"

stubs=127.0.0.1:$(port) bank=$(port) api=127.0.0.1:$(port)
cat >"$work/stubs.conf" <<-END
	service = "stubs";
	listeners = ( { name = "stubs"; listen = "$stubs"; routes = [ "stubs" ]; } );
	instances = ( { name = "stubs"; plugin = "stubs"; options = { data = "stubs/city.json"; }; } );
END
cat >"$work/api.conf" <<-END
	service = "rental-core";
	listeners = ( { name = "api"; listen = "$api"; routes = [ "api" ]; system = true; } );
	instances = (
		{ name = "main"; plugin = "storage_sqlite"; options = { path = "$work/rentald.db"; }; },
		{ name = "catalog"; plugin = "catalog_http"; options = { url = "http://$stubs"; }; },
		{ name = "station"; plugin = "station_http"; options = { url = "http://$stubs"; }; },
		{ name = "stripe"; plugin = "payment_stripe";
		  options = { secret_key = "sk_test_x"; currency = "EUR"; payment_method = "pm_card_visa"; payer = "user_id"; return_url = "https://shop.example/back"; url = "http://127.0.0.1:$bank"; }; },
		{ name = "core"; plugin = "rental_core"; options = { action_timeout = "\${env:ACTION_TIMEOUT:-15m}"; resolve_base = "500ms"; resolve_max = "1s"; };
		  uses = { storage = "main"; catalog = "catalog"; station = "station"; payment = "stripe"; }; },
		{ name = "api"; plugin = "http_api"; uses = { rental = "core"; }; },
		{ name = "billing"; plugin = "billing"; uses = { rental = "core"; }; options = { tick = "1s"; recovery_interval = "1s"; }; }
	);
END
word=$work/word
customer() { echo "$1" >"$word.new" && mv "$word.new" "$word"; }
customer waits
host stubs "$work/stubs.conf"
python3 tests/http/fake_intents.py "$bank" "$word" 2>"$work/bank.log" &
pids+=($!)
begin_api() {
	host api "$work/api.conf"
	until_true 20 curl -sf -m 2 "http://$api/api/v1/health/ready"
}
start() { post -H "Idempotency-Key: $1" -d "{\"quote_id\": \"$quote\"}" -w '\n%{http_code}' "http://$api/api/v1/rentals/start" >"$work/start.json"; }
field() { head -n 1 "$work/start.json" | jq -r "$1"; }
code() { tail -n 1 "$work/start.json"; }
new_quote() { quote=$(post -d '{"station_id": "old-town-hall", "user_id": "u1"}' "http://$api/api/v1/rentals/quote" | jq -r .quote_id); }
status() { curl -s -m 5 "http://$api/api/v1/rentals/$order/status" | jq -r "$1"; }
# awaits KEY: a start that waits for its customer
awaits() {
	new_quote
	start "$1"
	[[ $(code) == 202 && $(field .status) == PENDING ]] || die "a start that waits: $(cat "$work/start.json")"
	[[ $(field .action.type) == redirect && $(field .action.url) == https://bank.example/3ds ]] || die "its action: $(field .action)"
	order=$(field .order_id)
	[[ $(status .action.url) == https://bank.example/3ds && $(status .powerbank_id) == null ]] || die "its status: $(status .)"
}
is() { [[ $(status .status) == "$1" ]]; }
ejects() { curl -s -m 5 "http://$stubs/admin/book" | grep -o '"eject[^,]*' | wc -l; }

begin_api
# Repeated, and over the death of the host, it says the same and acts once.
awaits k1
start k1
[[ $(code) == 202 || $(code) == 409 ]] || die "repeated while it waits: $(cat "$work/start.json")"
kill -9 "${pids[-1]}"
wait "${pids[-1]}" || true
unset 'pids[-1]'
begin_api
[[ $(status .action.url) == https://bank.example/3ds ]] || die "forgotten with the host: $(status .)"
customer confirmed
until_true 40 is ACTIVE
start k1
[[ $(code) == 200 && $(field .status) == ACTIVE && $(field .powerbank_id) != null ]] || die "confirmed: $(cat "$work/start.json")"
first=$(cat "$work/start.json")
start k1
[[ $(cat "$work/start.json") == "$first" ]] || die "not the same answer twice"
[[ $(status .action) == null && $(status .held) != 0 ]] || die "confirmed: $(status .)"
[[ $(grep -c hold "$word.log") == 1 ]] || die "held more than once: $(cat "$word.log")"
grep -q 'hold pi_1 on' "$word.log" || die "not on-session: $(cat "$word.log")"
post -d '{"station_id": "old-town-hall"}' "http://$api/api/v1/rentals/$order/stop" >/dev/null

# Refused is declined: the deposit is debt here, as after any other no.
customer waits
awaits k2
customer refused
until_true 40 is ACTIVE
[[ $(status .debt) -gt 0 ]] || die "refused: $(status .)"
post -d '{"station_id": "old-town-hall"}' "http://$api/api/v1/rentals/$order/stop" >/dev/null

# Forgotten: it fails in time. Confirmed after that: given back.
kill "${pids[-1]}"
wait "${pids[-1]}" || die "the host ended with $?"
unset 'pids[-1]'
ACTION_TIMEOUT=10s begin_api
customer waits
awaits k3
until_true 60 is FAILED
[[ $(status .action) == null ]] || die "forgotten: $(status .)"
customer confirmed
is_settled() { [[ $(status .settlement) == done ]]; }
until_true 60 is_settled
hold=$(awk '$1 == "hold" { name = $2 } END { print name }' "$word.log")
grep -q "cancel $hold\$" "$word.log" || die "not given back: $(cat "$word.log")"
start k3
[[ $(code) == 402 ]] || die "forgotten: $(cat "$work/start.json")"
kill "${pids[-1]}"
wait "${pids[-1]}" || die "the host ended with $?"
unset 'pids[-1]'
"$build/rentald" --config="$work/api.conf" --audit >"$work/audit.log" 2>&1 || die "the audit finds something: $(cat "$work/audit.log")"
echo "payment_action: confirmed, refused, forgotten, confirmed too late"
