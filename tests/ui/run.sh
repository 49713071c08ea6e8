#!/usr/bin/env bash
# tests/ui/run.sh - the page in a real browser: a private rentald on free ports with etc/demo.conf
# (short times, a city with a fast tariff), the tests, and the end of both.
#
#     tests/ui/run.sh BUILD_DIRECTORY [PATTERN]     PATTERN: only tests whose name matches
#
# Screenshots go to BUILD_DIRECTORY/ui/screenshots. Needs node, npm and chromium.
set -euo pipefail
here=$(dirname "$(readlink -f "$0")")
top=$here/../..
build=$(readlink -f "${1:?the build directory}")
work=$build/ui state=$(mktemp -d)
server=''
cleanup() {
	if [[ -n $server ]]; then
		kill -CONT "$server" 2>/dev/null || true # a test may have stopped it
		kill -TERM "$server" 2>/dev/null || true
		wait "$server" 2>/dev/null || true
	fi
	rm -rf "$state"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

# The packages are kept in the build directory; the tests run beside them.
mkdir -p "$work/screenshots"
if ! cmp -s "$here/package-lock.json" "$work/package-lock.json" || [[ ! -d $work/node_modules ]]; then
	cp "$here/package.json" "$here/package-lock.json" "$work"
	(cd "$work" && npm ci --ignore-scripts --no-audit --no-fund --silent) ||
		{ rm -f "$work/package-lock.json"; echo "ui: the packages of the tests cannot be installed" >&2; exit 1; }
fi
rm -rf "$work"/*.mjs "$work/web-ui"
cp -r "$here"/*.mjs "$top/web-ui" "$work" # node takes the page's files for modules there

port() {
	node -e 'const s=require("net").createServer().listen(0,"127.0.0.1",()=>{console.log(s.address().port);s.close()})'
}
export API_LISTEN=127.0.0.1:$(port) STUBS_LISTEN=127.0.0.1:$(port)
export STUBS_URL=http://$STUBS_LISTEN STATE_DIR=$state LOG_LEVEL=warn
export BILLING_TICK=500ms DEBT_RETRY_BASE=500ms DEBT_CHARGE_STEP=100 PAYMENT_BREAKER_RESET=2s
export QUOTE_TTL=12s TARIFF_TTL=600s R_BUYOUT=5000
node "$work/city.mjs" "$top/stubs/city.json" >"$state/city.json"
sed "s#data = \"stubs/city.json\"#data = \"$state/city.json\"#" "$top/etc/demo.conf" >"$state/demo.conf"
grep -q "$state/city.json" "$state/demo.conf"

cd "$top"
"$build/rentald" --config="$state/demo.conf" 2>"$work/rentald.log" &
server=$!
for ((i = 0; ; i++)); do
	curl -sf -o "$state/ready" "http://$API_LISTEN/api/v1/health/ready" && break
	kill -0 "$server" 2>/dev/null && ((i < 150)) ||
		{ echo "ui: rentald did not become ready" >&2; cat "$work/rentald.log" >&2; exit 1; }
	sleep 0.2
done

export UI_RENTALD=$build/rentald UI_CONF=$top/etc/demo.conf UI_TOP=$(readlink -f "$top")
export UI_NGINX=$(PATH=$PATH:/usr/sbin command -v nginx || true)
export UI_URL=http://$API_LISTEN UI_STUBS=$STUBS_URL UI_PID=$server
export UI_SHOTS=$work/screenshots UI_CHROMIUM=${UI_CHROMIUM:-$(command -v chromium)}
cd "$work"
# One file after the other, since they share the server.
status=0
for file in *.test.mjs; do
	node --test ${2:+--test-name-pattern="$2"} "$file" || status=1
done
exit $status
