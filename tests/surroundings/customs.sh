#!/usr/bin/env bash
# customs.sh BUILD SOURCE - what people and their machines do by habit: an account without a name, a proxy
# in the environment, a key as simple as "1", two rentals at once, a stop before the start has ended.
source "$(dirname "$0")/lib.sh"

# ---- a proxy in the environment, where nobody answers: no call goes there
export http_proxy=http://127.0.0.1:9 HTTP_PROXY=http://127.0.0.1:9 all_proxy=http://127.0.0.1:9 no_proxy=
curl() { command curl --noproxy '*' "$@"; }
up
start somebody
is "a start with a proxy in the environment" "$start_status" 200
first=$order

# ---- two rentals of one user: nothing limits him, and each has its own books
start somebody
is "a second start of the same user" "$start_status" 200
code "$api/users/somebody/balance" >/dev/null
is "live rentals" "$(member live_rentals)" 2

# ---- keys are of all users together
key() { # key USER: a start with the key "1"
	post rentals/quote '{"user_id":"'"$1"'","station_id":"some-station-id"}' >/dev/null
	post rentals/start '{"quote_id":"'"$(member quote_id)"'"}' -H 'Idempotency-Key: 1'
}
is "a start with the key 1" "$(key anna)" 200
is "somebody else's with the same key" "$(key bert)" 422
says_not "$work/body" 'order_id'

for id in "$first" "$order"; do
	is "a stop" "$(stop "$id")" 200
done
down
is "exit code" "$code" 0
code=0
"$build/rentald" --config=etc/demo.conf --audit >"$work/said" 2>&1 || code=$?
is "exit code of the audit" "$code" 0

# ---- an account that has no name
if ((EUID == 0)) && command -v setpriv >/dev/null; then
	chmod 755 "$work"
	rm -rf "$STATE_DIR" && mkdir "$STATE_DIR" && chmod 777 "$STATE_DIR"
	setpriv --reuid=1234567 --clear-groups "$build/rentald" --config=etc/demo.conf >>"$work/log" 2>&1 &
	host=$!
	pids+=("$host")
	until_ok 60 answers "$api/health/ready" || complain "it does not start as somebody without a name"
	start nameless
	is "a start under an account without a name" "$start_status" 200
	down
	is "exit code" "$code" 0
	# Without a name to be taken for it, who acts must be said.
	code=0
	setpriv --reuid=1234567 --clear-groups "$build/rentald" --config=etc/demo.conf \
		--resolve="$order" --as=succeeded --reason=x >"$work/said" 2>&1 || code=$?
	is "exit code of --resolve without --by" "$code" 64
	says "$work/said" '--by'
fi
