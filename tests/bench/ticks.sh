#!/usr/bin/env bash
# ticks.sh - billing on PostgreSQL: a tick over many due rentals, with a provider that answers at
# once and one that takes 200 ms, beside the stubs' own limit for charges and hand-written SQL that
# does the same bookkeeping; a scan with nothing due; memory over 20 ticks.
# Private server with default durability; about ten minutes; prints Markdown.
#
#     tests/bench/ticks.sh [BUILD_DIR]          (default: build; build it with script/build)
#     DUE="100000 1000000" SLOW=100000 IDLE=1000000 COVERED=100000 TICKS=20 tests/bench/ticks.sh
#
# 0 leaves a part out.
set -euo pipefail
cd "$(dirname "$0")/../.."
build=$(realpath "${1:-build}")
read -ra due <<<"${DUE:-100000 1000000}"
slow=${SLOW:-100000} idle=${IDLE:-1000000} covered=${COVERED:-100000} ticks=${TICKS:-20}
# shellcheck source=tests/bench/lib.sh
. tests/bench/lib.sh

now_ms() { echo $(($(date +%s%N) / 1000000)); }
fill() { # RENTALS PRICE FREE_MINUTES
	sql -v rentals="$1" -v price="$2" -v free="$3" -f tests/bench/sql/due.sql
	sql -c 'VACUUM ANALYZE' -c CHECKPOINT
}
cycles() { metric rental_system_billing_cycles_total; }
wait_cycles() { # HOW MANY
	for _ in $(seq 6000); do
		(($(cycles) >= $1)) && return
		sleep 0.1
	done
	say "the tick does not end"
	exit 70
}
# One tick of a new worker; a row of the table.
tick() { # NAME RENTALS [ARGUMENTS]
	local name=$1 n=$2 pg=0 stub=0 took charged
	shift 2
	pg=$(pg_cpu) stub=$(cpu "$stubs_pid")
	start worker worker-postgres "$@"
	ready "$WORKER_LISTEN/metrics"
	wait_cycles 1
	took=$(metric rental_system_billing_cycle_duration_seconds_sum)
	charged=$(metric 'rental_system_payment_attempts_total{service="billing-worker",status="success"}')
	jq -nr --arg name "$name" --argjson n "$n" --argjson s "$took" --argjson c "$charged" \
		--argjson w "$(cpu "$worker_pid")" --argjson p $(($(pg_cpu) - pg)) \
		--argjson b $(($(cpu "$stubs_pid") - stub)) \
		--argjson rss "$(memory "$worker_pid" VmHWM)" \
		'"| \($name) | \($n) | \($c) | \($s * 100 | round / 100) | \($c / $s | floor) | \(
		$w / $n * 10 | round / 10) | \($p / $n * 10 | round / 10) | \(
		$b / $n * 10 | round / 10) | \($rss) |"'
	stop worker
}
statement() { # NAME FILE RENTALS
	local pg began
	pg=$(pg_cpu) began=$(now_ms)
	sql -f "tests/bench/sql/$2.sql"
	began=$(($(now_ms) - began))
	jq -nr --arg name "$1" --argjson n "$3" --argjson ms $began --argjson p $(($(pg_cpu) - pg)) \
		'"| \($name) | \($n) | - | \($ms / 1000) | \($n * 1000 / $ms | floor) | - | \(
		$p / $n * 10 | round / 10) | - | - |"'
}
latency() { # MS, of a charge
	curl -fsS -o "$bench_dir/settings" "$STUBS_URL/admin/settings" \
		-d "{\"endpoint\": \"clear-money-for-order\", \"latency_ms\": $1}" \
		-H 'Content-Type: application/json'
}

bench_environment
build_load
state=$(machine)
export IN_FLIGHT=1000
pg_start
"$build/rentald" --config=tests/bench/conf/worker-postgres.conf --migrate >"$bench_dir/migrate.log"
start stubs stubs
ready "$STUBS_LISTEN/admin/status"

echo "$state."
echo
echo "| what | rentals | charged | seconds | a second | worker us | PostgreSQL us | stubs us | worker peak MB |"
echo "| --- | --- | --- | --- | --- | --- | --- | --- | --- |"
for n in "${due[@]}"; do
	fill "$n" 60 0
	statement "one SQL statement" tick "$n"
	fill "$n" 60 0
	statement "two: intents, outcomes" tick_twice "$n"
	fill "$n" 60 0
	tick "tick, charges at once" "$n"
	say "$n due done"
done
if ((slow > 0)); then
	fill "$slow" 60 0
	latency 200
	tick "tick, charges take 200 ms" "$slow"
	latency 0
	say "slow provider done"
fi
if ((covered > 0)); then
	fill "$covered" 60 0
	sql -f tests/bench/sql/held.sql -c 'VACUUM ANALYZE' -c CHECKPOINT
	tick "tick, charge = at_end, all covered by holds" "$covered" \
		--set=instances.core.options.charge=at_end
fi
if ((idle > 0)); then
	fill "$idle" 60 600
	tick "tick, nothing due" "$idle"
fi
echo
for n in 64 256; do
	"$bench_dir/rent-load" --url="$STUBS_URL" --phases=charge --connections=$n --seconds=4 \
		--cpu="stubs:$stubs_pid" | jq -r '"The stubs alone: \(.per_second) charges a second over \(
		.connections) connections, p99 \(.p99_us / 1000) ms, \(.cpu_us.stubs) us each."'
done
echo
fill 10000 3600000 0
BILLING_TICK=2s start worker worker-postgres
ready "$WORKER_LISTEN/metrics"
printf 'RSS of a worker after each of %s ticks over 10000 due rentals (MB):' "$ticks"
for i in $(seq "$ticks"); do
	wait_cycles "$i"
	printf ' %s' "$(memory "$worker_pid" VmRSS)"
done
printf '\n\nCharged in these ticks: %s.\n' \
	"$(metric 'rental_system_payment_attempts_total{service="billing-worker",status="success"}')"
stop worker
"$build/rentald" --config=tests/bench/conf/worker-postgres.conf --audit >"$bench_dir/audit.log" ||
	{ tail "$bench_dir/audit.log" >&2; exit 70; }
echo "The audit was clean."
