#!/usr/bin/env bash
# checks.sh BUILD SOURCE - --check-connections beside the host that it asks about: it opens nothing that
# the running one has for itself, and leaves everything as it is.
source "$(dirname "$0")/lib.sh"

check() {
	code=0
	"$build/rentald" --config=etc/demo.conf "$@" >"$work/said" 2>&1 || code=$?
}
files() { (cd "$STATE_DIR" && stat -c '%n %s %Y' -- * 2>/dev/null); }

# ---- before the first start
check --check-connections
is "exit code without a database" "$code" 69
says "$work/said" 'the first start, or --migrate, makes it'
is "files made by a check" "$(files)" ''

# ---- after one, and where nobody runs
up
down
before=$(files)
for mode in --check-connections --migrate=dry-run; do
	check "$mode"
	is "exit code of $mode where nobody runs" "$code" 0
	is "files after $mode" "$(files)" "$before"
done

# ---- beside the running host
up
for mode in --migrate=dry-run --check-connections; do
	before=$(files)
	check "$mode"
	is "exit code of $mode" "$code" 0
	is "files after $mode beside the running demo" "$(files | grep -v -- -shm)" "$(grep -v -- -shm <<<"$before")"
done
is "exit code beside the running demo" "$code" 0
says "$work/said" '^stubs: stubs: ok'
says_not "$work/said" 'in use'
says "$work/said" '^main: storage_sqlite: ok'
((status == 0)) || cat "$work/said" >&2
start somebody
is "a start afterwards" "$start_status" 200
down

# ---- a second host with the same book
up
sed "s#rentald.db#other.db#" etc/demo.conf >"$work/second.conf"
code=0
API_LISTEN=127.0.0.1:$(port) STUBS_LISTEN=127.0.0.1:$(port) \
	"$build/rentald" --config="$work/second.conf" >"$work/said" 2>&1 || code=$?
is "exit code with a book that is in use" "$code" 69
says "$work/said" "book '.*' is in use by another process"
down
