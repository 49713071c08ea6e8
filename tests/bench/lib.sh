# lib.sh - what the benchmarks share: a scratch folder, processes that end with the script, a
# private PostgreSQL. To be sourced, from the top of the source tree. Everything listens on
# free loopback ports.

bench_dir=$(mktemp -d)
chmod 755 "$bench_dir"
bench_pids=()
pg_data=''
bench_cleanup() {
	((${#bench_pids[@]} == 0)) || kill -TERM "${bench_pids[@]}" 2>/dev/null || true
	wait 2>/dev/null || true
	[[ -z $pg_data ]] || pg_stop
	rm -rf "$bench_dir"
}
trap bench_cleanup EXIT
set -o errtrace # a failure within a function is told, too
trap 'echo "bench: line $LINENO of $0 failed: $BASH_COMMAND" >&2' ERR
trap 'exit 130' INT TERM

say() { echo "bench: $*" >&2; }

free_port() {
	local port
	while :; do
		port=$((20000 + RANDOM % 12000))
		(exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
	done
	echo "$port"
}

bench_environment() {
	export API_LISTEN STUBS_LISTEN WORKER_LISTEN STUBS_URL STATE_DIR BILLING_TICK
	API_LISTEN=127.0.0.1:$(free_port)
	STUBS_LISTEN=127.0.0.1:$(free_port)
	WORKER_LISTEN=127.0.0.1:$(free_port)
	STUBS_URL=http://$STUBS_LISTEN
	STATE_DIR=$bench_dir/state
	BILLING_TICK=1h
	mkdir -p "$STATE_DIR"
}

build_load() { # the load generator, into $bench_dir/rent-load
	gcc -O2 -D_GNU_SOURCE -o "$bench_dir/rent-load" tests/bench/{load,wire,cpu,samples}.c
}

# Starts BUILD/rentald with a configuration of the benchmarks, scheduled as the units of
# etc/systemd say; its id is in NAME_pid.
start() { # NAME CONFIG [ARGUMENTS]
	local name=$1 config=tests/bench/conf/$2.conf
	shift 2
	chrt --batch 0 "$build/rentald" --config="$config" "$@" >"$bench_dir/$name.log" 2>&1 &
	bench_pids+=($!)
	printf -v "${name}_pid" %s $!
}
stop() { # NAME: ends it and waits
	local pid=${1}_pid
	kill -TERM "${!pid}" && wait "${!pid}"
}
ready() { # ADDRESS/PATH
	for _ in $(seq 600); do
		curl -fsS -o "$bench_dir/ready" "http://$1" 2>/dev/null && return
		sleep 0.05
	done
	echo "bench: http://$1 does not answer" >&2
	tail -n 5 "$bench_dir"/*.log >&2
	exit 69
}
cpu() { # PID: processor time of one process so far, in us
	sed 's/(.*) //' "/proc/$1/stat" | awk '{ print ($13 + $14) * 10000 }'
}
memory() { # PID FIELD: MB
	awk -v f="$2:" '$1 == f { printf "%.1f", $2 / 1024 }' "/proc/$1/status"
}
metric() { # NAME, or its beginning with labels: the sum, at the worker
	curl -fsS "http://$WORKER_LISTEN/metrics" |
		awk -v m="$1" 'index($1, m) == 1 { s += $2 } END { print s + 0 }'
}
machine() {
	echo "$(nproc) processors, $(awk '/MemTotal/ { printf "%d", $2 / 1048576 }' /proc/meminfo)" \
		"GiB, load average at the start $(cut -d' ' -f1 /proc/loadavg), $(date -u +%F)"
}

# ---- PostgreSQL: durable by default, on a separate port ---------------------------------

pg_bin() { ls -d /usr/lib/postgresql/*/bin | sort -V | tail -n 1; }
# The server refuses to be root.
as_pg() { if [[ $(id -u) == 0 ]]; then runuser -u postgres -- "$@"; else "$@"; fi; }
pg_start() {
	pg_data=$bench_dir/pg
	pg_port=$(free_port)
	mkdir "$pg_data"
	[[ $(id -u) != 0 ]] || chown postgres: "$pg_data"
	as_pg "$(pg_bin)/initdb" -D "$pg_data" -U rent -A trust --no-instructions >"$bench_dir/initdb.log"
	cat >>"$pg_data/postgresql.conf" <<-END
		listen_addresses = '127.0.0.1'
		port = $pg_port
		unix_socket_directories = ''
		shared_buffers = 1GB
		max_wal_size = 8GB
		max_connections = 300
		wal_compression = lz4
	END
	as_pg "$(pg_bin)/pg_ctl" -D "$pg_data" -l "$pg_data/log" -w start >/dev/null
	pg_pid=$(head -n 1 "$pg_data/postmaster.pid")
	export PGHOST=127.0.0.1 PGPORT=$pg_port PGUSER=rent PGDATABASE=rent
	createdb rent
	export DATABASE_URL="host=127.0.0.1 port=$pg_port user=rent dbname=rent"
}
pg_stop() {
	as_pg "$(pg_bin)/pg_ctl" -D "$pg_data" -m fast -w stop >/dev/null 2>&1 || true
	pg_data=''
}
# Processor time of the server and all its sessions so far, in us. Processes may end meanwhile.
pg_cpu() {
	{ cat /proc/[0-9]*/stat 2>/dev/null || true; } | sed 's/(.*) //' | awk -v p="$pg_pid" '
		$1 == p { s += $13 + $14 + $15 + $16 } $3 == p { s += $13 + $14 } END { print s * 10000 }'
}
sql() { psql -qAtX -v ON_ERROR_STOP=1 "$@"; }
