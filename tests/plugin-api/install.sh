#!/bin/sh
# SPDX-License-Identifier: MIT
#
# install.sh BUILD PLUGIN… - installs BUILD under a prefix that it was not configured for: the
# tree must work there, find its plugins and data, go on doing so after it was moved, and nothing
# may have been written elsewhere.
set -eu

build=$1
shift
source=$(cd "$(dirname "$0")/../.." && pwd)
tmp=$(mktemp -d "${TMPDIR:-/tmp}/install-XXXXXX")
trap 'rm -rf "$tmp"' EXIT
trap 'exit 1' INT TERM

fail() {
	echo "install: $1" >&2
	[ -z "${2:-}" ] || cat "$2" >&2
	exit 1
}

check() { # TREE - every plugin is listed, from that tree
	(cd / && "$1/bin/rentald" --list-plugins) >"$tmp/list" 2>&1 ||
		fail "rentald --list-plugins failed in $1" "$tmp/list"
	for plugin in $plugins; do
		grep -q "^$plugin " "$tmp/list" || fail "$plugin is not found in $1" "$tmp/list"
	done
	(cd / && "$1/bin/rentald" --list-plugins --format=json) >"$tmp/json" 2>&1
	grep -q "\"file\": \"$1/lib" "$tmp/json" || fail "plugins come from elsewhere" "$tmp/json"
	if grep '"file": ' "$tmp/json" | grep -qv "\"$1/lib"; then
		fail "a plugin comes from elsewhere" "$tmp/json"
	fi
}
plugins=$*

# ---- under another prefix
tree=$tmp/tree
cmake --install "$build" --prefix "$tree" >"$tmp/log" 2>&1 || fail "cmake --install" "$tmp/log"
if grep '^-- \(Installing\|Up-to-date\): ' "$tmp/log" | grep -qv ": $tree/"; then
	fail "something went elsewhere" "$tmp/log"
fi
check "$tree"
for what in etc/rentald/demo.conf share/rentald/city.json bin/rent-payment-kit bin/rent-station-kit \
	bin/rent-new-payment-plugin bin/rent-payment-ride; do
	[ -e "$tree/$what" ] || fail "$what is missing" "$tmp/log"
done
for pair in include/plugin-api/rent:include/rent web-ui:share/rentald/web-ui sql:share/rentald/sql; do
	diff -r "$source/${pair%%:*}" "$tree/${pair#*:}" >"$tmp/diff" ||
		fail "${pair%%:*} is not what is installed as ${pair#*:}" "$tmp/diff"
done
[ -n "$(find "$tree" -name rentaldConfig.cmake)" ] || fail "the CMake package is missing" "$tmp/log"
grep -q "\"$tree/share/rentald/city.json\"" "$tree/etc/rentald/demo.conf" ||
	fail "demo.conf does not name the installed city.json"
if command -v pkg-config >/dev/null; then
	pc=$(dirname "$(find "$tree" -name rentald.pc)")
	found=$(PKG_CONFIG_PATH=$pc pkg-config --variable=plugindir rentald)
	[ -d "$found" ] && [ "$(realpath "$found")" = "$(dirname "$(find "$tree" -name billing.so)")" ] ||
		fail "rentald.pc says that plugins are in '$found'"
fi

# ---- an author who has this tree only finds what the documents refer to
doc=$tree/share/doc/rentald
grep -rnoE '\]\([^):#]+\.md' "$doc" --include='*.md' | while IFS=: read -r file _ link; do
	# for contributors, who have the source tree
	[ -e "$(dirname "$file")/${link#*(}" ] || [ "${link##*/}" = CONTRIBUTING.md ] || echo "${file#"$doc"/} $link"
done >"$tmp/links"
[ ! -s "$tmp/links" ] || fail "links of the installed documents lead nowhere" "$tmp/links"
[ -s "$doc/payment-kit.md" ] && [ -s "$doc/plugins/payment_ride.md" ] || fail "a README is not installed"

# ---- the configurations are sound there, each with what it includes; secrets and addresses of services have no default
export STRIPE_KEY=sk_test_0123456789 YOOKASSA_SHOP=100000 YOOKASSA_KEY=test_0123456789 YOOKASSA_METHOD=pm
export CHARGENOW_USER=u CHARGENOW_PASSWORD=p SERVICES_URL=http://127.0.0.1:9
for conf in "$tree"/etc/rentald/*.conf; do
	(cd "$tmp" && STATE_DIR=$tmp/state "$tree/bin/rentald" --check-config --config="$conf") \
		>"$tmp/check" 2>&1 || fail "the installed $(basename "$conf") is refused" "$tmp/check"
done

# ---- moved
mv "$tree" "$tmp/moved"
check "$tmp/moved"

# ---- staged for packing: DESTDIR before the prefix
DESTDIR=$tmp/stage cmake --install "$build" --prefix /opt/rentald >"$tmp/log" 2>&1 ||
	fail "cmake --install with DESTDIR" "$tmp/log"
check "$tmp/stage/opt/rentald"
grep -q '"/opt/rentald/share/rentald/city.json"' "$tmp/stage/opt/rentald/etc/rentald/demo.conf" ||
	fail "the staged demo.conf names the stage"
echo "install: $# plugins, in place, moved and staged"
