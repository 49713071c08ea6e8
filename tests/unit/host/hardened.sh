#!/bin/sh
# hardened.sh BUILD - what is built for use is hardened: position-independent, relocations resolved
# and read-only at start, and compiled with each flag that the compiler has.
set -u
build=$1 status=0
complain() { echo "hardened: $*" && status=1; }

for file in "$build"/rentald "$build"/plugins/*.so; do
	readelf -lW "$file" | grep -q GNU_RELRO || complain "$file: no RELRO"
	readelf -dW "$file" | grep -Eq 'BIND_NOW|Flags:.*NOW' || complain "$file: binds lazily"
	readelf -lW "$file" | grep -q 'GNU_STACK.* RWE ' && complain "$file: executable stack"
done
readelf -hW "$build/rentald" | grep -q 'Type: *DYN' || complain "rentald is no PIE"

has() { grep -q "^RENT_HAS_$1:INTERNAL=1\$" "$build/CMakeCache.txt"; }
wanted() {
	echo -D_FORTIFY_SOURCE=3 -fstack-protector-strong
	has fstack_clash_protection && echo -fstack-clash-protection
	has fcf_protection && echo -fcf-protection
	has ftrivial_auto_var_init_zero && echo -ftrivial-auto-var-init=zero
}
has fstack_clash_protection || has ftrivial_auto_var_init_zero ||
	complain "the compiler was not asked for its flags"
for flag in $(wanted); do
	jq -r '.[] | select(.file | contains("/host/http/") or contains("/plugins/rental_core/"))
		| .command' "$build/compile_commands.json" | grep -qv -e "$flag" && complain "compiled without $flag"
done
exit $status
