#!/usr/bin/env bash
# symbols.sh RENTALD PLUGIN.so… - every plugin exports exactly rent_plugin_entry, and imports
# nothing that the host defines or that bears our prefix; the host exports no symbol.
set -euo pipefail

host=$1
shift
bad=0
fail() {
	echo "symbols: $*" >&2
	bad=1
}

own=$(mktemp)
trap 'rm -f "$own"' EXIT
# Names that our code defines; hidden ones are local in the executable. Names with a version
# are copies of a library's data.
nm --defined-only "$host" | awk '$2 ~ /^[TtDdBbRr]$/ && $3 !~ /@/ { print $3 }' | sort -u >"$own"
[[ -s $own ]] || fail "no symbols found in $host; is it stripped?"

exported=$(nm -D --defined-only "$host" | awk '$3 !~ /@/ { print $3 }' || true)
runtime='^(_.*|data_start|main)$' # what the C runtime of any executable has
exported=$(grep -vE "$runtime" <<<"$exported" || true)
[[ -z $exported ]] || fail "$host exports:" $exported

for so; do
	exports=$(nm -D --defined-only "$so" | awk '$2 ~ /^[A-TV-Z]$/ { print $3 }')
	[[ $exports == rent_plugin_entry ]] ||
		fail "$so exports instead of only rent_plugin_entry:" $exports
	imports=$(nm -D --undefined-only "$so" | awk '{ print $2 }' | sort -u)
	ours=$(grep -E '^rent_' <<<"$imports" || true)
	[[ -z $ours ]] || fail "$so imports:" $ours
	# With a version it comes from a library, whatever we call by the same name.
	shared=$(grep -xFf "$own" <<<"$imports" || true)
	[[ -z $shared ]] || fail "$so imports names that the host defines:" $shared
done
((bad == 0)) && echo "symbols: $# plugins are clean"
exit "$bad"
