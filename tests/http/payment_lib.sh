# payment_lib.sh - a rental service whose money goes through payment_stripe to a bank that does what a word says
# (fake_intents.py). Sourced after lib.sh.
# shellcheck shell=bash disable=SC2154

stubs=127.0.0.1:$(port) bank=$(port) api=127.0.0.1:$(port) hooks=127.0.0.1:$(port)
cat >"$work/stubs.conf" <<-END
	service = "stubs";
	listeners = ( { name = "stubs"; listen = "$stubs"; routes = [ "stubs" ]; } );
	instances = ( { name = "stubs"; plugin = "stubs"; options = { data = "stubs/city.json"; }; } );
END
cat >"$work/api.conf" <<-END
	service = "rental-core";
	listeners = ( { name = "api"; listen = "$api"; routes = [ "api" ]; system = true; },
		{ name = "hooks"; listen = "$hooks"; routes = [ "hooks" ]; } );
	instances = (
		{ name = "main"; plugin = "storage_sqlite"; options = { path = "$work/rentald.db"; }; },
		{ name = "catalog"; plugin = "catalog_http"; options = { url = "http://$stubs"; }; },
		{ name = "station"; plugin = "station_http"; options = { url = "http://$stubs"; }; },
		{ name = "stripe"; plugin = "payment_stripe";
		  options = { secret_key = "sk_test_x"; webhook_secret = "whsec_test"; currency = "EUR"; payment_method = "pm_card_visa"; payer = "user_id"; return_url = "https://shop.example/back"; url = "http://127.0.0.1:$bank"; }; },
		{ name = "core"; plugin = "rental_core"; options = { action_timeout = "\${env:ACTION_TIMEOUT:-15m}"; resolve_base = "500ms"; resolve_max = "1s"; };
		  uses = { storage = "main"; catalog = "catalog"; station = "station"; payment = "stripe"; }; },
		{ name = "api"; plugin = "http_api"; uses = { rental = "core"; }; },
		{ name = "billing"; plugin = "billing"; uses = { rental = "core"; }; options = { tick = "1s"; recovery_interval = "1s"; }; },
		{ name = "hooks"; plugin = "webhooks"; uses = { storage = "main"; rental = "core"; payment = "stripe"; }; options = { retry = "500ms"; }; }
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
