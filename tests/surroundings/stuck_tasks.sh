#!/usr/bin/env bash
# stuck_tasks.sh BUILD SOURCE - a cabinet takes its time: the task of its start is named in the log
# once it has waited for runtime.stuck_after, the metric counts it, and script/tasks shows where it
# waits. What sleeps because it wants to is not stuck: the audit that waits for its moment, the stub of
# the cabinet.
source "$(dirname "$0")/lib.sh"

stuck() { curl -fsS "http://$API_LISTEN/metrics" | awk '/^rentald_tasks.*state="stuck"/ { print $2 }'; }
is_stuck() { [[ $(stuck) == "$1" ]]; }
cabinet_takes() { # MS
	curl -fsS -o "$work/settings" "$STUBS_URL/admin/settings" \
		-d "{\"endpoint\": \"eject-powerbank\", \"latency_ms\": $1}"
}

up --set=runtime.stuck_after=1s --set=instances.station.options.eject.timeout=20s
is 'tasks that are stuck, with nothing to do' "$(stuck)" 0
cabinet_takes 8000
[[ $(post rentals/quote '{"user_id":"u1","station_id":"some-station-id"}') == 200 ]] || complain 'no quote'
curl -s -m 30 -o "$work/started" -w '%{http_code}' -H "$json" -H 'Idempotency-Key: k1' \
	-d '{"quote_id":"'"$(member quote_id)"'"}' "$api/rentals/start" >"$work/code" &
asking=$!

says "$work/log" 'a task has been waiting for longer than runtime.stuck_after.*task=/api/v1/rentals/start .*waits_s=1 '
until_ok 5 is_stuck 1 || complain "the metric says $(stuck) stuck tasks"
script/tasks --where "$host" >"$work/tasks" || complain "script/tasks fails"
says "$work/tasks" ' waits +[1-9][0-9.]* s  /api/v1/rentals/start$'
says "$work/tasks" 'task_park|upstream_exchange'
says "$work/tasks" '^[1-9][0-9]* tasks$'

wait "$asking" || complain "the start got no answer"
is 'the start' "$(cat "$work/code")" 200
until_ok 5 is_stuck 0 || complain "the metric still says $(stuck) stuck tasks"
is 'lines about stuck tasks' "$(grep -c 'runtime.stuck_after' "$work/log")" 1
says_not "$work/log" 'runtime.stuck_after.*task=billing'
down
is 'its end' "$code" 0
