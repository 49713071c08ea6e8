#!/usr/bin/env bash
# chargenow.sh BUILD SOURCE - a rental through a cabinet cloud: etc/chargenow.conf with the stubs in
# place of the vendor and of the payment provider. The cloud ejects seconds after its answer.
# shellcheck source=tests/http/lib.sh
. "$2/tests/http/lib.sh"

api=127.0.0.1:$(port) hooks=127.0.0.1:$(port) stubs=127.0.0.1:$(port)
export API_LISTEN=$api HOOKS_LISTEN=$hooks STATE_DIR=$work STUBS_URL=http://$stubs SERVICES_URL=http://$stubs
export CHARGENOW_URL=http://$stubs/cdb-open-api/v1 CHARGENOW_USER=u CHARGENOW_PASSWORD=p
export HOOKS_URL=http://$hooks CHARGENOW_CALLBACK_KEY=0123456789abcdef CATALOG_FILE=$work/catalog.yaml
cat >"$CATALOG_FILE" <<-'END'
	configs: {last_banks_increase: 1.5}
	tariffs: [{id: city, price_per_hour: 60, free_period_min: 0, deposit: 300}]
	stations: [{id: old-town-hall, tariff_id: city, slots: 8, name: Old Town Hall}]
END
# The stubs' cabinets have ended an eject long before a minute is over.
conf=$work/api.conf
sed 's/callback_key = /settle = "6s"; &/' etc/chargenow.conf >"$conf"
push=$("$build/rentald" --config="$conf" push-url)
[[ $push == "http://$hooks/hooks/cabinets/push."* ]] || die "push-url says '$push'"
cat >"$work/stubs.conf" <<-END
	service = "stubs";
	listeners = ( { name = "stubs"; listen = "$stubs"; routes = [ "stubs" ]; } );
	instances = ( { name = "stubs"; plugin = "stubs";
		options = { data = "stubs/city.json"; hooks_url = "http://$hooks"; push_path = "${push#http://"$hooks"}"; }; } );
END
host stubs "$work/stubs.conf"
host api "$conf"
until_true 20 curl -sf -m 2 "http://$api/api/v1/health/ready"
cloud() { curl -sf -m 5 -H 'Content-Type: application/json' -d "$1" "http://$stubs/admin/cloud" >/dev/null; }

# What is in the cabinet comes from the cabinet.
[[ $(curl -s -m 5 "http://$api/api/v1/stations/old-town-hall" | jq '[.slots[] | select(.empty | not)] | length') == 4 ]] ||
	die "the station does not show the cabinet's four powerbanks"
cloud '{"eject_delay_ms": 3000}'
quote=$(post -d '{"station_id": "old-town-hall", "user_id": "u1"}' "http://$api/api/v1/rentals/quote" | jq -r .quote_id)
start() { post -H 'Idempotency-Key: k1' -d "{\"quote_id\": \"$quote\"}" "http://$api/api/v1/rentals/start"; }
is_active() { [[ $(start | jq -r .status) == ACTIVE ]]; }
# One request waits as long as the cabinet takes.
begun=$(start)
[[ $(jq -r '.status, .powerbank_id' <<<"$begun" | xargs) == "ACTIVE PB-old-town-hall-"* ]] || die "it did not wait for its powerbank: $begun"
[[ $(start) == "$begun" ]] || die "repeated, it says something else: $(start)"
# One order, one powerbank.
[[ $(curl -s -m 5 "http://$stubs/cdb-open-api/v1/order/list?page=1&limit=10" | jq .page.total) == 1 ]] ||
	die "more than one order"
[[ $(curl -s -m 5 "http://$stubs/cdb-open-api/v1/rent/cabinet/query?deviceId=old-town-hall" | jq .data.cabinet.busySlots) == 3 ]] ||
	die "not exactly one powerbank is gone"
