#!/usr/bin/env bash
# log_reader.sh BUILD SOURCE - the reader of the log stops reading: the service goes on, ends when
# asked to, and says afterwards how much of its log is missing.
source "$(dirname "$0")/lib.sh"
export LOG_LEVEL=info

mkfifo "$work/pipe"
cat "$work/pipe" >"$work/out" &
reader=$!
pids+=("$reader")
"$build/rentald" --config=etc/demo.conf 2>"$work/pipe" &
host=$!
pids+=("$host")
until_ok 20 answers "$api/health/ready" || complain "it does not start"

kill -STOP "$reader"
for ((i = 0; i < 10; i++)); do # more than the pipe holds
	for ((j = 0; j < 100; j++)); do
		printf 'url=%s/rentals?user_id=somebody&limit=1\noutput=/dev/null\n' "$api"
	done | curl -s -m 10 -K - --fail || { complain "calls are no longer answered"; break; }
done
is "health" "$(code "$api/health/ready")" 200
code "http://$API_LISTEN/metrics" >/dev/null
grep -q '^rentald_log_lines_dropped_total ' "$work/body" || complain "the lines that are dropped are not counted"

# ---- it ends
began=$SECONDS
down
is "exit code with a reader that has stopped" "$code" 0
((SECONDS - began <= 12)) || complain "it took $((SECONDS - began)) s to end"
kill -CONT "$reader"
