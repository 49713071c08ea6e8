#!/usr/bin/env bash
# tests/sabotage/run.sh - takes away one defence after the other and sees who notices.
#
#     tests/sabotage/run.sh [--only=NAME,…] [--jobs=N] [--seeds=N] [--limit=SECONDS] [--dir=DIR]
#                           [--table=FILE] [--no-baseline]
#     tests/sabotage/run.sh --check      every patch still applies to this tree
#     tests/sabotage/run.sh --list
#
# NAME is that of a patch here, or the beginning of one. The tree is copied to DIR (a temporary
# folder that is removed, unless given), N times (2), and built, with ccache where there is one; the
# first copy, unpatched, must pass every suite. Then each patch is applied to whichever copy is free,
# built, and the suites that run such code until one fails: first the suite or test that the patch names, then
# the others, cheap ones first. A patch that is not decided within SECONDS (900) is an error. Ends
# with 0 only when somebody noticed every patch. --table writes what was found as rows of a table.
set -euo pipefail
here=$(dirname "$(readlink -f "$0")")
root=$(readlink -f "$here/../..")
export LC_ALL=C.UTF-8

suites=(unit sim faults http contract)
jobs=2 seeds=3000 limit=900 dir='' table='' only='' mode=run baseline=1
for arg; do
	case $arg in
	--only=?*) only=${arg#*=} ;;
	--jobs=?*) jobs=${arg#*=} ;;
	--seeds=?*) seeds=${arg#*=} ;;
	--limit=?*) limit=${arg#*=} ;;
	--dir=?*) dir=$(readlink -m "${arg#*=}") ;;
	--table=?*) table=$(readlink -m "${arg#*=}") ;;
	--no-baseline) baseline=0 ;;
	--check) mode=check ;;
	--list) mode=list ;;
	-h | --help) sed -n '2,17s/^# \{0,1\}//p' "$0" && exit 0 ;;
	*) echo "sabotage: unknown option '$arg', see run.sh --help" >&2 && exit 64 ;;
	esac
done

# header PATCH WORD: what stands behind "WORD: " above the diff.
header() { sed -n "/^--- /q; s/^$2: //p" "$1"; }

