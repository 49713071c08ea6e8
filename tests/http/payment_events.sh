#!/usr/bin/env bash
# payment_events.sh BUILD SOURCE - what Stripe reports by itself, signed, through webhooks and payment_stripe: a
# deposit that has run out.
# shellcheck source=tests/http/lib.sh
. "$2/tests/http/lib.sh"
# shellcheck source=tests/http/payment_lib.sh
. "$2/tests/http/payment_lib.sh"

# report ID TYPE OBJECT: prints the status of the answer
report() {
	local body t mac
	body=$(jq -nc --arg id "$1" --arg type "$2" --argjson o "$3" \
		'{id: $id, object: "event", type: $type, livemode: false, created: (now | floor), data: {object: $o}}')
	t=$(date +%s)
	mac=$(printf %s "$t.$body" | openssl dgst -sha256 -hmac whsec_test -r | cut -d ' ' -f 1)
	post -H "Stripe-Signature: t=$t,v1=$mac" -d "$body" -o /dev/null -w '%{http_code}' "http://$hooks/hooks/stripe"
}
# the hold of the rental, as its trail has it
hold() { curl -s -m 5 "http://$api/api/v1/rentals/$order/payments" | jq -r '.items[] | select(.kind == "hold")'; }
# canceled: Stripe's object of it
canceled() {
	jq -nc --arg op "$(hold | jq -r .id)" --arg pi "$(hold | jq -r .reference)" \
		'{id: $pi, object: "payment_intent", status: "canceled", cancellation_reason: "automatic", capture_method: "manual", metadata: {op: $op}}'
}
is() { [[ $(status "$1") == "$2" ]]; }

begin_api
customer confirmed
new_quote
start k1
order=$(field .order_id)
until_true 40 is .status ACTIVE
[[ $(status .held) -gt 0 ]] || die "held: $(status .)"
[[ $(report evt_1 payment_intent.canceled "$(canceled)") == 200 ]] || die "an event: $(cat "$work/api.log")"
until_true 40 is .held 0
[[ $(report evt_1 payment_intent.canceled "$(canceled)") == 200 ]] || die "the same event again"
[[ $(report evt_2 payment_intent.canceled "$(canceled)") == 200 ]] || die "another event of the same"
[[ $(curl -s -m 5 "http://$api/api/v1/rentals/$order/payments" | jq '[.items[] | select(.kind == "release")] | length') == 1 ]] ||
	die "released more than once"
# What it costs is charged, not captured, and nothing is sent for the hold.
python3 - "$work/rentald.db" "$order" <<-'END'
	import sqlite3, sys
	db = sqlite3.connect(sys.argv[1], timeout=10)
	db.execute("UPDATE rentals SET started_at = datetime('now', '-1 hour') WHERE id = ?", (sys.argv[2],))
	db.commit()
END
post -d '{"station_id": "old-town-hall"}' "http://$api/api/v1/rentals/$order/stop" >/dev/null
until_true 40 is .settlement done
[[ $(status .total_amount) -gt 0 ]] || die "charged: $(status .)"
grep -q '^charge ' "$word.log" || die "charged: $(cat "$word.log")"
! grep -q '^capture \|^cancel ' "$word.log" || die "something was sent for a hold that is gone: $(cat "$word.log")"

# The customer disputes what he was charged: the provider takes it back, by itself. It is in the books, and he is
# not charged again.
dispute() { jq -nc --arg pi "$charged" --argjson amount "$1" '{id: "dp_1", object: "dispute", payment_intent: $pi, amount: $amount, currency: "eur", reason: "fraudulent", status: "needs_response"}'; }
charged=$(curl -s -m 5 "http://$api/api/v1/rentals/$order/payments" | jq -r '.items[] | select(.kind == "charge" and .status == "SUCCEEDED") | .reference')
total=$(status .total_amount) charges=$(grep -c '^charge ' "$word.log")
[[ $(report evt_3 charge.dispute.created "$(dispute "$((total * 100))")") == 200 ]] || die "a dispute"
[[ $(report evt_4 charge.dispute.funds_withdrawn "$(dispute "$((total * 100))")") == 200 ]] || die "a chargeback"
until_true 20 is .total_amount 0
[[ $(report evt_4 charge.dispute.funds_withdrawn "$(dispute "$((total * 100))")") == 200 ]] || die "the same chargeback again"
[[ $(curl -s -m 5 "http://$api/api/v1/rentals/$order/payments" | jq '.timeline[-1].paid') == 0 ]] || die "its timeline"
curl -s -m 5 "http://$api/metrics" | grep "^rental_system_outside_amount_total.*CHARGEBACK.* $total\$" >/dev/null || die "its metric"
sleep 2.5 # two ticks
[[ $(status .debt) == 0 && $(grep -c '^charge ' "$word.log") == "$charges" ]] || die "charged again: $(status .)"
kill "${pids[-1]}"
wait "${pids[-1]}" || die "the host ended with $?"
unset 'pids[-1]'
"$build/rentald" --config="$work/api.conf" --audit >"$work/audit.log" 2>&1 || die "the audit finds something: $(cat "$work/audit.log")"
grep -q 'disputed, or refunded by hand' "$work/audit.log" || die "the audit says nothing of it: $(cat "$work/audit.log")"
echo "payment_events: a hold that has run out, a dispute"
