#!/usr/bin/env bash
# symbols.sh RENTALD PLUGIN.so… - every plugin exports exactly rent_plugin_entry, and imports
# nothing that the host defines or that bears our prefix; the host exports nothing of its own.
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
# Names that our code defines, whether the linker kept them global or not.
nm --defined-only "$host" | awk '$2 ~ /^[TDBR]$/ { print $3 }' | sort -u >"$own"
# A pattern list: the few that the C runtime of any executable has are no names of ours.
grep -vxE '_start|_init|_fini|main|_IO_stdin_used|data_start|__.*|_edata|_end|_dl_relocate_static_pie' \
	"$own" >"$own.names" || true
mv "$own.names" "$own"
[[ -s $own ]] || fail "no symbols found in $host; is it stripped?"

exported=$(nm -D --defined-only "$host" | awk '{ print $3 }' | grep -xFf "$own" || true)
[[ -z $exported ]] || fail "$host exports:" $exported

for so; do
	exports=$(nm -D --defined-only "$so" | awk '$2 ~ /^[A-TV-Z]$/ { print $3 }')
	[[ $exports == rent_plugin_entry ]] ||
		fail "$so exports instead of only rent_plugin_entry:" $exports
	imports=$(nm -D --undefined-only "$so" | awk '{ print $2 }' | sed 's/@.*//' | sort -u)
	ours=$(grep -E '^rent_' <<<"$imports" || true)
	[[ -z $ours ]] || fail "$so imports:" $ours
	shared=$(grep -xFf "$own" <<<"$imports" || true)
	[[ -z $shared ]] || fail "$so imports names that the host defines:" $shared
done
((bad == 0)) && echo "symbols: $# plugins are clean"
exit "$bad"
