#!/usr/bin/env bash
# crowd.sh - is one client served while another does its worst? A status and the health of the process are asked every 5 ms
# from one loopback address, alone, then beside a crowd at another address: 5,000 connections that say nothing, as many
# half heads, requests at fifty times the limit, 1,000 slow writers, 10,000 idle connections. Then the
# price of TLS: handshakes a second. On SQLite, about two minutes; prints Markdown.
#
#     tests/bench/crowd.sh [BUILD_DIR]        (default: build; build it with script/build)
#     SECONDS_EACH=5 CROWD=1 (a tenth of each crowd: 0.1) tests/bench/crowd.sh
set -euo pipefail
cd "$(dirname "$0")/../.."
build=$(realpath "${1:-build}")
seconds=${SECONDS_EACH:-5} part=${CROWD:-1}
# shellcheck source=tests/bench/lib.sh
. tests/bench/lib.sh
ulimit -n "$(ulimit -Hn)"

rate=100 # requests a second that one client may send
of() { awk -v n="$1" -v p="$part" 'BEGIN { printf "%d", n * p }'; }

row() { # NAME URL [ARGUMENTS]
	local name=$1 url=$2 out
	shift 2
	out=$(python3 tests/bench/crowd.py watch --url="$url" --source=127.0.0.1 --seconds="$seconds" --every-ms=20 "$@")
	jq -nr --arg name "$name" --argjson r "$out" 'def ms: . / 100 | round / 10;
		"| \($name) | \($r.p50_us | ms) | \($r.p99_us | ms) | \($r.fresh_p99_us | ms) | \($r.worst_us | ms) | \($r.failed) of \($r.asked) | \(
		$r.beside_per_s // "") | \($r.beside_ended // "") |"'
}
crowd() { # NAME KIND CLIENTS [ARGUMENTS]
	local name=$1 kind=$2 clients
	clients=$(of "$3")
	shift 3
	row "status, beside $clients $name" "$status" --beside="$kind" --clients="$clients" --from=127.0.0.2 --urls="$status" "$@"
	row "health, beside $clients $name" "$health" --beside="$kind" --clients="$clients" --from=127.0.0.2 --urls="$status" "$@"
}

bench_environment
status="http://$API_LISTEN/api/v1/rentals/r-1/status" health="http://$API_LISTEN/api/v1/health"
"$build/rentald" --config=tests/bench/conf/api-sqlite.conf --migrate >"$bench_dir/migrate.log"
sqlite3 "$STATE_DIR/rentald.db" "INSERT INTO rentals (id, user_id, powerbank_id, station_id, price_per_hour, free_period_min,
	deposit, status, version, total_amount, created_at, started_at, finished_at, settlement) VALUES ('r-1', 'u', 'PB1', 's', 60, 5,
	300, 'FINISHED', 3, 60, datetime('now', '-2 day'), datetime('now', '-1 day'), datetime('now'), 'DONE')"
start api api-sqlite --set=listeners.api.max_connections=16384 --set=listeners.api.connections_per_client=12000 \
	--set=listeners.api.limit.rate=$rate --set=listeners.api.limit.burst=$rate
ready "$API_LISTEN/api/v1/health"
echo "$(machine). Each row $seconds s; a connection of the crowd that is ended comes again, 500 a second at most."
echo
echo "| what is asked | p50 ms | p99 ms | new connection p99 ms | worst ms | failed | crowd answered/s | crowd ended |"
echo "| --- | --- | --- | --- | --- | --- | --- | --- |"
row 'status, alone' "$status"
row 'health, alone' "$health"
crowd 'connections that say nothing' open 5000
crowd 'half heads' half 5000
crowd "clients that send 50 times the limit" flood 50 --rate=$((50 * rate))
crowd 'slow writers' slow 1000
crowd 'idle connections' open 10000
stop api

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=bench -keyout "$bench_dir/tls.key" \
	-out "$bench_dir/tls.pem" -addext subjectAltName=IP:127.0.0.1 2>/dev/null
start tls api-sqlite --set=listeners.api.tls.certificate="$bench_dir/tls.pem" --set=listeners.api.tls.key="$bench_dir/tls.key"
until curl -fsk -o "$bench_dir/ready" "https://$API_LISTEN/api/v1/health"; do sleep 0.05; done
echo
for kind in new reuse; do
	line=$(openssl s_time -connect "$API_LISTEN" -$kind -time "$seconds" 2>/dev/null | grep -m 1 'real seconds')
	echo "TLS handshakes ($kind, P-256, one client at a time): $line"
done
stop tls