# The cloud reported it twice over: the order's callback, and a push.
two_events() { [[ $("$build/rentald" --config="$conf" events list --all | grep -c EJECTED) == 2 ]]; }
until_true 10 two_events
# It is put back: the cloud reports it, and the order says so. The customer did nothing.
order=$(start | jq -r .order_id) powerbank=$(start | jq -r .powerbank_id)
post -f -d "{\"powerbank_id\": \"$powerbank\", \"station_id\": \"old-town-hall\"}" "http://$stubs/admin/return-powerbank" >/dev/null ||
	die "the powerbank cannot be put back"
status() { curl -s -m 5 "http://$api/api/v1/rentals/$order/status"; }
is_finished() { [[ $(status | jq -r .status) == FINISHED ]]; }
until_true 20 is_finished
[[ $(status | jq -r '.ended_by') == cabinet ]] || die "ended by somebody else: $(status)"
until_true 20 test -z "$("$build/rentald" --config="$conf" events list | grep RETURNED)"
# A customer who says "stop" with the powerbank in his bag goes on paying.
cloud '{"eject_delay_ms": 0}'
quote=$(post -d '{"station_id": "old-town-hall", "user_id": "u2"}' "http://$api/api/v1/rentals/quote" | jq -r .quote_id)
start() { post -H 'Idempotency-Key: k2' -d "{\"quote_id\": \"$quote\"}" "http://$api/api/v1/rentals/start"; }
until_true 40 is_active
order=$(start | jq -r .order_id) powerbank=$(start | jq -r .powerbank_id)
stop() { post -D "$work/stop.head" -d '{"station_id": "old-town-hall"}' "http://$api/api/v1/rentals/$order/stop"; }
is_not_returned() { [[ $(stop | jq -r .type) == */not-returned ]]; }
until_true 40 is_not_returned
[[ $(status | jq -r '.status, .stop_asked_at' | xargs) == "ACTIVE null" ]] || die "a stop that was refused left something: $(status)"
# When the cabinet cannot be asked, the time of his asking is kept, and counts once it shows the powerbank.
cloud '{"offline": 1}'
is_unverified() { [[ $(stop | jq -r .type) == */station-unavailable ]]; }
until_true 20 is_unverified
grep -qi '^retry-after: [1-9]' "$work/stop.head" || die "no Retry-After: $(cat "$work/stop.head")"
asked=$(status | jq -r .stop_asked_at)
[[ $asked == 20* ]] || die "the time of asking is not kept: $(status)"
sleep 2 # the powerbank comes back in a later second
post -f -d "{\"powerbank_id\": \"$powerbank\", \"station_id\": \"old-town-hall\"}" "http://$stubs/admin/return-powerbank" >/dev/null
cloud '{"offline": 0}'
is_stopped() { [[ $(stop | jq -r .status) == FINISHED ]]; }
until_true 20 is_stopped
[[ $(status | jq -r '.finished_at, .ended_by, .return_station_id' | xargs) == "$asked customer old-town-hall" ]] ||
	die "it did not end when the customer asked: $(status)"
# The answer to an order is lost: its callback brings the number, long before the cabinet is looked into.
cloud '{"lose_answer": 1}'
quote=$(post -d '{"station_id": "old-town-hall", "user_id": "u3"}' "http://$api/api/v1/rentals/quote" | jq -r .quote_id)
start() { post -H 'Idempotency-Key: k3' -d "{\"quote_id\": \"$quote\"}" "http://$api/api/v1/rentals/start"; }
until_true 20 is_active
cloud '{"lose_answer": 0}'
# An offline cabinet gives no quote, and a report from elsewhere is not taken.
cloud '{"offline": 1}'
[[ $(post -o /dev/null -w '%{http_code}' -d '{"station_id": "old-town-hall", "user_id": "u1"}' "http://$api/api/v1/rentals/quote") == 503 ]] ||
	die "a quote at a cabinet that is offline"
[[ $(post -o /dev/null -w '%{http_code}' -d 'tradeNo=1&status=1' "http://$hooks/hooks/cabinets/x.y") == 401 ]] ||
	die "a forged report was taken"
kill "${pids[1]}"
wait "${pids[1]}" || die "the host ended with $?"
"$build/rentald" --config="$conf" --audit >"$work/audit.log" 2>&1 || die "the audit finds something"
echo "chargenow: one order, one powerbank, two reports, one end"
