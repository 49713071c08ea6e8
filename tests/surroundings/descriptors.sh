#!/usr/bin/env bash
# descriptors.sh BUILD SOURCE - few file descriptors and many connections: the soft limit is raised,
# a hard one that does not suffice is said and shared out, and health and calls go on.
source "$(dirname "$0")/lib.sh"

# crowd N: so many connections that do nothing, until the descriptors given are closed.
crowd() {
	local i fd
	for ((i = 0; i < $1; i++)); do
		# shellcheck disable=SC3025
		exec {fd}<>"/dev/tcp/${API_LISTEN%:*}/${API_LISTEN#*:}" || return
	done
}
# probes WHAT: five in a row are answered, each within a second.
probes() {
	local i got
	for i in 1 2 3 4 5; do
		got=$(curl -s -m 5 -o /dev/null -w '%{http_code} %{time_total}' "$api/health/ready" || true)
		is "probe $i $1" "${got% *}" 200
		[[ ${got#* } == 0.* ]] || complain "probe $i $1 took ${got#* } s"
	done
}
limit() { awk '/Max open files/ { print $4 }' "/proc/$host/limits"; }

# ---- a soft limit is no limit
(
	ulimit -S -n 128
	exec "$build/rentald" --config=etc/demo.conf >>"$work/log" 2>&1
) &
host=$!
pids+=("$host")
until_ok 20 answers "$api/health/ready" || complain "it does not start"
is "the soft limit" "$(limit)" "$(ulimit -H -n | sed 's/unlimited/1048576/')"
(
	crowd 300
	probes "beside 300 idle connections"
	exit "$status"
) || status=1
down

# ---- a hard one is
: >"$work/log"
(
	ulimit -n 160
	exec "$build/rentald" --config=etc/demo.conf >>"$work/log" 2>&1
) &
host=$!
pids+=("$host")
until_ok 20 answers "$api/health/ready" || complain "it does not start with 160 descriptors"
says "$work/log" 'level=warn msg="the limit of open files is less .*limit=160 needed='
(
	crowd 300
	probes "with 160 descriptors"
	crowd 300
	"$build/rentald" --config=etc/demo.conf --health >"$work/health" 2>&1 ||
		complain "--health: $(<"$work/health")"
	crowd 300
	is "metrics with 160 descriptors" "$(code "http://$API_LISTEN/metrics")" 200
	start somebody
	is "a start with 160 descriptors" "$start_status" 200
	exit "$status"
) || status=1
says "$work/log" 'every connection of the listener is taken'
down
is "exit code" "$code" 0

# ---- nobody there: --health says that, and nothing of breakers
"$build/rentald" --config=etc/demo.conf --health >"$work/health" 2>&1 && complain "--health found nobody healthy"
says "$work/health" 'does not answer'
is "lines of --health" "$(wc -l <"$work/health")" 1
