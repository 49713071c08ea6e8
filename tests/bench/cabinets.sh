#!/usr/bin/env bash
# cabinets.sh - `rentald --reconcile=stations` over many cabinets at a rate that their service allows: how long it
# takes, how many questions a second the service gets, and memory. A running rental in each cabinet, and one of
# them is back without a report, which must be found. SQLite; loopback only; COUNT / RATE seconds and about a
# minute to make the rentals; prints Markdown.
#
#     tests/bench/cabinets.sh [BUILD_DIR]        (default: build; build it with script/build)
#     COUNT=10000 RATE=100 tests/bench/cabinets.sh
set -euo pipefail
cd "$(dirname "$0")/../.."
build=$(realpath "${1:-build}")
count=${COUNT:-10000} rate=${RATE:-100}
# shellcheck source=tests/bench/lib.sh
. tests/bench/lib.sh

bench_environment
export HOOKS_LISTEN CALLBACK_KEY=0123456789abcdef0123456789abcdef POLL_RATE=$rate
HOOKS_LISTEN=127.0.0.1:$(free_port)
state=$(machine)
"$build/rentald" --config=tests/bench/conf/returns.conf --migrate >"$bench_dir/migrate.log"
start stubs stubs --set=instances.stubs.options.endless=false
ready "$STUBS_LISTEN/metrics"
say "$count rentals are made"
python3 tests/bench/rentals.py "$STATE_DIR/rentald.db" "$STUBS_LISTEN" "$CALLBACK_KEY" "$count" "$count"
read -r powerbank station < <(sqlite3 -separator ' ' "$STATE_DIR/rentald.db" \
	"SELECT powerbank_id, station_id FROM rentals ORDER BY id LIMIT 1")
curl -fsS -o "$bench_dir/back" "$STUBS_URL/admin/return-powerbank" -H 'Content-Type: application/json' \
	-d "{\"powerbank_id\": \"$powerbank\", \"station_id\": \"$station\"}"
began=$(date +%s%N) code=0
"$build/rentald" --config=tests/bench/conf/returns.conf --set=instances.core.options.return_settle=5s \
	--reconcile=stations --format=json >"$bench_dir/found.json" 2>"$bench_dir/progress" || code=$?
took=$(($(date +%s%N) - began))
[[ $code == 70 && $(jq -r 'select(.type == "breach") | .code' "$bench_dir/found.json" | xargs) == slot_runs ]] || {
	tail "$bench_dir/progress" "$bench_dir/found.json" >&2
	exit 70
}
echo "$count cabinets, at most $rate questions a second; $state."
echo
echo "| cabinets asked | running rentals | found | took s | a second | lines of progress |"
echo "| --- | --- | --- | --- | --- | --- |"
jq -r --argjson took "$took" --argjson lines "$(wc -l <"$bench_dir/progress")" '
	select(.type == "summary") | "| \(.entries) | \(.rentals) | \(.breaches) | \($took / 1e9 * 10 | round / 10) | \(
	.entries / ($took / 1e9) | round) | \($lines) |"' "$bench_dir/found.json"
