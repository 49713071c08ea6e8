#!/usr/bin/env bash
# lost_orders.sh BUILD SOURCE - orders to a cabinet cloud whose answers are lost, and no callback comes:
# what is gone from the cabinet says what became of each, and none is ordered twice. Times are short.
# shellcheck source=tests/http/lib.sh
. "$2/tests/http/lib.sh"

api=127.0.0.1:$(port) stubs=127.0.0.1:$(port) hooks=127.0.0.1:$(port)
export API_LISTEN=$api HOOKS_LISTEN=$hooks STATE_DIR=$work STUBS_URL=http://$stubs SERVICES_URL=http://$stubs
export CHARGENOW_URL=http://$stubs/cdb-open-api/v1 CHARGENOW_USER=u CHARGENOW_PASSWORD=p
export CATALOG_FILE=$work/catalog.yaml HOOKS_URL=http://$hooks CHARGENOW_CALLBACK_KEY=0123456789abcdef
cat >"$CATALOG_FILE" <<-'END'
	configs: {last_banks_increase: 1.5}
	tariffs: [{id: city, price_per_hour: 60, free_period_min: 0, deposit: 300}]
	stations: [{id: old-town-hall, tariff_id: city, slots: 8, name: Old Town Hall}]
END
sed -e 's/deposit_policy = "refuse";/& start_lease = "2s"; resolve_base = "200ms"; resolve_max = "500ms";/' \
	-e 's/callback_key = .*/& settle = "1s";/' -e 's/poll_interval = "10m"/poll_interval = "3s"/' \
	-e '/plugin = "billing"/a options = { tick = "500ms"; recovery_interval = "200ms"; };' \
	etc/chargenow.conf >"$work/api.conf"
push=$("$build/rentald" --config="$work/api.conf" push-url)
cat >"$work/stubs.conf" <<-END
	service = "stubs";
	listeners = ( { name = "stubs"; listen = "$stubs"; routes = [ "stubs" ]; } );
	instances = ( { name = "stubs"; plugin = "stubs";
		options = { data = "stubs/city.json"; hooks_url = "http://$hooks"; push_path = "${push#http://"$hooks"}"; }; } );
END
host stubs "$work/stubs.conf"
host api "$work/api.conf"
until_true 20 curl -sf -m 2 "http://$api/api/v1/health/ready"
cloud() { post -f -d "$1" "http://$stubs/admin/cloud" >/dev/null || die "no such switch: $1"; }
quote() { post -d "{\"station_id\": \"old-town-hall\", \"user_id\": \"$1\"}" "http://$api/api/v1/rentals/quote" | jq -r .quote_id; }
start() { post -m 30 -H "Idempotency-Key: $1" -d "{\"quote_id\": \"$2\"}" "http://$api/api/v1/rentals/start"; }
field() { start "$1" "$2" | jq -r ".$3 // empty"; }
orders() { curl -s -m 5 "http://$stubs/cdb-open-api/v1/order/list?page=1&limit=10" | jq .page.total; }

# The order is made, the powerbank comes out, and nobody hears of it.
cloud '{"lose_answer": 1, "callbacks": 0, "pushes": 0}'
came_out=$(quote u1)
start k1 "$came_out" >/dev/null
is_active() { [[ $(field k1 "$came_out" status) == ACTIVE ]]; }
until_true 60 is_active
out=$(curl -s -m 5 "http://$stubs/admin/book" | jq -r '.operations[] | select(.kind == "eject") | .powerbank_id')
[[ $(field k1 "$came_out" powerbank_id) == "$out" ]] || die "not the powerbank that came out, '$out': $(start k1 "$came_out")"
[[ $(orders) == 1 ]] || die "$(orders) orders for one start"

