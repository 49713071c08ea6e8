# lib.sh - shared by the shell tests of this folder that start hosts. Sourced with BUILD SOURCE as the
# arguments of the test: a temporary folder in $work, whatever is begun with host() ends with the test, and
# the ends of the logs are shown when it fails. shellcheck shell=bash
set -euo pipefail
build=$1 source=$2
work=$(mktemp -d)
pids=()
trap '((${#pids[@]} == 0)) || kill "${pids[@]}" 2>/dev/null; wait; rm -rf "$work"' EXIT
cd "$source"
die() {
	echo "${0##*/}: $*" >&2
	tail -n 20 "$work"/*.log >&2
	exit 1
}
port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
# until_true SECONDS COMMAND…: waits for it to succeed
until_true() {
	local ends=$((SECONDS + $1))
	shift
	until "$@" >/dev/null 2>&1; do
		((SECONDS < ends)) || die "not within time: $*"
		sleep 0.1
	done
}
# host NAME CONFIGURATION: begins one, with its log in $work/NAME.log
host() {
	"$build/rentald" --config="$2" 2>"$work/$1.log" &
	pids+=($!)
}
post() { curl -s -m 10 -H 'Content-Type: application/json' "$@"; }
