#!/usr/bin/env bash
# payment_change.sh BUILD SOURCE - the payment provider changes while a rental runs: a start that would
# lose its hold is refused with 78, and with the old provider bound beside the new one each rental goes
# to its own.
# shellcheck source=tests/http/lib.sh
. "$2/tests/http/lib.sh"

stubs=127.0.0.1:$(port) other=127.0.0.1:$(port) api=127.0.0.1:$(port)
for name in stubs other; do
	cat >"$work/$name.conf" <<-END
		service = "stubs";
		listeners = ( { name = "stubs"; listen = "${!name}"; routes = [ "stubs" ]; } );
		instances = ( { name = "stubs"; plugin = "stubs"; options = { data = "stubs/city.json"; }; } );
	END
	host "$name" "$work/$name.conf"
done
# configuration FILE USES INSTANCE…: the rules with these payment instances
configuration() {
	local file=$1 uses=$2
	shift 2
	cat >"$file" <<-END
		service = "rental-core";
		listeners = ( { name = "api"; listen = "$api"; routes = [ "api" ]; system = true; } );
		instances = (
			{ name = "main"; plugin = "storage_sqlite"; options = { path = "$work/rentald.db"; }; },
			{ name = "catalog"; plugin = "catalog_http"; options = { url = "http://$stubs"; }; },
			{ name = "station"; plugin = "station_http"; options = { url = "http://$stubs"; }; },
			$*
			{ name = "core"; plugin = "rental_core";
			  uses = { storage = "main"; catalog = "catalog"; station = "station"; $uses }; },
			{ name = "api"; plugin = "http_api"; uses = { rental = "core"; }; },
			{ name = "billing"; plugin = "billing"; uses = { rental = "core"; }; options = { tick = "1s"; }; }
		);
	END
}
first='{ name = "first"; plugin = "payment_http"; options = { url = "http://'$stubs'"; }; },'
second='{ name = "second"; plugin = "payment_http"; options = { url = "http://'$other'"; }; },'
stripe='{ name = "first"; plugin = "payment_stripe"; options = { secret_key = "sk_test_x"; currency = "EUR"; url = "http://'$other'"; }; },'
configuration "$work/first.conf" 'payment = "first";' "$first"
configuration "$work/gone.conf" 'payment = "second";' "$second"
configuration "$work/renamed.conf" 'payment = "first";' "$stripe"
configuration "$work/both.conf" 'payment = "second"; payment_previous = "first";' "$first" "$second"

ready() { curl -sf -m 2 "http://$api/api/v1/health/ready"; }
begin() { # KEY
	local quote
	quote=$(post -d '{"station_id": "old-town-hall", "user_id": "u1"}' "http://$api/api/v1/rentals/quote" | jq -r .quote_id)
	post -H "Idempotency-Key: $1" -d "{\"quote_id\": \"$quote\"}" "http://$api/api/v1/rentals/start" | jq -r .order_id
}
give_back() { post -d '{"station_id": "old-town-hall"}' "http://$api/api/v1/rentals/$1/stop"; }
stop_api() {
	kill "${pids[-1]}"
	wait "${pids[-1]}" || die "the host ended with $?"
	unset 'pids[-1]'
}
# refused CONFIGURATION TEXT…: does not start, with 78 and these words
refused() {
	local code=0 text
	"$build/rentald" --config="$1" 2>"$work/refused.log" || code=$?
	[[ $code == 78 ]] || die "$1: ended with $code"
	for text in "${@:2}"; do
		grep -qF "$text" "$work/refused.log" || die "$1: does not say '$text'"
	done
}
operations() { curl -sf -m 5 "http://$1/admin/book" | cksum; }

host api "$work/first.conf"
until_true 20 ready
old=$(begin k1)
[[ $old != null ]] || die "no rental began"
stop_api
before=$(operations "$stubs")
refused "$work/gone.conf" "1 unfinished rental began with the payment 'first' (payment_http)" payment_previous
refused "$work/renamed.conf" "of the plugin payment_http" "is now payment_stripe"
[[ $(operations "$stubs") == "$before" ]] || die "a refused start asked the provider"

host api "$work/both.conf"
until_true 20 ready
new=$(begin k2)
[[ $(give_back "$old" | jq -r .status) == FINISHED ]] || die "the old rental does not end"
[[ $(give_back "$new" | jq -r .status) == FINISHED ]] || die "the new rental does not end"
is_settled() { [[ $(give_back "$1" | jq -r '.settlement // "done"') == done ]]; }
until_true 20 is_settled "$old"
until_true 20 is_settled "$new"
[[ $(operations "$stubs") != "$before" ]] || die "the old provider was not asked about its rental"
[[ $(curl -sf -m 5 "http://$stubs/admin/book") != *"$new"* ]] || die "the new rental went to the old provider"
[[ $(curl -sf -m 5 "http://$other/admin/book") != *"$old"* ]] || die "the old rental went to the new provider"
stop_api

# Nothing of the old provider is left.
host api "$work/gone.conf"
until_true 20 ready
stop_api
"$build/rentald" --config="$work/both.conf" --audit >"$work/audit.log" 2>&1 || die "the audit finds something"
echo "payment_change: refused twice, two providers, each with its own rental"
