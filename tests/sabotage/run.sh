#!/usr/bin/env bash
# tests/sabotage/run.sh - takes away one defence after the other and sees who notices.
#
#     tests/sabotage/run.sh [--only=NAME,…] [--jobs=N] [--seeds=N] [--dir=DIR] [--table=FILE]
#                           [--no-baseline]
#     tests/sabotage/run.sh --check      every patch still applies to this tree
#     tests/sabotage/run.sh --list
#
# NAME is that of a patch here, or the beginning of one. The tree is copied to DIR (a temporary
# folder that is removed, unless given) and built; the unpatched copy must pass every suite.
# Then each patch is applied to it, built, and the suites that run such code until one fails:
# first the one that the patch names, then the others, cheap ones first. Ends with 0 only when somebody
# noticed every patch. --table writes what was found as rows of a table.
set -euo pipefail
here=$(dirname "$(readlink -f "$0")")
root=$(readlink -f "$here/../..")
export LC_ALL=C.UTF-8

suites=(unit sim faults http contract)
jobs=$(nproc) seeds=3000 dir='' table='' only='' mode=run baseline=1
for arg; do
	case $arg in
	--only=?*) only=${arg#*=} ;;
	--jobs=?*) jobs=${arg#*=} ;;
	--seeds=?*) seeds=${arg#*=} ;;
	--dir=?*) dir=$(readlink -m "${arg#*=}") ;;
	--table=?*) table=$(readlink -m "${arg#*=}") ;;
	--no-baseline) baseline=0 ;;
	--check) mode=check ;;
	--list) mode=list ;;
	-h | --help) sed -n '2,15s/^# \{0,1\}//p' "$0" && exit 0 ;;
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
		if ! patch -p1 -d "$root" --dry-run --quiet --force <"$file" >/dev/null; then
			echo "$(basename "$file") no longer applies" >&2
			status=1
		fi
		if [[ -z $(header "$file" Defence) || -z $(header "$file" Why) || -z $(header "$file" First) ]]; then
			echo "$(basename "$file") does not say what, why, or who is to notice" >&2
			status=1
		fi
	done < <(patches)
	echo "$n patches"
	return $status
}

build() { ninja -C "$dir/build" -j "$jobs" --quiet; }

copy_tree() {
	mkdir -p "$dir/tree"
	(cd "$root" && git ls-files -z --cached | xargs -0 tar c --ignore-failed-read) | tar x -C "$dir/tree"
	cmake -G Ninja -S "$dir/tree" -B "$dir/build" -DCMAKE_BUILD_TYPE=RelWithDebInfo \
		-DRENT_TESTS=ON -DRENT_FAILPOINTS=ON -DRENT_WERROR=OFF -Wno-dev \
		--log-level=WARNING
	build
}

# suite NAME[:PART]: true when it passes; else $found says what failed.
suite() {
	local log=$dir/suite.log pattern
	case $1 in
	sim)
		"$dir/build/tests/rent-sim" --plugins="$dir/build/plugins" --jobs="$jobs" \
			--corpus="$dir/tree/tests/sim/corpus.txt" --seeds="$seeds" --stop-after=1 \
			>"$log" 2>&1 && return 0
		found=$(sed -n 's/^FAILED: \(seed [0-9]*\), .* step \([0-9]*\): \(.*\)/\1, step \2: \3/p' "$log" |
			sed 's/[0-9a-f]*-[0-9a-f]*-[0-9a-f]*-[0-9a-f]*-[0-9a-f]*/…/g' | head -n 1)
		[[ -n $found ]] || found=$(tail -n 1 "$log")
		return 1
		;;
	unit) pattern='^unit[./]' ;;
	faults) pattern='^faults[./](storm|crash)' ;;
	http) pattern='^http[./]' ;;
	contract) pattern='^contract[./]' ;;
	contract:payment) pattern='^contract[.]payment' ;;
	contract:*) pattern="^contract/.*_${1#*:}\$" ;;
	*) echo "sabotage: no suite '$1'" >&2 && exit 70 ;;
	esac
	ctest --test-dir "$dir/build" -R "$pattern" -j "$jobs" --timeout 120 --output-on-failure \
		--stop-on-failure --no-tests=error </dev/null >"$log" 2>&1 && return 0
	# Once more, alone: that a machine was busy is no notice.
	ctest --test-dir "$dir/build" --rerun-failed --timeout 120 --output-on-failure </dev/null \
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
			echo "sabotage: the tree itself does not pass $name ($found), see $dir/suite.log" >&2
			return 1
		fi
		echo "unpatched: $name passes"
	done
}

# Suites that run code of this kind, cheap ones first. The rules meet no database but the
# simulator's, and a database no rules but those of the whole.
suites_of() {
	case $1 in
	core-*) echo unit sim faults http ;;
	sqlite-*) echo contract:sqlite faults http ;;
	postgres-*) echo contract:postgres faults http ;;
	payment-*) echo unit contract:payment faults http ;;
	host-*) echo unit faults http ;;
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
		suite "$name" || return 0
	done
	return 1
}

one() {
	local file=$1 name status=0
	name=$(basename "$file" .patch)
	who='' found=''
	if ! patch -p1 -d "$dir/tree" --quiet --force --no-backup-if-mismatch <"$file" >/dev/null; then
		echo "ERROR    $name: does not apply"
		return 1
	fi
	if ! build >"$dir/build.log" 2>&1; then
		echo "ERROR    $name: does not build, see the end of $dir/build.log"
		tail -n 5 "$dir/build.log"
		status=1
	elif notice "$file"; then
		echo "noticed  $name: $who: $found"
		[[ -z $table ]] || echo "| \`$name\` | $(header "$file" Defence) | ${who%%:*}: ${found//|/\\|} |" >>"$table"
	else
		echo "SURVIVED $name: $(header "$file" Defence)"
		[[ -z $table ]] || echo "| \`$name\` | $(header "$file" Defence) | nobody |" >>"$table"
		status=1
	fi
	patch -p1 -R -d "$dir/tree" --quiet --force --no-backup-if-mismatch <"$file" >/dev/null
	return $status
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

if [[ -z $dir ]]; then
	dir=$(mktemp -d "${TMPDIR:-/tmp}/rent-sabotage.XXXXXX")
	trap 'rm -rf "$dir"' EXIT
fi
copy_tree
((!baseline)) || pass_all
noticed=0 total=0
while read -r file <&3; do
	total=$((total + 1))
	if one "$file"; then noticed=$((noticed + 1)); fi
done 3< <(patches)
echo "$noticed of $total noticed"
((total > 0 && noticed == total))