# The patches asked for, by path.
patches() {
	local file name want
	for file in "$here"/*.patch; do
		name=$(basename "$file" .patch)
		[[ -n $only ]] || echo "$file"
		for want in ${only//,/ }; do
			if [[ $name == "$want"* ]]; then
				echo "$file"
				break
			fi
		done
	done
}

check() {
	local file status=0 n=0
	while read -r file; do
		n=$((n + 1))
		if ! patch -p1 -F0 -d "$root" --dry-run --quiet --force <"$file" >/dev/null; then
			echo "$(basename "$file") no longer applies" >&2
			status=1
		fi
		if [[ -z $(header "$file" Defence) || -z $(header "$file" Why) || -z $(header "$file" First) ]]; then
			echo "$(basename "$file") does not say what, why, or which suite is to notice" >&2
			status=1
		fi
	done < <(patches)
	echo "$n patches"
	return $status
}

# ---- one copy of the tree, in $copy

# within COMMAND…: until the patch's time is over, then `late` is set.
within() {
	local status=0 left=$((until - SECONDS))
	((left > 0)) || left=1
	timeout -k 10 "$left" "$@" || status=$?
	((status != 124 && status != 137)) || late=1
	return $status
}

build() { within ninja -C "$copy/build" -j "$(nproc)" --quiet; }

copy_tree() {
	local launcher=()
	! command -v ccache >/dev/null || launcher=(-DCMAKE_C_COMPILER_LAUNCHER=ccache)
	mkdir -p "$copy/tree"
	(cd "$root" && git ls-files -z --cached | tar c --null --ignore-failed-read --files-from=-) | tar x -C "$copy/tree"
	# Programs of others that some tests need; without them cmake leaves those tests out.
	[[ ! -e $root/.venv ]] || ln -sfn "$(readlink -f "$root/.venv")" "$copy/tree/.venv"
	cmake -G Ninja -S "$copy/tree" -B "$copy/build" -DCMAKE_BUILD_TYPE=RelWithDebInfo \
		-DRENT_TESTS=ON -DRENT_FAILPOINTS=ON -DRENT_WERROR=OFF "${launcher[@]}" -Wno-dev \
		--log-level=WARNING
	build
}

# suite NAME[:PART], or the name of a single test: true when it passes; else $found says what failed.
suite() {
	local log=$copy/suite.log pattern
	case $1 in
	sim)
		within "$copy/build/tests/rent-sim" --plugins="$copy/build/plugins" --jobs="$(nproc)" \
			--corpus="$copy/tree/tests/sim/corpus.txt" --seeds="$seeds" --stop-after=1 \
			>"$log" 2>&1 && return 0
		found=$(sed -n 's/^FAILED: \(seed [0-9]*\), .* step \([0-9]*\): \(.*\)/\1, step \2: \3/p' "$log" |
			sed 's/[0-9a-f]*-[0-9a-f]*-[0-9a-f]*-[0-9a-f]*-[0-9a-f]*/…/g' | head -n 1)
		[[ -n $found ]] || found=$(tail -n 1 "$log")
		return 1
		;;
	unit) pattern='^unit[./]' ;;
	unit:*) pattern="^unit/${1#*:}/" ;;
	faults) pattern='^faults[./](storm|crash)' ;;
	http) pattern='^http[./]' ;;
	plugin-api) pattern='^plugin-api/(config|refusal)$' ;;
	payments) pattern='^payments[.](ride[.]stubs|tern)$' ;;
	contract) pattern='^contract[./]' ;;
	contract:payment) pattern='^contract[.]payment' ;;
	contract:*) pattern="^contract/.*_${1#*:}\$" ;;
	*) pattern="^${1//./[.]}\$" ;;
	esac
	if ctest --test-dir "$copy/build" -N -R "$pattern" | grep -q '^Total Tests: 0$'; then
		echo "sabotage: no suite and no test '$1'" >&2
		exit 70
	fi
	within ctest --test-dir "$copy/build" -R "$pattern" -j "$(nproc)" --timeout 120 --output-on-failure \
		--stop-on-failure --no-tests=error </dev/null >"$log" 2>&1 && return 0
	# Once more, alone: that a machine was busy is no notice.
	within ctest --test-dir "$copy/build" --rerun-failed --timeout 120 --output-on-failure </dev/null \
		>"$log" 2>&1 && return 0
	found=$(sed -n 's/^\t *[0-9]* - \(.*\) (.*)$/\1/p' "$log" | head -n 1)
	# cmocka names the case that failed.
	local case
	case=$(sed -n 's/^.*\[  FAILED  \] \([a-z_0-9]*\)$/\1/p' "$log" | head -n 1)
	[[ -z $case ]] || found+=": $case"
	[[ -n $found ]] || found=$(tail -n 1 "$log")
	return 1
}

pass_all() {
	local name
	for name in "${suites[@]}"; do
		if ! suite "$name"; then
			echo "sabotage: the tree itself does not pass $name ($found), see $copy/suite.log" >&2
			return 1
		fi
		echo "unpatched: $name passes"
	done
}

# Suites that run code of this kind, cheap ones first. The rules meet no database but the
# simulator's, and a database no rules but those of the whole.
suites_of() {
	case $1 in
	core-*) echo unit:core sim unit faults http ;;
	sqlite-*) echo contract:sqlite faults http ;;
	postgres-*) echo contract:postgres faults http ;;
	payment-*) echo unit contract:payment faults http ;;
	host-*) echo unit:host unit plugin-api faults http ;;
	*) echo "${suites[@]}" ;;
	esac
}

# notice PATCH: sets $who and $found; false when nobody noticed.
notice() {
	local first name
	first=$(header "$1" First)
	for name in "$first" $(suites_of "$(basename "$1")"); do
		[[ $name != "$first" || $who == '' ]] || continue
		who=$name
		suite "$name" && continue
		((!late)) || return 1
		return 0
	done
	return 1
}

