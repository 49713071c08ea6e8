#!/usr/bin/env bash
# tests/fuzz/run.sh - builds the fuzz targets (clang, ASan, UBSan) and runs each of them.
#
#     tests/fuzz/run.sh [--seconds=5 | --minutes=N] [--dir=build-fuzz] [--keep] [TARGET…]
#
# Each begins with its seeds (corpus/), what once failed (regressions/) and what earlier runs in
# DIR found; two run at once. One line a target: executions, coverage. A failure shows the end of
# its log, leaves the input in DIR/found, and the exit code is 1: mend it, and put the input into
# regressions/. --keep brings what was learnt back into corpus/, merged to what adds coverage.
set -euo pipefail
here=$(dirname "$(readlink -f "$0")")
cd "$here/../.."

seconds=5 dir=build-fuzz keep='' wanted=()
for arg; do
	case $arg in
	--seconds=[0-9]*) seconds=${arg#*=} ;;
	--minutes=[0-9]*) seconds=$((${arg#*=} * 60)) ;;
	--dir=?*) dir=${arg#*=} ;;
	--keep) keep=1 ;;
	-h | --help) sed -n '2,10s/^# \{0,1\}//p' "$0" && exit 0 ;;
	-*) echo "run.sh: unknown option '$arg', see --help" >&2 && exit 64 ;;
	*) wanted+=("$arg") ;;
	esac
done

CC=clang-14 CXX=clang++-14 cmake -G Ninja -S . -B "$dir" -DRENT_TESTS=ON -DRENT_SANITIZE=address \
	-DRENT_FUZZ=ON -Wno-dev --log-level=WARNING
ninja -C "$dir" --quiet fuzz_targets
dir=$(readlink -f "$dir")

if ((${#wanted[@]} == 0)); then
	for file in "$dir"/fuzz/*; do
		[[ ! -x $file || -d $file || $file == *.so ]] || wanted+=("${file##*/}")
	done
fi
mkdir -p "$dir/found" "$dir/logs"
export UBSAN_OPTIONS=print_stacktrace=1

run() {
	local name=$1 status=0 log=$dir/logs/fuzz-$1.log leaks=1
	# libconfig itself loses a few bytes with every text that it does not understand.
	[[ $name != config ]] || leaks=0
	mkdir -p "$dir/learnt/$name"
	ASAN_OPTIONS=detect_leaks=$leaks:allocator_may_return_null=1 \
		"$dir/fuzz/$name" -max_total_time="$seconds" -detect_leaks=$leaks -timeout=20 \
		-rss_limit_mb=2048 -max_len=8192 -print_final_stats=1 \
		-artifact_prefix="$dir/found/$name-" "$dir/learnt/$name" \
		"$here/corpus/$name" "$here/regressions/$name" >"$log" 2>&1 || status=$?
	printf '%-14s %10s executions  coverage %5s  inputs %5s  %s\n' "$name" \
		"$(awk '/number_of_executed_units/ { print $2 }' "$log")" \
		"$(grep -o 'cov: [0-9]*' "$log" | tail -1 | cut -d' ' -f2)" \
		"$(find "$dir/learnt/$name" -type f | wc -l)" \
		"$( ((status == 0)) && echo ok || echo "FAILED ($status), see $log")"
	((status == 0)) || tail -n 40 "$log"
	return "$status"
}

failed=0 running=()
for name in "${wanted[@]}"; do
	mkdir -p "$here/corpus/$name" "$here/regressions/$name"
	run "$name" &
	running+=($!)
	if ((${#running[@]} == 2)); then
		wait "${running[0]}" || failed=1
		running=("${running[1]}")
	fi
done
for pid in "${running[@]}"; do
	wait "$pid" || failed=1
done
rmdir --ignore-fail-on-non-empty "$here"/corpus/* "$here"/regressions/*

if [[ -n $keep ]]; then
	for name in "${wanted[@]}"; do
		"$dir/fuzz/$name" -merge=1 -artifact_prefix="$dir/found/$name-" "$here/corpus/$name" "$dir/learnt/$name" >"$dir/logs/merge" 2>&1
		printf '%-14s %5s inputs in corpus/\n' "$name" "$(find "$here/corpus/$name" -type f | wc -l)"
	done
fi
exit "$failed"
