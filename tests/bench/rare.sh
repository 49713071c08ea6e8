#!/usr/bin/env bash
# rare.sh - does whoever asks for one rental wait for those who list rare statuses? Ended rentals in a
# database, a hundred BUYOUT and as many FAILED ones among the oldest; a status is asked every 5 ms on
# a kept connection, alone, then beside clients that list BUYOUT, FAILED and PENDING as fast as they
# are answered. On PostgreSQL (private server, default durability) and SQLite; prints Markdown.
#
#     tests/bench/rare.sh [BUILD_DIR]        (default: build; build it with script/build)
#     RENTALS="100000 1000000" CLIENTS=16 SECONDS_EACH=10 STORAGES="postgres sqlite" tests/bench/rare.sh
set -euo pipefail
cd "$(dirname "$0")/../.."
build=$(realpath "${1:-build}")
read -ra sizes <<<"${RENTALS:-100000 1000000}"
read -ra storages <<<"${STORAGES:-postgres sqlite}"
clients=${CLIENTS:-16} seconds=${SECONDS_EACH:-10}
# shellcheck source=tests/bench/lib.sh
. tests/bench/lib.sh

fill_postgres() { # RENTALS
	sql <<-END
		INSERT INTO rentals (id, user_id, powerbank_id, station_id, price_per_hour, free_period_min,
			deposit, status, version, total_amount, created_at, started_at, finished_at, settlement)
		SELECT 'r-' || i, 'user-' || i % 5000, 'PB' || i, 'some-station-id', 60, 5, 300,
			CASE WHEN i <= 100 THEN 'BUYOUT' WHEN i <= 200 THEN 'FAILED' ELSE 'FINISHED' END, 3, 60,
			now() - interval '1 day' * ($1 - i) / $1, now() - interval '1 day', now(), 'DONE'
		FROM generate_series(1, $1) i;
		ANALYZE;
	END
}
fill_sqlite() { # RENTALS
	sqlite3 "$STATE_DIR/rentald.db" <<-END
		WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $1)
		INSERT INTO rentals (id, user_id, powerbank_id, station_id, price_per_hour, free_period_min,
			deposit, status, version, total_amount, created_at, started_at, finished_at, settlement)
		SELECT 'r-' || i, 'user-' || i % 5000, 'PB' || i, 'some-station-id', 60, 5, 300,
			CASE WHEN i <= 100 THEN 'BUYOUT' WHEN i <= 200 THEN 'FAILED' ELSE 'FINISHED' END, 3, 60,
			datetime(1700000000 + i, 'unixepoch'), datetime('now', '-1 day'), datetime('now'), 'DONE'
		FROM n;
	END
}
measure() { # STORAGE RENTALS
	local status="http://$API_LISTEN/api/v1/rentals/r-$2/status" list="http://$API_LISTEN/api/v1/rentals"
	local alone beside
	alone=$(python3 tests/bench/crowd.py watch --url="$status" --seconds="$seconds")
	beside=$(python3 tests/bench/crowd.py watch --url="$status" --seconds="$seconds" \
		--beside=ask --clients="$clients" --urls="$list?status=BUYOUT&limit=1 $list?status=FAILED&limit=50 $list?status=PENDING")
	jq -nr --arg storage "$1" --arg rentals "$2" --argjson a "$alone" --argjson b "$beside" '
		def ms: . / 100 | round / 10;
		"| \($storage) | \($rentals) | \($a.p50_us | ms) | \($a.p99_us | ms) | \($b.p50_us | ms) | \($b.p99_us | ms) | \(
		$b.worst_us | ms) | \($b.beside_per_s) | \($b.failed) |"'
}

bench_environment
echo "$(machine). $clients clients list."
echo
echo "| storage | rentals | status p50 ms, alone | p99 | beside lists p50 ms | p99 | worst | lists/s | status failed |"
echo "| --- | --- | --- | --- | --- | --- | --- | --- | --- |"
for storage in "${storages[@]}"; do
	for size in "${sizes[@]}"; do
		if [[ $storage == postgres ]]; then pg_start; else rm -rf "$STATE_DIR" && mkdir -p "$STATE_DIR"; fi
		"$build/rentald" --config="tests/bench/conf/api-$storage.conf" --migrate >"$bench_dir/migrate.log"
		say "$storage: $size rentals"
		"fill_$storage" "$size"
		start api "api-$storage"
		ready "$API_LISTEN/api/v1/health"
		measure "$storage" "$size"
		stop api
		[[ $storage != postgres ]] || { pg_stop && rm -rf "$bench_dir/pg"; }
	done
done
