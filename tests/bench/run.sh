#!/usr/bin/env bash
# run.sh - the figures of the product as it comes, on SQLite with synchronous=FULL: requests a
# second with p50 and p99 of quote, start, status, stop and the full cycle through HTTP, processor
# time of each process, the charges of one tick, memory and sizes. Everything on loopback, in
# new processes, bounded in time (about five minutes); prints Markdown. PostgreSQL:
# compare.sh, ticks.sh, growth.sh.
#
#     tests/bench/run.sh [BUILD_DIR]        (default: build; build it with script/build)
#     ROUNDS=3 SECONDS_EACH=3 CONNECTIONS="16 64 256" DUE=10000 tests/bench/run.sh
set -euo pipefail
cd "$(dirname "$0")/../.."
build=$(realpath "${1:-build}")
rounds=${ROUNDS:-3} each=${SECONDS_EACH:-3} due=${DUE:-10000}
read -ra connections <<<"${CONNECTIONS:-16 64 256}"
# shellcheck source=tests/bench/lib.sh
. tests/bench/lib.sh

bench_environment
build_load
state=$(machine)
start stubs stubs
ready "$STUBS_LISTEN/admin/status"
start api api-sqlite
ready "$API_LISTEN/api/v1/health/ready"
idle=$(memory "$api_pid" VmRSS)

for n in "${connections[@]}"; do
	for _ in $(seq "$rounds"); do
		"$bench_dir/rent-load" --url="http://$API_LISTEN" --connections="$n" \
			--seconds="$each" --cpu="api:$api_pid,stubs:$stubs_pid" \
			>>"$bench_dir/load.jsonl"
	done
	say "$n connections done"
done
loaded=$(memory "$api_pid" VmRSS) peak=$(memory "$api_pid" VmHWM)
stop api
"$build/rentald" --config=tests/bench/conf/api-sqlite.conf --audit >"$bench_dir/audit.log" ||
	{ tail "$bench_dir/audit.log" >&2; exit 70; }

# One tick over DUE rentals, rows as an operator might insert them, against the stubs.
rm -f "$STATE_DIR"/rentald.db*
"$build/rentald" --config=tests/bench/conf/worker-sqlite.conf --migrate >"$bench_dir/migrate.log"
for _ in $(seq "$rounds"); do
	sqlite3 "$STATE_DIR/rentald.db" "
		DROP TRIGGER IF EXISTS payment_attempts_no_delete;
		DELETE FROM rentals; DELETE FROM operations; DELETE FROM payment_attempts;
		WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $due)
		INSERT INTO rentals (id, user_id, powerbank_id, price_per_hour, free_period_min,
			deposit, status, total_amount, started_at)
		SELECT printf('bench-%08d', i), 'user-' || i, 'PB-' || i, 60, 0, 0, 'ACTIVE', 0,
			datetime('now', '-10 minutes') FROM n;"
	start worker worker-sqlite
	ready "$WORKER_LISTEN/metrics"
	for _ in $(seq 600); do
		[[ $(metric rental_system_billing_cycles_total) != 0 ]] && break
		sleep 0.1
	done
	took=$(metric rental_system_billing_cycle_duration_seconds_sum)
	charged=$(metric 'rental_system_payment_attempts_total{service="billing-worker",status="success"}')
	jq -nc --argjson s "$took" --argjson n "$charged" --argjson rss "$(memory "$worker_pid" VmHWM)" \
		--argjson cpu "$(cpu "$worker_pid")" \
		'{charged: $n, seconds: $s, per_second: ($n / $s | floor), rss: $rss, us: ($cpu / $n | round)}' \
		>>"$bench_dir/tick.jsonl"
	stop worker
done
say "ticks done"

echo "$state; medians of $rounds rounds of ${each} s."
echo
jq -rs 'def median: sort | .[length / 2 | floor];
	"| phase | connections | per second | p50 ms | p99 ms | us: load generator | API host | stubs | failed |",
	"| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
	(group_by([.phase, .connections]) | .[] |
	"| \(.[0].phase) | \(.[0].connections) | \(map(.per_second) | median) | \(
		(map(.p50_us) | median) / 1000) | \((map(.p99_us) | median) / 1000) | \(
		map(.cpu_us.load) | median) | \(map(.cpu_us.api) | median) | \(
		map(.cpu_us.stubs) | median) | \(map(.failed) | add) |"),
	"",
	"A status within cycles:",
	(map(select(.phase == "cycle")) | group_by(.connections) | .[] |
	"- \(.[0].connections) connections: p50 \((map(.status_p50_us) | median) / 1000) ms, p99 \(
		(map(.status_p99_us) | median) / 1000) ms")' "$bench_dir/load.jsonl"
jq -rs 'def median: sort | .[length / 2 | floor];
	"", "One tick: \(map(.charged) | median) rentals charged in \(map(.seconds) | median) s, \(
	map(.per_second) | median) charges a second, \(map(.us) | median) us of the worker each, peak \(
	map(.rss) | max) MB."' "$bench_dir/tick.jsonl"
echo
echo "RSS of the API host: $idle MB idle, $loaded MB after the load, $peak MB at its peak."
echo
echo "Sizes (stripped, KiB):"
for f in "$build/rentald" "$build"/plugins/*.so; do
	cp "$f" "$bench_dir/stripped" && strip "$bench_dir/stripped"
	echo "- $(basename "$f") $(($(stat -c %s "$bench_dir/stripped") / 1024))"
done
