#!/usr/bin/env bash
# slow.sh - what waiting costs: a cabinet that takes 3 s, thousands of starts in the air at once, a
# status asked every 5 ms meanwhile, and memory; then more starts than runtime.tasks admits,
# beyond which the answer is 503 at once. On PostgreSQL and on SQLite, private server with
# default durability; about two minutes; prints Markdown.
#
#     tests/bench/slow.sh [BUILD_DIR]           (default: build; build it with script/build)
#     STARTS="200 2000" EJECT_MS=3000 TASKS=9000 BEYOND=500 STORAGES="postgres sqlite" tests/bench/slow.sh
set -euo pipefail
cd "$(dirname "$0")/../.."
build=$(realpath "${1:-build}")
read -ra starts <<<"${STARTS:-200 2000}"
read -ra storages <<<"${STORAGES:-postgres sqlite}"
ulimit -n "$(ulimit -Hn)"
# A start that waits holds two descriptors of the host: 10,000 of them need a limit of 22,500.
room=$(($(ulimit -n) * 9 / 20))
eject_ms=${EJECT_MS:-3000} tasks=${TASKS:-$((room < 10000 ? room : 10000))} beyond=${BEYOND:-500}
# shellcheck source=tests/bench/lib.sh
. tests/bench/lib.sh

latency() { # MS, of an eject
	curl -fsS -o "$bench_dir/settings" "$STUBS_URL/admin/settings" \
		-d "{\"endpoint\": \"eject-powerbank\", \"latency_ms\": $1}"
}
begin_api() { # STORAGE
	start api "api-$1" --set=listeners.api.max_connections=15000 --set=runtime.tasks="$tasks" --set=listeners.api.idle_timeout=10m \
		--set=instances.station.options.eject.max_in_flight=10000 \
		--set=instances.station.options.eject.timeout=60s \
		--set=instances.station.options.eject.breaker_failures=1000
	ready "$API_LISTEN/api/v1/health/ready"
}
# Rentals in the storage, and nothing about them that an audit finds.
rentals() { # STORAGE
	"$build/rentald" --config="tests/bench/conf/worker-$1.conf" --audit >"$bench_dir/audit.log" ||
		{ tail "$bench_dir/audit.log" >&2; exit 70; }
	if [[ $1 == postgres ]]; then
		sql -c 'SELECT count(*) FROM rentals'
	else
		sqlite3 "$STATE_DIR/rentald.db" 'SELECT count(*) FROM rentals'
	fi
}
# So many starts at a fresh host, as a row. What was answered with 200 must be in the storage.
burst() { # STORAGE STARTS
	local out idle peak before after
	latency 0
	before=$(rentals "$1")
	begin_api "$1"
	idle=$(memory "$api_pid" VmRSS)
	out=$("$bench_dir/rent-burst" --url="http://$API_LISTEN" --starts="$2" --pace=5 \
		--then="curl -fsS -o $bench_dir/settings $STUBS_URL/admin/settings \
			-d '{\"endpoint\": \"eject-powerbank\", \"latency_ms\": $eject_ms}'")
	peak=$(memory "$api_pid" VmHWM)
	stop api
	after=$(rentals "$1")
	jq -nr --arg storage "$1" --argjson r "$out" --argjson idle "$idle" --argjson peak "$peak" \
		--argjson made $((after - before)) '
		def ms: . / 100 | round / 10;
		"| \($storage) | \($r.starts) | \($r.good) | \($r.refused) | \(
		$r.failed + $r.unanswered + ([$r.good + 1 - $made, 0] | max)) | \(
		$r.took_ms / 1000) | \($r.start_p50_us | ms) | \($r.start_p99_us | ms) | \(
		$r.status_p50_us | ms) | \($r.status_p99_us | ms) | \($r.status_max_us | ms) | \(
		$r.refusal_p99_us | ms) | \($idle) | \($peak) |"'
}

bench_environment
gcc -O2 -D_GNU_SOURCE -o "$bench_dir/rent-burst" tests/bench/{burst,wire,samples}.c
state=$(machine)
pg_start
for storage in "${storages[@]}"; do
	"$build/rentald" --config="tests/bench/conf/worker-$storage.conf" --migrate >"$bench_dir/migrate.log"
done
start stubs stubs --set=listeners.stubs.max_connections=15000 --set=runtime.tasks=40000
ready "$STUBS_LISTEN/metrics"

echo "A cabinet that takes $eject_ms ms, runtime.tasks = $tasks; $state."
echo
echo "| storage | starts at once | good | 503 | lost | took s | start p50 ms | p99 | status p50 ms | p99 | max | 503 p99 ms | idle MB | peak MB |"
echo "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |"
for storage in "${storages[@]}"; do
	for n in "${starts[@]}"; do
		burst "$storage" "$n"
	done
	burst "$storage" $((tasks + beyond))
done