# The order never arrives.
cloud '{"lose_answer": 0, "lose_request": 1}'
lost=$(quote u2)
start k2 "$lost" >/dev/null
has_failed() { [[ $(curl -s -m 5 "http://$api/api/v1/rentals?user_id=u2" | jq -r '.. | .status? // empty' | head -1) == FAILED ]]; }
until_true 60 has_failed
[[ $(orders) == 1 ]] || die "$(orders) orders, one was to be lost"

# The order is made, the powerbank comes out, and is put back before anybody knows of it: the cabinet is as
# it was, and its report of the return says what happened.
cloud '{"lose_request": 0, "lose_answer": 1, "pushes": 1}'
back=$(quote u3)
start k3 "$back" >/dev/null
ejected() { curl -s -m 5 "http://$stubs/admin/book" | jq -r '[.operations[] | select(.kind == "eject") | .powerbank_id][-1]'; }
is_new() { [[ $(ejected) != "$out" ]]; }
until_true 10 is_new
powerbank=$(ejected)
post -f -d "{\"powerbank_id\": \"$powerbank\", \"station_id\": \"old-town-hall\"}" "http://$stubs/admin/return-powerbank" >/dev/null ||
	die "'$powerbank' cannot be put back"
ride() { curl -s -m 5 "http://$api/api/v1/rentals?user_id=u3" | jq -r '.. | objects | select(has("status")) | "\(.status) \(.powerbank_id) \(.ended_by)"' | head -1; }
is_back() { [[ $(ride) == "FINISHED $powerbank cabinet" ]]; }
until_true 60 is_back

# No report of a return arrives: asking finds it.
cloud '{"lose_answer": 0, "pushes": 0}'
unheard=$(quote u4)
is_out() { [[ $(field k4 "$unheard" status) == ACTIVE ]]; }
until_true 60 is_out
order=$(field k4 "$unheard" order_id) powerbank=$(field k4 "$unheard" powerbank_id)
post -f -d "{\"powerbank_id\": \"$powerbank\", \"station_id\": \"old-town-hall\"}" "http://$stubs/admin/return-powerbank" >/dev/null
is_found() { [[ $(curl -s -m 5 "http://$api/api/v1/rentals/$order/status" | jq -r '"\(.status) \(.ended_by)"') == "FINISHED cabinet" ]]; }
until_true 30 is_found

# What runs beside what lies in the cabinets: nothing differs. Then a rental goes on though its powerbank is
# back (nobody asks for it: the host is away), and a powerbank leaves without a rental.
reconcile() { "$build/rentald" --config="$work/api.conf" --set=instances.core.options.return_settle=1s --reconcile=stations "$@"; }
reconcile >"$work/reconcile.log" 2>&1 || die "the cabinets differ from the rentals: $(cat "$work/reconcile.log")"
grep -q 'cabinets asked' "$work/reconcile.log" || die "no progress: $(cat "$work/reconcile.log")"
kill "${pids[1]}"
wait "${pids[1]}" || die "the host ended with $?"
post -f -X POST "http://$stubs/cdb-open-api/v1/rent/order/create?deviceId=old-town-hall" >/dev/null
left() { [[ $(ejected) != "$powerbank" ]]; }
until_true 10 left
post -f -d "{\"powerbank_id\": \"$out\", \"station_id\": \"old-town-hall\"}" "http://$stubs/admin/return-powerbank" >/dev/null
differs() {
	local code=0
	reconcile --format=json >"$work/differ.json" 2>"$work/reconcile.log" || code=$?
	[[ $code == 70 && $(jq -r 'select(.type == "breach") | .code' "$work/differ.json" | sort | xargs) == "out_of_rental slot_runs" ]]
}
until_true 30 differs
"$build/rentald" --config="$work/api.conf" --audit >"$work/audit.log" 2>&1 || die "the audit finds something"
[[ -z $("$build/rentald" --config="$work/api.conf" list-manual | grep -i eject) ]] || die "an eject waits for a person"
echo "lost orders: one came out, one never arrived, one was back before it was known, no second order"
