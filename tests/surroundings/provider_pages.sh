#!/usr/bin/env bash
# provider_pages.sh BUILD SOURCE - a proxy before a provider answers every request with a page of
# its own. Whatever its status: it is no answer, money waits and is asked for again, the log names
# status, content type and Location, the breaker opens, and nobody is refused as if he had no money.
source "$(dirname "$0")/lib.sh"
export DEBT_RETRY_BASE=1s PAYMENT_BREAKER_RESET=1s

page=$work/page gateway=127.0.0.1:$(port)
"$build/surroundings_gateway" "$gateway" "$STUBS_LISTEN" "$page" &
pids+=($!)
disown
# page STATUS TYPE [HEADER]
page() {
	local body='<html><body>400 The plain HTTP request was sent to HTTPS port</body></html>'
	printf 'HTTP/1.1 %s\r\nServer: nginx\r\nContent-Type: %s\r\n%sContent-Length: %d\r\nConnection: close\r\n\r\n%s' \
		"$1 Whatever" "$2" "${3:+$3$'\r\n'}" "${#body}" "$body" >"$page.new"
	mv "$page.new" "$page"
}
behind() {
	args=("--set=instances.$1.options.url=http://$gateway" --set=instances.core.options.resolve_base=1s)
}
settled() { [[ $(code "$api/rentals/$1/status") == 200 && $(member settlement) == done ]]; }
breaker() {
	code "$api/health/circuit-breakers" >/dev/null
	member "circuit_breakers.$1.state"
}
breaker_is_open() { [[ $(breaker "$1") != closed ]]; }
audit() { "$build/rentald" --config=etc/demo.conf "${args[@]}" --audit >"$work/audit" 2>&1; }

# ---- a stop meanwhile
behind payment
for what in '400 text/html' '301 text/html'; do
	read -r number type <<<"$what"
	: >"$work/log"
	up "${args[@]}"
	start "user-$number"
	is "start" "$start_status" 200
	# The price is by the minute: 20 seconds to go until the next one.
	sqlite3 "$STATE_DIR/rentald.db" \
		"UPDATE rentals SET started_at = datetime('now', '-3 hours', '+20 seconds') WHERE id = '$order'"
	page "$number" "$type" 'Location: https://pay.example/elsewhere'
	is "stop behind $what" "$(stop "$order")" 200
	is "settlement behind $what" "$(member settlement)" pending
	until_ok 30 breaker_is_open payment || complain "behind $what the breaker stays closed"
	is "settlement behind $what" "$(code "$api/rentals/$order/status")$(member settlement)" 200pending
	rm "$page"
	until_ok 60 settled "$order" || complain "after $what the stop never settles"
	is "due and taken after $what" "$(member total_amount)+$(member debt)" 175+0
	says "$work/log" "is not an answer of the service.* upstream=payment .*status=$number content_type=$type"
	[[ $number != 301 ]] || says "$work/log" 'status=301 .*location=https://pay.example/elsewhere'
	down
	is "exit code" "$code" 0
	audit || complain "after $what: $(<"$work/audit")"
done

# ---- a start that must have its deposit
for what in '402 text/html' '301 text/html' '200 text/html'; do
	: >"$work/log"
	up "${args[@]}" --set=instances.core.options.deposit_policy=refuse
	# shellcheck disable=SC2086
	page $what
	start "careful-${what%% *}"
	is "start behind $what, under refuse" "$start_status" 503
	says "$work/head" '^Retry-After: [1-9]'
	rm "$page"
	down
done

# ---- the other providers
for instance in station catalog; do
	behind "$instance"
	: >"$work/log"
	up "${args[@]}"
	page 404 text/html
	start "page-of-$instance"
	is "start with the page of a proxy before $instance" "$start_status" 503
	says "$work/log" 'is not an answer of the service.* status=404 content_type=text/html'
	rm "$page"
	down
done

# ---- looked at beforehand
behind payment
page 301 text/html 'Location: https://pay.example/v2'
"$build/rentald" --config=etc/demo.conf "${args[@]}" --check-connections >"$work/check" 2>&1 || true
says "$work/check" "payment: .*warning: it redirects \(status 301\) to 'https://pay.example/v2'"
page 400 text/html
"$build/rentald" --config=etc/demo.conf "${args[@]}" --check-connections >"$work/check" 2>&1 || true
says "$work/check" 'payment: .*warning: it answers with a web page \(status 400, text/html\)'
