#!/usr/bin/env bash
# growth.sh - what grows with the number of rentals in the database, on PostgreSQL: the cost of a
# status, a start and a tick over a fixed number of due rentals, with 10^3 to 10^6 others, which
# are active with nothing due (a tick looks at each) or ended. Processor time, which other work on
# the machine does not change. Private server with default durability; about four minutes;
# prints Markdown.
#
#     tests/bench/growth.sh [BUILD_DIR]         (default: build; build it with script/build)
#     SIZES="1000 10000 100000 1000000" DUE=1000 tests/bench/growth.sh
set -euo pipefail
cd "$(dirname "$0")/../.."
build=$(realpath "${1:-build}")
read -ra sizes <<<"${SIZES:-1000 10000 100000 1000000}"
due=${DUE:-1000}
# shellcheck source=tests/bench/lib.sh
. tests/bench/lib.sh

# The others, and DUE rentals on top.
fill() { # RENTALS STATUS
	sql -v rentals="$1" -v price=60 -v free=600 -f tests/bench/sql/due.sql
	[[ $2 == ACTIVE ]] || sql -c "UPDATE rentals SET status = 'FINISHED', settlement = 'DONE',
		finished_at = now(), final_amount = 0"
	sql -c "INSERT INTO rentals (id, user_id, powerbank_id, price_per_hour, free_period_min,
		deposit, status, total_amount, started_at)
		SELECT 'due-' || to_char(i, 'FM00000000'), 'user-' || i, 'PBD-' || i, 60, 0, 0,
		'ACTIVE', 0, now() - interval '10 minutes' FROM generate_series(1, $due) i" \
		-c 'VACUUM FULL rentals' -c 'VACUUM ANALYZE' -c CHECKPOINT
}
tick() { # : "milliseconds us us", of the whole tick
	local pg
	pg=$(pg_cpu)
	start worker worker-postgres
	ready "$WORKER_LISTEN/metrics"
	for _ in $(seq 600); do
		(($(metric rental_system_billing_cycles_total) > 0)) && break
		sleep 0.1
	done
	echo "$(metric rental_system_billing_cycle_duration_seconds_sum)" \
		"$(cpu "$worker_pid")" $(($(pg_cpu) - pg))
	stop worker
}
row() { # RENTALS STATUS
	local ticked
	start api api-postgres
	ready "$API_LISTEN/api/v1/health/ready"
	"$bench_dir/rent-load" --url="http://$API_LISTEN" --phases=quote,start,status,stop \
		--connections=16 --seconds=2 --cpu="api:$api_pid,pg:$pg_pid" >"$bench_dir/row.jsonl"
	stop api
	ticked=$(tick)
	jq -rs --arg n "$1" --arg s "$2" --arg t "$ticked" '
		($t | split(" ") | map(tonumber)) as $tick |
		def of($p): .[] | select(.phase == $p) | "\(.cpu_us.api) + \(.cpu_us.pg)";
		"| \($n) \($s) | \(of("quote")) | \(of("status")) | \(of("start")) | \(of("stop")) | \(
		$tick[0] * 1000 | round) | \($tick[1] / 1000 | round) + \($tick[2] / 1000 | round) |"' \
		"$bench_dir/row.jsonl"
}

bench_environment
build_load
state=$(machine)
pg_start
"$build/rentald" --config=tests/bench/conf/worker-postgres.conf --migrate >"$bench_dir/migrate.log"
start stubs stubs
ready "$STUBS_LISTEN/admin/status"
echo "$state; $due due; host + PostgreSQL."
echo
echo "| others | quote us | status us | start us | stop us | tick ms | tick processor ms |"
echo "| --- | --- | --- | --- | --- | --- | --- |"
for status in FINISHED ACTIVE; do
	for n in "${sizes[@]}"; do
		fill "$n" $status
		row "$n" $status
		say "$n $status done"
	done
done
