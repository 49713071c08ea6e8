#!/bin/sh
# SPDX-License-Identifier: MIT
#
# run.sh BUILD KIT SERVER [RIDE] - installs BUILD into a new folder, copies acmepay and
# the example payment_coins out of the source tree, builds each with CMake and with make against
# the installed tree, and runs the payment kit on what came of it. With RIDE also a rental with the payment instance swapped, by the
# same binary.
set -eu

build=$1 kit=$2 server=$3 ride=${4:-}
here=$(cd "$(dirname "$0")" && pwd)
tmp=$(mktemp -d "${TMPDIR:-/tmp}/third-party-XXXXXX")
trap 'rm -rf "$tmp"' EXIT
trap 'exit 1' INT TERM

fail() {
	echo "third-party: $1" >&2
	[ -z "${2:-}" ] || cat "$2" >&2
	exit 1
}

# ---- install
stage=$tmp/stage
DESTDIR=$stage cmake --install "$build" >"$tmp/install.log" 2>&1 ||
	fail "cmake --install failed" "$tmp/install.log"
pc=$(find "$stage" -name rentald.pc) config=$(find "$stage" -name rentaldConfig.cmake)
[ -n "$pc" ] && [ -n "$config" ] || fail "rentald.pc or rentaldConfig.cmake is missing"
prefix=$(cd "$(dirname "$config")/../../.." && pwd)
PKG_CONFIG_PATH=$(dirname "$pc")
export PKG_CONFIG_PATH
plugindir=$(pkg-config --variable=plugindir rentald)
[ -e "$plugindir/payment_http.so" ] || fail "no payment_http.so in plugindir '$plugindir'"
[ -e "$(pkg-config --variable=includedir rentald)/rent/payment.h" ] || fail "no headers"

demo=$(find "$stage" -path '*/rentald/demo.conf')
[ -n "$demo" ] && grep -q '/rentald/city.json"' "$demo" || fail "no demo.conf with installed paths"

# ---- build, away from the source tree, and the kit
cp -r "$here/acmepay" "$here/../../../include/plugin-api/examples/payment_coins" "$tmp"
cd "$tmp"
"$prefix/bin/rent-new-payment-plugin" fresh >new.log || fail "no plugin is begun" new.log
for name in acmepay payment_coins payment_fresh; do
	cmake -S $name -B by-cmake -DCMAKE_PREFIX_PATH="$prefix" >cmake.log 2>&1 &&
		cmake --build by-cmake >>cmake.log 2>&1 || fail "the CMake build of $name failed" cmake.log
	mv by-cmake $name/by-cmake
	make -C $name >make.log 2>&1 || fail "the make build of $name failed" make.log
	make -C $name install >>make.log 2>&1 || fail "make install of $name failed" make.log
	[ -e "$plugindir/$name.so" ] || fail "make install put $name elsewhere"
	for so in $name/by-cmake/$name.so $name/$name.so; do
		# Beside libc a provider needs nothing.
		readelf -d "$so" | grep NEEDED | grep -v 'libc\.so' && fail "$so needs a library"
		"$kit" "$so" --samples=$name/samples.json url=http://127.0.0.1:9 >kit.log 2>&1 ||
			fail "the payment kit refuses $so" kit.log
		tail -n 1 kit.log
	done
done

# ---- a rental, with only the payment instance swapped
[ -n "$ride" ] || { echo "no rentald here: the ride is left out"; exit 0; }
before=$(sha256sum <"$build/rentald")
RENT_BUILD_DIR=$build "$ride" "$tmp/acmepay/by-cmake/acmepay.so" "$server" || fail "the ride failed"
[ "$before" = "$(sha256sum <"$build/rentald")" ] || fail "the host binary has changed"
echo "same binary before and after: $before"