# row PATCH WORDS: of the table.
row() {
	printf '| `%s` | %s | %s |\n' "$(basename "$1" .patch)" "$(header "$1" Defence)" "${2//|/\\|}" \
		>"$dir/rows/$(basename "$1")"
}

# Prints one line.
one() {
	local file=$1 name status=0
	name=$(basename "$file" .patch)
	who='' found='' late=0 until=$((SECONDS + limit))
	if ! patch -p1 -F0 -d "$copy/tree" --quiet --force --no-backup-if-mismatch <"$file" >/dev/null; then
		echo "ERROR    $name: does not apply"
		return 1
	fi
	if ! build >"$copy/build.log" 2>&1; then
		echo "ERROR    $name: does not build: $(tail -n 5 "$copy/build.log")"
		status=1
	elif notice "$file"; then
		echo "noticed  $name: $who: $found"
		row "$file" "${who%%:*}: $found"
	elif ((late)); then
		echo "ERROR    $name: $who takes longer than $limit s"
		status=1
	else
		echo "SURVIVED $name: $(header "$file" Defence)"
		row "$file" nobody
		status=1
	fi
	patch -p1 -F0 -R -d "$copy/tree" --quiet --force --no-backup-if-mismatch <"$file" >/dev/null
	return $status
}

# ---- all of them

# Seconds left, judged by what has been done since the first patch.
estimate() { echo $(((SECONDS - began) * ($2 - $1) / $1)); }

# lane NUMBER: works at what nobody else has begun.
lane() {
	local file line done
	copy=$dir/$1
	while read -r file <&3; do
		mkdir "$dir/begun/$(basename "$file")" 2>/dev/null || continue
		if line=$(one "$file"); then echo y >>"$dir/noticed"; fi
		echo y >>"$dir/done"
		done=$(wc -l <"$dir/done")
		printf '%3d/%d %5d s, about %5d s left  %s\n' "$done" "$total" "$SECONDS" \
			"$(estimate "$done" "$total")" "$line"
	done 3< <(patches)
}

case $mode in
list)
	while read -r file; do
		printf '%-32s %s\n' "$(basename "$file" .patch)" "$(header "$file" Defence)"
	done < <(patches)
	exit 0
	;;
check) check && exit 0 || exit 1 ;;
esac

lanes=()
finish() {
	((${#lanes[@]} == 0)) || kill -- "${lanes[@]/#/-}" 2>/dev/null || true
	[[ -z $temporary ]] || rm -rf "$dir"
}
temporary=''
[[ -n $dir ]] || temporary=1 dir=$(mktemp -d "${TMPDIR:-/tmp}/rent-sabotage.XXXXXX")
trap finish EXIT
trap 'exit 130' INT TERM

# What one copy has compiled the others need not.
export CCACHE_BASEDIR=$dir CCACHE_NOHASHDIR=1
total=$(patches | wc -l)
((total > 0)) || { echo "sabotage: no such patch, see --list" >&2; exit 64; }
((jobs <= total)) || jobs=$total
rm -rf "$dir/rows" "$dir/begun" "$dir/noticed" "$dir/done"
mkdir -p "$dir/rows" "$dir/begun"
touch "$dir/noticed" "$dir/done"
late=0 until=$((SECONDS + 24 * 3600)) # the limit is for patches
for ((i = 1; i <= jobs; i++)); do
	copy=$dir/$i
	copy_tree
	echo "copy $i of $jobs built after $SECONDS s"
done
copy=$dir/1
here=$copy/tree/tests/sabotage # the patches of that moment, whatever is edited meanwhile
((!baseline)) || pass_all
began=$SECONDS
set -m # a process group for each
for ((i = 1; i <= jobs; i++)); do
	lane "$i" &
	lanes+=($!)
done
set +m
wait "${lanes[@]}" || true
lanes=()
noticed=$(wc -l <"$dir/noticed")
[[ -z $table ]] || cat "$dir"/rows/* >>"$table" 2>/dev/null || true
echo "$noticed of $total noticed in $SECONDS s"
((noticed == total))
