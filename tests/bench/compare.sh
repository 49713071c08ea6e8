#!/usr/bin/env bash
# compare.sh - the rental API on PostgreSQL against pgbench doing the same SQL one commit at a
# time, in one run on one machine, rounds interleaved. The host answers over HTTP and asks the
# stubs for stations, users, holds, ejects and releases; pgbench does the SQL alone, as single
# statements, with the best of its client counts. Private server with default durability;
# about 2 minutes a round; prints Markdown.
#
#     tests/bench/compare.sh [BUILD_DIR]        (default: build; build it with script/build)
#     ROUNDS=3 SECONDS_EACH=3 CONNECTIONS="16 64 256" CLIENTS="4 8 16 32" tests/bench/compare.sh
set -euo pipefail
cd "$(dirname "$0")/../.."
build=$(realpath "${1:-build}")
rounds=${ROUNDS:-3} each=${SECONDS_EACH:-3}
read -ra connections <<<"${CONNECTIONS:-16 64 256}"
read -ra clients <<<"${CLIENTS:-4 8 16 32}"
# shellcheck source=tests/bench/lib.sh
. tests/bench/lib.sh

made=20000
operations=(quote start status stop cycle)

host_phases() { # CONNECTIONS
	"$bench_dir/rent-load" --url="http://$API_LISTEN" --connections="$1" --seconds="$each" \
		--cpu="api:$api_pid,stubs:$stubs_pid,postgres:$pg_pid" >>"$bench_dir/host.jsonl"
}
# As the host's sessions are: index probes only, whatever the statistics were.
pgbench_run() { # OPERATION CLIENTS RUN
	local op=$1 n=$2 out pg
	pg=$(pg_cpu)
	out=$(PGOPTIONS="-c enable_seqscan=off -c enable_bitmapscan=off" "$(pg_bin)/pgbench" -n \
		-M prepared -f "tests/bench/sql/$op.sql" -c "$n" -j 2 -T "$each" -D n=0 \
		-D run="$3" -D clients="$n" -D made=$made 2>>"$bench_dir/pgbench.log") || {
		tail -n 5 "$bench_dir/pgbench.log" >&2
		return 70
	}
	jq -nc --arg op "$op" --argjson n "$n" \
		--argjson tps "$(awk '/^tps/ { print $3 }' <<<"$out")" \
		--argjson done "$(awk '/actually processed/ { print $6 }' <<<"$out")" \
		--argjson pg $(($(pg_cpu) - pg)) \
		'{phase: $op, clients: $n, per_second: $tps, us: ($pg / ($done + 1))}' \
		>>"$bench_dir/pgbench.jsonl"
}
pgbench_phases() { # ROUND
	local n op run
	for n in "${clients[@]}"; do
		run=$1x$n
		sql -v run="$run" -v clients="$n" -v quotes=$((30000 / n)) -v made=$made \
			-f tests/bench/sql/fill.sql
		for op in "${operations[@]}"; do
			if [[ $op == cycle ]]; then run=${run}c; fi
			pgbench_run "$op" "$n" "$run"
		done
	done
}

bench_environment
build_load
state=$(machine)
pg_start
"$build/rentald" --config=tests/bench/conf/worker-postgres.conf --migrate >"$bench_dir/migrate.log"
start stubs stubs
start api api-postgres
ready "$API_LISTEN/api/v1/health/ready"
idle=$(memory "$api_pid" VmRSS)
for round in $(seq "$rounds"); do
	for n in "${connections[@]}"; do host_phases "$n"; done
	pgbench_phases "$round"
	sql -c 'VACUUM ANALYZE' -c CHECKPOINT
	say "round $round of $rounds done"
done
peak=$(memory "$api_pid" VmHWM)
stop api
psql -qAt -c "DELETE FROM operations WHERE rental_id ~ '^r[mq]-'" \
	-c "DELETE FROM rentals WHERE id ~ '^r[mq]-'" \
	-c "DELETE FROM idempotency_keys WHERE key ~ '^kq-'"
"$build/rentald" --config=tests/bench/conf/worker-postgres.conf --audit >"$bench_dir/audit.log" ||
	{ tail "$bench_dir/audit.log" >&2; exit 70; }

echo "$state; medians of $rounds rounds of ${each} s."
echo
jq -rn --slurpfile host "$bench_dir/host.jsonl" --slurpfile base "$bench_dir/pgbench.jsonl" '
	def median: sort | .[length / 2 | floor];
	def best($op): [$base[] | select(.phase == $op)] | group_by(.clients) |
		map({clients: .[0].clients, rate: (map(.per_second) | median),
		us: (map(.us) | median | round)}) | max_by(.rate);
	"| operation | connections | host/s | p50 ms | p99 ms | pgbench/s (clients) | ratio | failed |",
	"| --- | --- | --- | --- | --- | --- | --- | --- |",
	($host | group_by([.phase, .connections]) | .[] |
	best(.[0].phase) as $b | (map(.per_second) | median) as $rate |
	"| \(.[0].phase) | \(.[0].connections) | \($rate) | \((map(.p50_us) | median) / 1000) | \(
	(map(.p99_us) | median) / 1000) | \($b.rate | floor) (\($b.clients)) | \(
	$rate / $b.rate * 100 | floor / 100) | \(map(.failed) | add) |"),
	"",
	"Within cycles:", "",
	"| connections | quote p99 ms | start p99 ms | status p50 ms | status p99 ms | stop p99 ms |",
	"| --- | --- | --- | --- | --- | --- |",
	($host | map(select(.phase == "cycle")) | group_by(.connections) | .[] |
	"| \(.[0].connections) | \((map(.quote_p99_us) | median) / 1000) | \((map(.start_p99_us) |
	median) / 1000) | \((map(.status_p50_us) | median) / 1000) | \((map(.status_p99_us) |
	median) / 1000) | \((map(.stop_p99_us) | median) / 1000) |"),
	"",
	"Processor time of a cycle (us); PostgreSQL takes \(best("cycle").us) for one of pgbench:", "",
	"| connections | load generator | API host | stubs | PostgreSQL | sum |",
	"| --- | --- | --- | --- | --- | --- |",
	($host | map(select(.phase == "cycle")) | group_by(.connections) | .[] |
	.[0].connections as $n | (map(.cpu_us.load) | median) as $l | (map(.cpu_us.api) | median) as
	$a | (map(.cpu_us.stubs) | median) as $s | (map(.cpu_us.postgres) | median) as $p |
	"| \($n) | \($l) | \($a) | \($s) | \($p) | \($l + $a + $s + $p) |")'
echo
echo "RSS of the API host: $idle MB idle, $peak MB at its peak. The audit was clean."
