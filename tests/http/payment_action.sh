#!/usr/bin/env bash
# payment_action.sh BUILD SOURCE - a deposit that the customer has to confirm, through payment_stripe:
# confirmed, refused, forgotten, confirmed too late, and a host that dies while it is awaited.
# shellcheck source=tests/http/lib.sh
. "$2/tests/http/lib.sh"

# shellcheck source=tests/http/payment_lib.sh
. "$2/tests/http/payment_lib.sh"
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
grep -q 'hold pi_1 on ' "$word.log" || die "not on-session: $(cat "$word.log")"
post -d '{"station_id": "old-town-hall"}' "http://$api/api/v1/rentals/$order/stop" >/dev/null

# Refused is declined: the deposit is debt here, as after any other no.
customer waits
awaits k2
customer refused
until_true 40 is ACTIVE
[[ $(status .debt) -gt 0 ]] || die "refused: $(status .)"
post -d '{"station_id": "old-town-hall"}' "http://$api/api/v1/rentals/$order/stop" >/dev/null

# Forgotten: it fails in time, and is cancelled at the bank at once. The first cancel is refused, so that
# one that stands in spite of it is given back.
kill "${pids[-1]}"
wait "${pids[-1]}" || die "the host ended with $?"
unset 'pids[-1]'
ACTION_TIMEOUT=10s begin_api
is_settled() { [[ $(status .settlement) == done ]]; }
hold() { awk '$1 == "hold" { name = $2 } END { print name }' "$word.log"; }
customer waits
awaits k3
until_true 60 is FAILED
[[ $(status .action) == null ]] || die "forgotten: $(status .)"
until_true 60 is_settled
grep -q "cancel $(hold) requires_action\$" "$word.log" || die "not cancelled: $(cat "$word.log")"
start k3
[[ $(code) == 402 ]] || die "forgotten: $(cat "$work/start.json")"
customer busy
awaits k4
until_true 60 is FAILED
until_true 60 grep -q "busy $(hold)\$" "$word.log"
customer confirmed
until_true 60 is_settled
grep -q "cancel $(hold) requires_capture\$" "$word.log" || die "not given back: $(cat "$word.log")"
kill "${pids[-1]}"
wait "${pids[-1]}" || die "the host ended with $?"
unset 'pids[-1]'
"$build/rentald" --config="$work/api.conf" --audit >"$work/audit.log" 2>&1 || die "the audit finds something: $(cat "$work/audit.log")"
echo "payment_action: confirmed, refused, forgotten, confirmed too late"
