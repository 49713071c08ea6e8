#!/usr/bin/env bash
# wal.sh - what a cycle (quote, start, status, stop) costs PostgreSQL: WAL; entries put into
# indexes; processor time of the host's sessions; updates that stayed in place (HOT). Through
# HTTP, on a private server. Counts, unlike times, do not depend on what else the machine does.
#
#     tests/bench/wal.sh [BUILD_DIR]        (default: build; build it with script/build)
#     SECONDS_EACH=5 CONNECTIONS="16 64" tests/bench/wal.sh
set -euo pipefail
cd "$(dirname "$0")/../.."
build=$(realpath "${1:-build}")
each=${SECONDS_EACH:-5}
read -ra connections <<<"${CONNECTIONS:-16 64}"
# shellcheck source=tests/bench/lib.sh
. tests/bench/lib.sh

wal() { sql -c 'SELECT pg_current_wal_insert_lsn()'; }
records() { # FROM TO KIND: how many there are between two places
	"$(pg_bin)/pg_waldump" -p "$pg_data/pg_wal" -s "$1" -e "$2" --stats=record 2>/dev/null |
		awk -v kind="$3" 'index($1, kind) == 1 { n += $2 } END { print n + 0 }'
}
sessions_cpu() { # of the host's sessions so far, in us
	local pid
	for pid in $(sql -c "SELECT pid FROM pg_stat_activity
			WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"); do
		cpu "$pid"
	done | awk '{ s += $1 } END { print s }'
}
load() { # CONNECTIONS
	"$bench_dir/rent-load" --url="http://$API_LISTEN" --connections="$1" --seconds="$each" \
		--phases=cycle
}

bench_environment
build_load
state=$(machine)
pg_start
"$build/rentald" --config=tests/bench/conf/worker-postgres.conf --migrate >"$bench_dir/migrate.log"
start stubs stubs
start api api-postgres
ready "$API_LISTEN/api/v1/health/ready"
load 16 >"$bench_dir/warm" # plans, the first pages of every table
sql -c CHECKPOINT

echo "$state."
echo
echo "| connections | cycles/s | WAL a cycle, bytes | index entries | records of tables | sessions, us |"
echo "| --- | --- | --- | --- | --- | --- |"
for n in "${connections[@]}"; do
	from=$(wal) before=$(sessions_cpu)
	load "$n" >"$bench_dir/$n.json"
	after=$(sessions_cpu) to=$(wal)
	jq -r --argjson wal "$(sql -c "SELECT pg_wal_lsn_diff('$to', '$from')::bigint")" \
		--argjson entries "$(records "$from" "$to" Btree/INSERT)" \
		--argjson rows "$(records "$from" "$to" Heap/)" --argjson us $((after - before)) '
		def each($total): $total / .done * 10 | round / 10;
		"| \(.connections) | \(.per_second) | \(each($wal) | round) | \(each($entries)) | " +
		"\(each($rows)) | \(each($us) | round) |"' "$bench_dir/$n.json"
done
echo
echo "| table | inserts | updates | of them HOT |"
echo "| --- | --- | --- | --- |"
sleep 1 # the statistics come late
sql -F ' ' -c "SELECT relname, n_tup_ins, n_tup_upd, n_tup_hot_upd FROM pg_stat_user_tables
	WHERE n_tup_ins + n_tup_upd > 0 ORDER BY relname" |
	awk '{ printf "| %s | %d | %d | %d |\n", $1, $2, $3, $4 }'
