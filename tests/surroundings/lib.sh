# lib.sh - shared by the tests of this folder: the demo on free ports with its state in a
# temporary folder, the calls of a customer, and reporting failures. Sourced with BUILD SOURCE as the
# arguments of the test. Every process that a test starts is ended by its id.
set -euo pipefail
build=$1 source=$2
cd "$source"
work=$(mktemp -d)
pids=() status=0 host=''

cleanup() {
	local pid
	for pid in "${pids[@]}"; do
		kill -CONT "$pid" 2>/dev/null || true
		kill -9 "$pid" 2>/dev/null || true
	done
	((status == 0)) || { [[ -s $work/log ]] && sed 's/^/log: /' "$work/log" | tail -60 >&2; }
	if declare -F unmount >/dev/null; then unmount; fi
	rm -rf "$work"
}
trap 'code=$?; ((code == 0)) || status=1; cleanup; exit $((code != 0 ? code : status))' EXIT

complain() {
	echo "${0##*/}: $*" >&2
	status=1
}
# As root everything can be had, so that nothing is left out in silence.
skip() {
	((EUID != 0)) || {
		complain "cannot be run here: $*"
		exit 1
	}
	echo "${0##*/}: not run here: $*"
	exit 77
}
# is WHAT GOT WANTED
is() { [[ $2 == "$3" ]] || complain "$1: got '$2', not '$3'"; }
# says FILE PATTERN: a line of the file has it, in a moment: the log is written by a thread of its own.
says() {
	until_ok 5 grep -qE -- "$2" "$1" || complain "$(basename "$1") does not say: $2"
}
says_not() { ! grep -qE -- "$2" "$1" || complain "$(basename "$1") says: $(grep -E -m 1 -- "$2" "$1")"; }

port() { "$build/surroundings_gateway" port; }
export STATE_DIR=$work/state API_LISTEN STUBS_LISTEN STUBS_URL BILLING_TICK=1s LOG_LEVEL=warn
mkdir "$STATE_DIR"
API_LISTEN=127.0.0.1:$(port) STUBS_LISTEN=127.0.0.1:$(port)
STUBS_URL=http://$STUBS_LISTEN
api=http://$API_LISTEN/api/v1
json='content-type: application/json'

# until_ok SECONDS COMMAND…: tries again until it succeeds.
until_ok() {
	local end=$((SECONDS + $1))
	shift
	until "$@"; do
		((SECONDS < end)) || return 1
		sleep 0.1
	done
}
code() { curl -s -m 10 -D "$work/head" -o "$work/body" -w '%{http_code}' "$@" || true; }
answers() { [[ $(code "$1") == "${2:-200}" ]]; }
# up [OPTION…]: rentald with etc/demo.conf; its id in $host.
up() {
	"$build/rentald" --config="${config:-etc/demo.conf}" "$@" >>"$work/log" 2>&1 &
	host=$!
	pids+=("$host")
	until_ok 60 answers "$api/health/ready" || { complain "it does not start"; exit 1; }
}
# Ends it; its exit code in $code.
down() {
	kill "${1:-$host}"
	code=0
	wait "${1:-$host}" || code=$?
}
post() { code -H "$json" -d "$2" "$api/$1" "${@:3}"; }
member() { jq -r ".$1" "$work/body"; }
# start USER: the status; the order's id in $order.
start() {
	local s
	s=$(post rentals/quote '{"user_id":"'"$1"'","station_id":"some-station-id"}')
	[[ $s == 200 ]] || { start_status=$s && return; }
	start_status=$(post rentals/start '{"quote_id":"'"$(member quote_id)"'"}' \
		-H "Idempotency-Key: $RANDOM$RANDOM$RANDOM")
	order=$(member order_id)
}
stop() { post "rentals/$1/stop" '{"station_id":"some-station-id"}'; }
