#!/usr/bin/env bash
# checks.sh BUILD SOURCE - --check-connections beside the host that it asks about: it opens nothing that
# the running one has for itself.
source "$(dirname "$0")/lib.sh"

up
code=0
"$build/rentald" --config=etc/demo.conf --check-connections >"$work/said" 2>&1 || code=$?
is "exit code beside the running demo" "$code" 0
says "$work/said" '^stubs: stubs: ok'
says_not "$work/said" 'in use'
((status == 0)) || cat "$work/said" >&2
start somebody
is "a start afterwards" "$start_status" 200
down
