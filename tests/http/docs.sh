#!/usr/bin/env bash
# docs.sh BUILD SOURCE - what the documents show works: the configuration of README.md is valid,
# the plugin of docs/plugin-guide.md compiles, loads and passes the payment kit, and the
# environment of docs/operating.md is what the shipped configurations read.
set -euo pipefail
build=$1 source=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$source"
status=0
complain() {
	echo "docs: $*" >&2
	status=1
}

# block FENCE START FILE: the first fenced block that begins with START
block() {
	awk -v fence="^\`\`\`$1\$" -v start="$2" '
		!inside && $0 ~ fence { inside = 1; text = ""; next }
		inside && /^```$/ { if (index(text, start) == 1) { printf "%s", text; exit }; inside = 0; next }
		inside { text = text $0 "\n" }' "$3"
}

block '' 'service = ' README.md >"$work/readme.conf"
[[ -s $work/readme.conf ]] || complain "README.md shows no configuration"
"$build/rentald" --config="$work/readme.conf" --check-config ||
	complain "the configuration of README.md is wrong"

block c '/* payment_coins.c */' docs/plugin-guide.md >"$work/payment_coins.c"
cc -std=gnu11 -Wall -Wextra -Werror -shared -fPIC -fvisibility=hidden -Iinclude/plugin-api \
	"$work/payment_coins.c" -o "$work/payment_coins.so" ||
	complain "the plugin of docs/plugin-guide.md does not compile"
"$build/rentald" --inspect "$work/payment_coins.so" >"$work/inspect" ||
	complain "--inspect refuses the plugin of docs/plugin-guide.md"
grep -q payment_coins "$work/inspect" || complain "--inspect does not name the plugin"
if [[ -x $build/rent-payment-kit ]]; then
	"$build/rent-payment-kit" "$work/payment_coins.so" url=http://127.0.0.1:9 >"$work/kit" 2>&1 ||
		{ cat "$work/kit" && complain "the plugin of docs/plugin-guide.md fails the kit"; }
fi

sed -n 's/^| `\([A-Z_]*\)` | `\(.*\)` | .*/\1 \2/p' docs/operating.md | sort >"$work/told"
grep -hv '^[[:space:]]*#' etc/*.conf etc/parts/*.conf | grep -o '\${env:[^}]*}' | sed 's/\${env:\(.*\):-\(.*\)}/\1 \2/' |
	sort -u >"$work/read"
diff "$work/told" "$work/read" ||
	complain "docs/operating.md (<) and etc/*.conf (>) differ in what they read from the environment"
exit $status
