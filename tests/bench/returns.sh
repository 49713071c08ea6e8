#!/usr/bin/env bash
# returns.sh - 1,000 returns a second, reported by a cabinet cloud, beside rental cycles on the same host: how long
# after its report a return is visible in the status of its rental. The reports are hints: for each the order is
# looked up at the cloud (the stubs), and the rental ends with what is due charged. On SQLite with full durability; loopback
# only; about a minute, most of it to make the rentals; prints Markdown.
#
#     tests/bench/returns.sh [BUILD_DIR]        (default: build; build it with script/build)
#     RETURNS=10000 RATE=1000 CYCLES=4 tests/bench/returns.sh
#         CYCLES    connections that go through cycles meanwhile, as fast as they are answered; 0: none
set -euo pipefail
cd "$(dirname "$0")/../.."
build=$(realpath "${1:-build}")
returns=${RETURNS:-10000} rate=${RATE:-1000} cycles=${CYCLES:-4}
ulimit -n "$(ulimit -Hn)"
# shellcheck source=tests/bench/lib.sh
. tests/bench/lib.sh

bench_environment
export HOOKS_LISTEN CALLBACK_KEY=0123456789abcdef0123456789abcdef
HOOKS_LISTEN=127.0.0.1:$(free_port)
build_load
gcc -O2 -D_GNU_SOURCE -o "$bench_dir/rent-returns" tests/bench/{returns,wire,samples}.c
state=$(machine)
"$build/rentald" --config=tests/bench/conf/returns.conf --migrate >"$bench_dir/migrate.log"
start stubs stubs --set=listeners.stubs.max_connections=4000
ready "$STUBS_LISTEN/metrics"
say "$returns rentals are made"
python3 tests/bench/rentals.py "$STATE_DIR/rentald.db" "$STUBS_LISTEN" "$CALLBACK_KEY" "$returns" 1000 "$bench_dir/list"
start api returns
ready "$API_LISTEN/api/v1/health/ready"
if ((cycles > 0)); then
	"$bench_dir/rent-load" --url="http://$API_LISTEN" --connections="$cycles" --seconds=$((returns / rate + 2)) \
		--phases=cycle >"$bench_dir/cycles.json" &
	bench_pids+=($!)
	load_pid=$!
fi
"$bench_dir/rent-returns" --api="http://$API_LISTEN" --hooks="http://$HOOKS_LISTEN" --file="$bench_dir/list" \
	--rate="$rate" >"$bench_dir/returns.json" || say "not all ended"
if ((cycles > 0)); then
	wait "$load_pid"
else
	echo '{"per_second": 0, "p99_us": 0}' >"$bench_dir/cycles.json"
fi
stop api
"$build/rentald" --config=tests/bench/conf/returns.conf --audit >"$bench_dir/audit.log" ||
	{ tail "$bench_dir/audit.log" >&2; exit 70; }

echo "$returns returns at $rate a second, $cycles connections with cycles; $state."
echo
echo "| ended | a second | acknowledged p50 ms | p99 | visible p50 ms | p99 | max | cycles/s |"
echo "| --- | --- | --- | --- | --- | --- | --- | --- |"
jq -nr --slurpfile r "$bench_dir/returns.json" --slurpfile c "$bench_dir/cycles.json" '
	def ms: . / 100 | round / 10;
	$r[0] as $r | "| \($r.ended) | \($r.per_second) | \($r.acknowledged_p50_us | ms) | \($r.acknowledged_p99_us | ms) | \(
	$r.visible_p50_us | ms) | \($r.visible_p99_us | ms) | \($r.visible_max_us | ms) | \($c[0].per_second) |"'
