#!/usr/bin/env bash
# two_vendors.sh BUILD SOURCE - stations of two services in one catalogue: each rental goes to the
# service that its station names, and stays there.
# shellcheck source=tests/http/lib.sh
. "$2/tests/http/lib.sh"

api=127.0.0.1:$(port) hooks=127.0.0.1:$(port) old=127.0.0.1:$(port) new=127.0.0.1:$(port)
export API_LISTEN=$api HOOKS_LISTEN=$hooks STATE_DIR=$work STUBS_URL=http://$old SERVICES_URL=http://$old
export CHARGENOW_URL=http://$new/cdb-open-api/v1 CHARGENOW_USER=u CHARGENOW_PASSWORD=p CATALOG_FILE=$work/catalog.yaml
cat >"$CATALOG_FILE" <<-'END'
	configs: {last_banks_increase: 1.5}
	tariffs: [{id: city, price_per_hour: 60, free_period_min: 0, deposit: 300}]
	stations:
	  - {id: central-station, tariff_id: city, slots: 8, vendor: seed}
	  - {id: old-town-hall, tariff_id: city, slots: 8, vendor: cabinets}
	  - {id: river-port, tariff_id: city, slots: 8, vendor: nobody}
END
# configure LIST FILE: the stations that rules, catalogue and reports are bound to.
configure() {
	sed -e "s/station = \"cabinets\";/station = $1;/" -e 's/stop = "verified"/stop = "auto"/' \
		-e 's/callback_key = /settle = "1s"; &/' \
		-e '/^instances = (/a { name = "seed"; plugin = "station_http"; options = { url = "'"http://$old"'"; }; },' \
		etc/chargenow.conf >"$2"
}
configure '[ "cabinets", "seed" ]' "$work/both.conf"
configure '"seed"' "$work/one.conf"
stubs() {
	cat >"$work/$1.conf" <<-END
		service = "stubs";
		listeners = ( { name = "stubs"; listen = "$2"; routes = [ "stubs" ]; } );
		instances = ( { name = "stubs"; plugin = "stubs"; options = { data = "stubs/city.json"; }; } );
	END
	host "$1" "$work/$1.conf"
}
stubs old "$old"
stubs new "$new"
host api "$work/both.conf"
until_true 20 curl -sf -m 2 "http://$api/api/v1/health/ready"

quote_at() { post -d "{\"station_id\": \"$1\", \"user_id\": \"u1\"}" "http://$api/api/v1/rentals/quote"; }
start() { post -H "Idempotency-Key: $1" -d "{\"quote_id\": \"$quote\"}" "http://$api/api/v1/rentals/start"; }
is_active() { [[ $(start "$1" | jq -r .status) == ACTIVE ]]; }
orders() { curl -s -m 5 "http://$1/cdb-open-api/v1/order/list?page=1&limit=10" | jq .page.total; }
ejects() { curl -s -m 5 "http://$1/admin/book?all=1" | jq '[.operations[] | select(.kind == "eject")] | length'; }

quote=$(quote_at central-station | jq -r .quote_id)
[[ $quote == *@seed ]] || die "the quote does not name its service: $quote"
until_true 20 is_active a
first=$(start a | jq -r .order_id)
quote=$(quote_at old-town-hall | jq -r .quote_id)
until_true 40 is_active b
second=$(start b | jq -r .order_id)
[[ "$(orders "$old") $(orders "$new") $(ejects "$old")" == "0 1 1" ]] ||
	die "orders $(orders "$old") $(orders "$new"), ejects $(ejects "$old") $(ejects "$new")"
[[ $(quote_at river-port | jq -r .status) == 503 ]] || die "a quote at a station whose vendor is not bound"

# A quote whose name was exchanged is nobody's.
quote=$(quote_at central-station | jq -r .quote_id)
quote=${quote%@*}@cabinets
[[ $(start c | jq -r .status) == 404 ]] || die "a quote with another service's name was taken: $(start c)"

# The service of the second looks into its cabinet, that of the first cannot.
stop() { post -d "{\"station_id\": \"$2\"}" "http://$api/api/v1/rentals/$1/stop"; }
is_not_returned() { [[ $(stop "$second" old-town-hall | jq -r .type) == */not-returned ]]; }
until_true 20 is_not_returned
[[ $(stop "$first" central-station | jq -r .status) == FINISHED ]] || die "the first did not end: $(stop "$first" central-station)"

# Without its service the second cannot be ended: the host says so, and does not start.
kill "${pids[2]}"
wait "${pids[2]}" || die "the host ended with $?"
code=0
"$build/rentald" --config="$work/one.conf" 2>"$work/one.log" || code=$?
[[ $code == 78 ]] || die "without the service of a rental the host ended with $code"
grep -q "1 unfinished rental began with the station 'cabinets' (station_chargenow), which is not bound" "$work/one.log" ||
	die "it does not say why: $(cat "$work/one.log")"
"$build/rentald" --config="$work/both.conf" --audit >"$work/audit.log" 2>&1 || die "the audit finds something"
echo "two_vendors: each rental at its own service"
