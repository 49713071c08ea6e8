#!/usr/bin/env bash
# payment_pay.sh BUILD SOURCE - a charge that needs the customer, and what he pays himself, through
# payment_stripe: confirmed, refused, forgotten, with another card, and over the death of the host.
# shellcheck source=tests/http/lib.sh
. "$2/tests/http/lib.sh"
# shellcheck source=tests/http/payment_lib.sh
. "$2/tests/http/payment_lib.sh"

pay() { # pay KEY BODY
	post -H "Idempotency-Key: $1" -d "$2" -D "$work/pay.head" -w '\n%{http_code}' "http://$api/api/v1/rentals/$order/pay" >"$work/pay.json"
}
paid() { head -n 1 "$work/pay.json" | jq -r "$1"; }
pay_code() { tail -n 1 "$work/pay.json"; }
pays() { pay "$1" "$2" && [[ $(pay_code) == "$3" ]]; }
charges() { grep -c "^charge .* $1 " "$word.log"; }
asked() { awk '$1 == "charge" && $3 == "on" { name = $2 } END { print name }' "$word.log"; } # the last that he was asked for
is_needed() { [[ $(status .payer_needed) == true && $(status .debt) -gt 0 ]]; }
back='{"return_url": "https://shop.example/paid"}'

ACTION_TIMEOUT=10s begin_api
customer needs
new_quote
post -H "Idempotency-Key: k1" -d "{\"quote_id\": \"$quote\", \"payment_method\": \"pm_first\", \"return_url\": \"https://shop.example/begun\"}" \
	-w '\n%{http_code}' "http://$api/api/v1/rentals/start" >"$work/start.json"
[[ $(code) == 200 && $(field .debt) -gt 0 ]] || die "a start with a declined deposit: $(cat "$work/start.json")"
order=$(field .order_id)
until_true 40 grep -q '^hold .* on pm_first https://shop.example/begun$' "$word.log" || die "what the deposit is paid with: $(cat "$word.log")"
start k1
[[ $(code) == 422 ]] || die "its key with another body: $(cat "$work/start.json")"

# Declined once, for he is not there: told, and not tried again.
until_true 40 is_needed
[[ $(status .next_retry_at) != null ]] || die "when it is tried again: $(status .)"
until_true 40 grep -q '^charge .* off pm_first ' "$word.log" || die "what it is charged with: $(cat "$word.log")"
debt=$(status .debt)

# He pays: an action, the same for every request until he has confirmed, whatever the key.
pay p1 "$back"
[[ $(pay_code) == 202 && $(paid .action.url) == https://bank.example/3ds && $(paid .paid) == 0 ]] || die "he pays: $(cat "$work/pay.json")"
[[ $(status .action.url) == https://bank.example/3ds ]] || die "its action: $(status .)"
until_true 40 grep -q '^charge .* on pm_first https://shop.example/paid$' "$word.log" || die "on-session: $(cat "$word.log")"
pays p1 "$back" 202 || die "repeated: $(cat "$work/pay.json")"
pays p2 "$back" 202 || die "under another key: $(cat "$work/pay.json")"
pays p1 '{"payment_method": "pm_second"}' 422 || die "its key with another body: $(cat "$work/pay.json")"
kill -9 "${pids[-1]}"
wait "${pids[-1]}" || true
unset 'pids[-1]'
ACTION_TIMEOUT=10s begin_api
customer confirmed
until_true 40 pays p1 "$back" 200
[[ $(paid .paid) == "$debt" ]] || die "confirmed: $(cat "$work/pay.json")"
first=$(cat "$work/pay.json")
pay p1 "$back"
[[ $(cat "$work/pay.json") == "$first" ]] || die "not the same answer twice: $(cat "$work/pay.json")"
grep -qi '^idempotency-replayed: true' "$work/pay.head" || die "not replayed: $(cat "$work/pay.head")"
[[ $(status .debt) == 0 && $(status .total_amount) == "$debt" && $(status .payer_needed) == false && $(status .action) == null ]] || die "paid: $(status .)"
pay p3 '{}'
[[ $(pay_code) == 200 && $(paid .paid) == 0 ]] || die "nothing is owed: $(cat "$work/pay.json")"
pay p3 '{}'
[[ $(paid .paid) == 0 ]] && grep -qi '^idempotency-replayed: true' "$work/pay.head" || die "that nothing was owed is not kept: $(cat "$work/pay.head")"
pays p3 '{"payment_method": "pm_second"}' 422 || die "its key with another body: $(cat "$work/pay.json")"
[[ $(charges on) == 1 && $(charges off) == 1 ]] || die "charged more than once: $(cat "$word.log")"
"$build/rentald" --config="$work/api.conf" list-actions "$order" --format=json >"$work/actions.json"
[[ $(jq -r 'select(.action == "pay") | .operation + " " + .peer' "$work/actions.json") == *-*" 127.0.0.1" ]] || die "who paid is not in the books once: $(cat "$work/actions.json")"
post -d '{"station_id": "old-town-hall"}' "http://$api/api/v1/rentals/$order/stop" >/dev/null

# Forgotten: cancelled, and owed as before. Then refused. Then with another card.
customer needs
new_quote
start k2
order=$(field .order_id)
until_true 40 is_needed
debt=$(status .debt)
pays p1 "$back" 202 || die "the same key of another rental is another key: $(cat "$work/pay.json")"
until_true 60 pays p1 "$back" 402
first=$(cat "$work/pay.json")
pay p1 "$back"
[[ $(cat "$work/pay.json") == "$first" ]] || die "a refusal that is repeated is not the first: $first; $(cat "$work/pay.json")"
until_true 40 grep -q "cancel $(asked) requires_action\$" "$word.log" || die "not cancelled: $(cat "$word.log")"
[[ $(status .debt) == "$debt" && $(status .action) == null ]] || die "forgotten: $(status .)"
pays p2 "$back" 202 || die "a new key: $(cat "$work/pay.json")"
customer refused
until_true 40 pays p2 "$back" 402
[[ $(status .debt) == "$debt" && $(status .payer_needed) == true ]] || die "refused: $(status .)"
until_true 40 grep -q "cancel $(asked) requires_payment_method\$" "$word.log" # else he confirms it with another card
customer confirmed
pay p3 '{"payment_method": "pm_other"}'
until_true 40 pays p3 '{"payment_method": "pm_other"}' 200
until_true 40 grep -q '^charge .* on pm_other ' "$word.log" || die "another card: $(cat "$word.log")"
[[ $(status .debt) == 0 ]] || die "paid with another card: $(status .)"
pays p4 '{"payment_method": "pm\r\nX-Evil: 1"}' 422 || die "a method with a line break: $(cat "$work/pay.json")"
pays p4 '{"return_url": "javascript:alert(1)"}' 422 || die "an address that is none: $(cat "$work/pay.json")"
order=00000000-0000-7000-8000-000000000000
pays p4 '{}' 404 || die "no such rental: $(cat "$work/pay.json")"
kill "${pids[-1]}"
wait "${pids[-1]}" || die "the host ended with $?"
unset 'pids[-1]'
"$build/rentald" --config="$work/api.conf" --audit >"$work/audit.log" 2>&1 || die "the audit finds something: $(cat "$work/audit.log")"
"$build/rentald" --config="$work/api.conf" --reconcile >"$work/reconcile.log" 2>&1 || die "the books differ: $(cat "$work/reconcile.log")"
echo "payment_pay: needed, confirmed, forgotten, refused, with another card"
