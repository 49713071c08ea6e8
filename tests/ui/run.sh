#!/usr/bin/env bash
# tests/ui/run.sh - the page in a real browser. Each file of tests has a private rentald on free
# ports with etc/demo.conf (short times, a city with a fast tariff); as many files run at once as
# there are processors, two at most.
#
#     tests/ui/run.sh BUILD_DIRECTORY [PATTERN]     PATTERN: only tests whose name matches
#
# Screenshots go to BUILD_DIRECTORY/ui/screenshots. Needs node, npm and chromium.
set -euo pipefail
here=$(dirname "$(readlink -f "$0")")
top=$(readlink -f "$here/../..")
build=$(readlink -f "${1:?the build directory}")
pattern=${2-}
work=$build/ui
trap 'exit 130' INT TERM
trap 'kill $(jobs -p) 2>/dev/null || true; wait' EXIT

# The packages are kept in the build directory; the tests run beside them.
mkdir -p "$work/screenshots"
if ! cmp -s "$here/package-lock.json" "$work/package-lock.json" || [[ ! -d $work/node_modules ]]; then
	cp "$here/package.json" "$here/package-lock.json" "$work"
	(cd "$work" && npm ci --ignore-scripts --no-audit --no-fund --silent) ||
		{ rm -f "$work/package-lock.json"; echo "ui: the packages of the tests cannot be installed" >&2; exit 1; }
fi
rm -rf "$work"/*.mjs "$work/web-ui"
cp -r "$here"/*.mjs "$top/web-ui" "$work" # node takes the page's files for modules there

export UI_RENTALD=$build/rentald UI_CONF=$top/etc/demo.conf UI_TOP=$top UI_SHOTS=$work/screenshots
export UI_NGINX=$(PATH=$PATH:/usr/sbin command -v nginx || true) UI_CHROMIUM=${UI_CHROMIUM:-$(command -v chromium)}
export BILLING_TICK=500ms DEBT_RETRY_BASE=500ms DEBT_CHARGE_STEP=100 PAYMENT_BREAKER_RESET=2s
export QUOTE_TTL=12s TARIFF_TTL=600s R_BUYOUT=5000 LOG_LEVEL=warn

port() {
	node -e 'const s=require("net").createServer().listen(0,"127.0.0.1",()=>{console.log(s.address().port);s.close()})'
}

# Begins rentald for the tests of a file: sets $server, and what the tests know it by.
begin_server() {
	local log=$1 i
	export API_LISTEN=127.0.0.1:$(port) STUBS_LISTEN=127.0.0.1:$(port)
	export STUBS_URL=http://$STUBS_LISTEN STATE_DIR=$state
	node "$work/city.mjs" "$top/stubs/city.json" >"$state/city.json"
	sed "s#data = \"stubs/city.json\"#data = \"$state/city.json\"#" "$UI_CONF" >"$state/demo.conf"
	grep -q "$state/city.json" "$state/demo.conf"
	cd "$top"
	"$UI_RENTALD" --config="$state/demo.conf" 2>"$log" &
	server=$!
	for ((i = 0; ; i++)); do
		curl -sf -o "$state/ready" "http://$API_LISTEN/api/v1/health/ready" && break
		kill -0 "$server" 2>/dev/null && ((i < 150)) ||
			{ echo "ui: rentald did not become ready" >&2; cat "$log" >&2; return 1; }
		sleep 0.2
	done
	export UI_URL=http://$API_LISTEN UI_STUBS=$STUBS_URL UI_PID=$server
}

end_server() {
	if [[ -n $server ]]; then
		kill -CONT "$server" 2>/dev/null || true # a test may have stopped it
		kill -TERM "$server" 2>/dev/null || true
		wait "$server" 2>/dev/null || true
	fi
	rm -rf "$state"
}

# Runs the tests of one file and prints their output in one piece at the end.
run_file() {
	local file=$1 name=${1%.test.mjs}
	state=$(mktemp -d) server=''
	trap end_server EXIT
	begin_server "$work/rentald-$name.log"
	cd "$work"
	node --test ${pattern:+--test-name-pattern="$pattern"} "$file" >"$name.log" 2>&1 &
	local tests=$! status=0
	trap 'kill "$tests" 2>/dev/null; exit 130' INT TERM
	wait "$tests" || status=$?
	cat "$name.log"
	return "$status"
}

cd "$work"
# The longest first.
mapfile -t files < <(printf '%s\n' page.test.mjs views.test.mjs trouble.test.mjs *.test.mjs | awk '!seen[$0]++')
status=0 running=0 most=$(($(nproc) > 1 ? 2 : 1))
for file in "${files[@]}"; do
	if ((running == most)); then
		wait -n || status=1
		((running--)) || true
	fi
	(run_file "$file") &
	((running++)) || true
done
while ((running > 0)); do
	wait -n || status=1
	((running--)) || true
done
exit $status
