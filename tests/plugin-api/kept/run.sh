#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# run.sh BUILD SOURCE - plugins whose binaries were built when a version of the plugin API was made
# (script/keep-abi) are loaded by the present host, and a rental goes through all of them: auth says who asks,
# http answers, the catalogue has the price, storage keeps, payment holds, station ejects.
# shellcheck source=tests/http/lib.sh
. "$(dirname "$(readlink -f "$0")")/../../http/lib.sh"

kept=$source/tests/plugin-api/kept/$(uname -m)
remake="A layout of rent/*.h has changed: until version 1.0 is released, script/keep-abi --again makes them again; \
afterwards it must not change."
if [[ ! -d $kept ]]; then
	echo "kept: there are no binaries of $(uname -m): built now, which proves only that the plugins build"
	script/keep-abi --build="$build" --to="$work/fresh/now"
	kept=$work/fresh
fi

api=$(port) stubs=$(port)
A=http://127.0.0.1:$api

# call WHO METHOD PATH [BODY]: the status in $status, the body in $body
call() {
	local arguments=(-s -m 10 -o "$work/body" -D "$work/head" -w '%{http_code}' -X "$2")
	[[ -z $1 ]] || arguments+=(-H "Authorization: Bearer $1:hush")
	[[ -z ${4:-} ]] || arguments+=(-H 'Content-Type: application/json' -H "Idempotency-Key: key-$3" -d "$4")
	status=$(curl "${arguments[@]}" "$A$3" || true)
	body=$(<"$work/body")
}
# is WHAT STATUS [JQ-EXPRESSION]: what call() brought
is() {
	[[ $status == "$2" ]] || die "$1: $status, not $2: $body. $remake"
	[[ -z ${3:-} ]] || jq -e "$3" "$work/body" >"$work/jq" || die "$1: $body is not $3. $remake"
}

write_configuration() {
	cat >"$work/kept.conf" <<-END
		service = "kept";
		listeners = (
		  { name = "api"; listen = "127.0.0.1:$api"; routes = [ "api", "http" ]; system = true; auth = [ "auth" ]; },
		  { name = "stubs"; listen = "127.0.0.1:$stubs"; routes = [ "stubs" ]; }
		);
		instances = (
		  { name = "stubs"; plugin = "stubs"; options = { data = "stubs/city.json"; book = "$work/book.jsonl";
		    unknown_stations = "default"; unknown_tariffs = "default"; }; },
		  { name = "auth"; plugin = "$work/plugins/kept_auth.so"; options = { password = "hush"; }; },
		  { name = "http"; plugin = "$work/plugins/kept_http.so"; uses = { rental = "core"; }; },
		  { name = "under"; plugin = "storage_sqlite"; options = { path = "$work/state/rentald.db"; }; },
		  { name = "main"; plugin = "$work/plugins/kept_storage.so"; uses = { storage = "under"; }; },
		  { name = "catalog"; plugin = "$work/plugins/kept_catalog.so"; options = { url = "http://127.0.0.1:$stubs"; }; },
		  { name = "station"; plugin = "$work/plugins/kept_station.so"; options = { url = "http://127.0.0.1:$stubs"; }; },
		  { name = "payment"; plugin = "$work/plugins/kept_payment.so"; options = { url = "http://127.0.0.1:$stubs"; }; },
		  { name = "core"; plugin = "rental_core";
		    uses = { storage = "main"; catalog = "catalog"; station = "station"; payment = "payment"; }; },
		  { name = "api"; plugin = "http_api"; uses = { rental = "core"; }; options = { currency = "RUB"; }; },
		  { name = "billing"; plugin = "billing"; uses = { rental = "core"; }; options = { tick = "100ms"; }; }
		);
	END
}

# What its two plugins for callers do.
callers() {
	call '' GET /kept/x
	is 'nobody asks' 401
	grep -qi '^www-authenticate: *bearer' "$work/head" || die "no challenge: $(<"$work/head")"
	call customer:alice GET /kept/x%20y
	is 'a customer asks' 200 '.name == "x y" and .subject == "alice" and .role == "customer" and .address == "127.0.0.1"'
	grep -qi '^x-kept: yes' "$work/head" || die "the route's header is missing: $(<"$work/head")"
	call customer:alice POST /kept '{"n":5}'
	is 'a customer may not' 403
	call operator:olga POST /kept '{"n":5}'
	is 'an operator may' 204
	call operator:olga POST /kept '{"n":500}'
	is 'a wrong number' 422 '.type | endswith("/not-a-number")'
	until_true 10 ticked
}
ticked() {
	call customer:alice GET /kept/x
	jq -e '.ticks > 0' "$work/body"
}

