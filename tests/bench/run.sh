#!/usr/bin/env bash
# tests/bench/run.sh - the first figures of the whole product, in one run on one machine: requests
# a second with p50 and p99 of quote, start, status, stop and the full cycle through HTTP on SQLite
# with synchronous=FULL, the charges of one tick, memory and sizes. Everything on loopback, in
# processes of its own, bounded in time (about five minutes); prints Markdown.
#
#     tests/bench/run.sh [BUILD_DIR]        (default: build; build it with script/build)
#     ROUNDS=5 SECONDS_EACH=3 CONNECTIONS="16 64" DUE=10000 tests/bench/run.sh
set -euo pipefail
cd "$(dirname "$0")/../.."
build=$(realpath "${1:-build}")
sqlite=tests/support/proc/sqlite # the configurations
rounds=${ROUNDS:-5} each=${SECONDS_EACH:-3} due=${DUE:-10000}
read -ra connections <<<"${CONNECTIONS:-16 64}"

dir=$(mktemp -d)
pids=()
cleanup() {
	((${#pids[@]} == 0)) || kill -TERM "${pids[@]}" 2>/dev/null || true
	wait 2>/dev/null || true
	rm -rf "$dir"
}
trap cleanup EXIT

load=$dir/rent-load
gcc -O2 -D_GNU_SOURCE -o "$load" tests/bench/load.c -lcurl -ljansson -lpthread

free_port() {
	local port
	while :; do
		port=$((20000 + RANDOM % 20000))
		(exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
	done
	echo "$port"
}
api=127.0.0.1:$(free_port) stubs=127.0.0.1:$(free_port) worker=127.0.0.1:$(free_port)
export API_LISTEN=$api STUBS_LISTEN=$stubs WORKER_LISTEN=$worker STUBS_URL=http://$stubs
export STATE_DIR=$dir/state LOG_LEVEL=warn BILLING_TICK=1h
mkdir -p "$STATE_DIR"

start() { # NAME CONFIG [ARGUMENTS]
	local name=$1 config=$2
	shift 2
	"$build/rentald" --config="$config" "$@" >"$dir/$name.log" 2>&1 &
	pids+=($!)
	eval "$name=$!"
}
ready() { # URL
	for _ in $(seq 200); do
		curl -fsS -o /dev/null "$1" 2>/dev/null && return
		sleep 0.05
	done
	echo "run.sh: $1 does not answer" >&2
	tail -n 5 "$dir"/*.log >&2
	exit 69
}
rss() { awk '/VmRSS/ { printf "%.1f", $2 / 1024 }' "/proc/$1/status"; }
metric() { curl -fsS "http://$worker/metrics" | awk -v m="$1" 'index($1, m) == 1 { s += $2 } END { print s + 0 }'; }

start stubs_pid etc/external-stubs.conf --set=instances.stubs.options.endless=true
ready "http://$stubs/admin/status"
start api_pid $sqlite/rental-core.conf
ready "http://$api/api/v1/health/ready"
idle=$(rss "$api_pid")

for n in "${connections[@]}"; do
	for _ in $(seq "$rounds"); do
		"$load" --url="http://$api" --connections="$n" --seconds="$each" >>"$dir/load.jsonl"
	done
	echo "bench: $n connections done" >&2
done
loaded=$(rss "$api_pid")
peak=$(awk '/VmHWM/ { printf "%.1f", $2 / 1024 }' "/proc/$api_pid/status")
kill -TERM "$api_pid" && wait "$api_pid"
"$build/rentald" --config=$sqlite/rental-core.conf --audit >"$dir/audit.log" ||
	{ tail "$dir/audit.log" >&2; exit 70; }

# One tick over DUE rentals, rows as an operator might insert them, against the stubs.
rm -f "$STATE_DIR"/rentald.db*
"$build/rentald" --config=$sqlite/billing-worker.conf --migrate >/dev/null
for _ in $(seq "$rounds"); do
	sqlite3 "$STATE_DIR/rentald.db" "
		DELETE FROM rentals; DELETE FROM operations; DELETE FROM payment_attempts;
		WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $due)
		INSERT INTO rentals (id, user_id, powerbank_id, price_per_hour, free_period_min,
			deposit, status, total_amount, started_at)
		SELECT printf('bench-%08d', i), 'user-' || i, 'PB-' || i, 60, 0, 0, 'ACTIVE', 0,
			datetime('now', '-10 minutes') FROM n;"
	start worker_pid $sqlite/billing-worker.conf
	ready "http://$worker/metrics"
	for _ in $(seq 600); do
		[[ $(metric rental_system_billing_cycles_total) != 0 ]] && break
		sleep 0.1
	done
	took=$(metric rental_system_billing_cycle_duration_seconds_sum)
	charged=$(metric 'rental_system_payment_attempts_total{service="billing-worker",status="success"}')
	jq -nc --argjson s "$took" --argjson n "$charged" --argjson rss "$(rss "$worker_pid")" \
		'{phase: "tick", charged: $n, seconds: $s, per_second: ($n / $s | floor), rss: $rss}' \
		>>"$dir/tick.jsonl"
	kill -TERM "$worker_pid" && wait "$worker_pid"
done
echo "bench: ticks done" >&2

jq -rs 'def median: sort | .[length / 2 | floor];
	"| phase | connections | per second | p50 ms | p99 ms | failed |",
	"| --- | --- | --- | --- | --- | --- |",
	(group_by([.connections, .phase]) | .[] |
	"| \(.[0].phase) | \(.[0].connections) | \(map(.per_second) | median) | \(
		(map(.p50_us) | median) / 1000) | \((map(.p99_us) | median) / 1000) | \(
		map(.failed) | add) |")' "$dir/load.jsonl"
jq -rs 'def median: sort | .[length / 2 | floor];
	"", "One tick: \(map(.charged) | median) rentals charged in \(map(.seconds) | median) s, \(
	map(.per_second) | median) charges a second, worker RSS \(map(.rss) | max) MB."' "$dir/tick.jsonl"
echo
echo "RSS of the API host: $idle MB idle, $loaded MB after the load, $peak MB at its peak."
echo
echo "Sizes (stripped, KiB):"
for f in "$build/rentald" "$build"/plugins/*.so; do
	cp "$f" "$dir/stripped" && strip "$dir/stripped"
	echo "- $(basename "$f") $(($(stat -c %s "$dir/stripped") / 1024))"
done
