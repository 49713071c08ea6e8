#!/usr/bin/env bash
# tests/openapi/run.sh - the API against its own description: schemathesis makes requests that fit
# openapi.json and requests that do not, and every check it has must hold for every answer.
#
#     tests/openapi/run.sh BUILD_DIRECTORY SCHEMATHESIS [ARGUMENT OF schemathesis]…
#
# A private rentald with etc/demo.conf on free ports. The event stream is left out: it never ends.
set -euo pipefail
here=$(dirname "$(readlink -f "$0")")
build=$(readlink -f "${1:?the build directory}") schemathesis=${2:?the program schemathesis}
shift 2
state=$(mktemp -d) server=''
cleanup() {
	[[ -z $server ]] || { kill -TERM "$server" 2>/dev/null && wait "$server" 2>/dev/null || true; }
	rm -rf "$state"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

port() {
	python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}
export API_LISTEN=127.0.0.1:$(port) STUBS_LISTEN=127.0.0.1:$(port)
export STUBS_URL=http://$STUBS_LISTEN STATE_DIR=$state LOG_LEVEL=error
cd "$here/../.."
"$build/rentald" --config=etc/demo.conf &
server=$!
for ((i = 0; ; i++)); do
	curl -sf -o "$state/ready" "http://$API_LISTEN/api/v1/health/ready" && break
	kill -0 "$server" 2>/dev/null && ((i < 150)) ||
		{ echo "openapi: rentald did not become ready" >&2; exit 1; }
	sleep 0.2
done

cd "$state" # it leaves a folder behind
PYTHONPATH=$here SCHEMATHESIS_HOOKS=hooks "$schemathesis" run "http://$API_LISTEN/openapi.json" --checks all \
	--exclude-path /api/v1/events --max-examples 40 --generation-deterministic --no-color "$@"