# A rental through the others.
rental() {
	call customer:alice GET /kept-quote/central-station
	is 'a quote by the use case' 200 '.verdict == 0 and (.id | length) > 0 and .user == "alice" and .price >= .tariff_price and
		.tariff_price > 0 and .deposit > 0 and .expires_in_us > 0 and .profile_known'
	call customer:alice POST /api/v1/rentals/quote '{"station_id":"central-station"}'
	is 'a quote' 200 '.user_id == "alice"'
	call customer:alice POST /api/v1/rentals/start "{\"quote_id\":\"$(jq -r .quote_id "$work/body")\"}"
	is 'a start' 200 '.status == "ACTIVE" and (.powerbank_id | length) > 0'
	order=$(jq -r .order_id "$work/body")
	call customer:alice GET "/kept-view/$order"
	is 'a view of it' 200 ".verdict == 0 and .id == \"$order\" and .status == \"ACTIVE\" and (.powerbank | length) > 0 and
		.deposit > 0 and .held == .deposit and .buyout > .deposit and .action == 0 and (.payer_needed | not)"
	call customer:bob GET "/api/v1/rentals/$order/status"
	is "another's rental" 404
	call customer:alice GET "/api/v1/rentals/$order/payments"
	is 'its hold' 200 'any(.. | objects; .kind? == "hold" and (.state? // .status?) == "SUCCEEDED")'
	call customer:alice POST "/api/v1/rentals/$order/stop" '{"station_id":"central-station"}'
	is 'a stop' 200 '.status == "FINISHED"'
	until_true 20 settled
	call viewer:prometheus GET /metrics
	grep -q '^kept_storage_calls_total [1-9]' "$work/body" || die "no call went through the kept storage"
}
settled() {
	call customer:alice GET "/api/v1/rentals/$order/payments"
	jq -e 'any(.. | objects; (.kind? == "release" or .kind? == "capture") and (.state? // .status?) == "SUCCEEDED")' "$work/body"
}

# Of the present version the sources are here, too. Whether it is released its headers say.
present=$(sed -n 's/^#define RENT_API_M[AJINOR]* \([0-9]*\)u$/\1/p' include/plugin-api/rent/base.h | paste -sd.)
note=
! grep -q "^ \* *$present  .*It is not released" include/plugin-api/rent/base.h || note=' (not released)'
[[ ! -e $kept/$present/VERSION ]] || ! script/keep-abi --build="$build" >"$work/again" 2>&1 || die "script/keep-abi writes over what is kept"
for version in "$kept"/*/; do
	[[ $(basename "$version") != "$present" ]] || (cd tests/plugin-api/kept/source && sha256sum --quiet -c "$version/SOURCES") ||
		die "$version is not of these sources: script/keep-abi --again makes them, until $present is released"
	(cd "$version" && sed 1d VERSION | sha256sum --quiet -c) || die "$version: its binaries are not those of VERSION"
	rm -rf "$work"/{state,plugins,book.jsonl}
	install -d "$work/plugins"
	# Whoever may write a plugin is trusted; a working copy may be writable for others.
	install -m 0644 "$version"/*.so "$work/plugins"
	write_configuration
	"$build/rentald" --config="$work/kept.conf" --check-config -q || die "its plugins are refused. $remake"
	host kept "$work/kept.conf"
	until_true 20 curl -sf -H 'Authorization: Bearer viewer:prometheus:hush' "$A/api/v1/health/ready"
	callers
	rental
	kill "${pids[-1]}"
	wait "${pids[-1]}" || die "it did not end well"
	pids=()
	"$build/rentald" --config="$work/kept.conf" --audit -q || die 'the audit finds something'
	[[ $(basename "$version") == "$present" ]] || note=
	echo "kept: $(head -n 1 "$version/VERSION")$note: ok"
done
