#!/usr/bin/env bash
# sqlite_disk.sh BUILD SOURCE - the disk of the database turns read-only, or fills up, under open files:
# 503 with Retry-After, not ready until a write has reached the disk, and no restart afterwards.
source "$(dirname "$0")/lib.sh"
# The preloaded library comes before the runtime of a build with sanitizers.
export ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}verify_asan_link_order=0

quote() { post rentals/quote '{"user_id":"u","station_id":"some-station-id"}'; }
ready() { [[ $(code "$api/health/ready") == 200 ]]; }
# ill WHAT: for five seconds nothing works, and readiness never says otherwise.
ill() {
	local end=$((SECONDS + 5)) was
	while ((SECONDS < end)); do
		was=$(quote)
		is "a quote with $1" "$was" 503
		[[ $was == 503 ]] || break
		says "$work/head" '^Retry-After: [1-9]'
		sleep 0.5
		is "readiness with $1" "$(code "$api/health/ready")" 503
	done
}

# ---- read-only: EROFS for everything that changes something, while nothing is closed
number() { printf "\\x$(printf %02x "$1")\\0\\0\\0" | dd of="$work/number" conv=notrunc status=none; }
number 0
# The provider's book stands elsewhere: it is another system's.
sed "s#\${env:STATE_DIR:-var}/stubs-book.jsonl#$work/book.jsonl#" etc/demo.conf >"$work/demo.conf"
config=$work/demo.conf
LD_PRELOAD=$build/libtest_disk_fault.so TEST_DISK_FAULT=$work/number:$STATE_DIR up
start somebody
is "start" "$start_status" 200
number 30
ill "a file system that is read-only"
is "a stop on it" "$(stop "$order")" 503
says "$work/log" 'level=error .*(make the file and its file system writable|look at the disk|kernel)'
number 0
until_ok 10 ready || complain "writable again, it does not become ready"
is "a stop afterwards" "$(stop "$order")" 200
down
is "exit code" "$code" 0

# ---- it cannot be read
rm -rf "$STATE_DIR" && mkdir "$STATE_DIR"
: >"$work/log"
LD_PRELOAD=$build/libtest_disk_fault.so TEST_DISK_FAULT=$work/number:$STATE_DIR up
start somebody
is "start" "$start_status" 200
status() { code "$api/rentals/$order/status"; }
unreadable() { # unreadable WHAT: no status, and readiness never says otherwise
	until_ok 10 eval 'quote >/dev/null; [[ $(status) == 503 ]]' || complain "$1: it is read all the same"
	is "readiness: $1" "$(code "$api/health/ready")" 503
	is "status: $1" "$(status)" 503
	says "$work/head" '^Retry-After: [1-9]'
	says "$work/log" "level=error .*rental_get fails, nothing was changed: database: .*$2"
	code "http://$API_LISTEN/metrics" >/dev/null
	says "$work/body" '^rental_system_database_errors_total\{.*operation="rental_get".*\} [1-9]'
}
printf '\xfb\xff\xff\xff' | dd of="$work/number" conv=notrunc status=none # -EIO
unreadable "the disk does not read" "the kernel's log"
number 0
until_ok 10 eval '[[ $(status) == 200 ]]' || complain "readable again, it is not read"
until_ok 10 ready || complain "readable again, it does not become ready: $(<"$work/body")"

# ---- it is damaged
: >"$work/log"
sqlite3 "$STATE_DIR/rentald.db" 'PRAGMA wal_checkpoint(TRUNCATE)' >/dev/null
cp "$STATE_DIR/rentald.db" "$work/whole.db"
pages=$(($(stat -c %s "$work/whole.db") / 4096))
head -c $(((pages - 1) * 4096)) /dev/zero | tr '\0' '\125' |
	dd of="$STATE_DIR/rentald.db" bs=4096 seek=1 conv=notrunc status=none
unreadable "damage" 'restore it from a backup'
sleep 2
is "readiness with damage, later" "$(code "$api/health/ready")" 503
dd if="$work/whole.db" of="$STATE_DIR/rentald.db" bs=4096 skip=1 seek=1 conv=notrunc status=none
until_ok 10 eval '[[ $(status) == 200 && $(quote) == 200 ]]' || complain "whole again, it is not read"
until_ok 40 ready || complain "whole again, it does not become ready: $(<"$work/body")"
down
is "exit code" "$code" 0

# ---- a start that cannot write ends with 74, whichever file it is
refused_start() { # refused_start WHAT ERRNO CONFIG
	code=0
	LD_PRELOAD=$build/libtest_disk_fault.so TEST_DISK_FAULT=$work/number:$STATE_DIR \
		"$build/rentald" --config="$3" >"$work/said" 2>&1 || code=$?
	is "exit code: $1, errno $2" "$code" 74
}
sed "s#\${env:STATE_DIR:-var}/rentald.db#$work/elsewhere.db#" etc/demo.conf >"$work/book.conf"
for errno in 30 28 5; do
	number 0
	rm -rf "$STATE_DIR" && mkdir "$STATE_DIR"
	number $errno
	refused_start "the database" $errno "$work/demo.conf"
	refused_start "the book" $errno "$work/book.conf"
done
number 0

# ---- full
rm -rf "$STATE_DIR" && mkdir "$STATE_DIR"
: >"$work/log"
mount -t tmpfs -o size=4m none "$STATE_DIR" 2>/dev/null || {
	((status == 0)) || exit 1
	skip "no file system can be mounted"
}
unmount() { umount "$STATE_DIR" 2>/dev/null || umount -l "$STATE_DIR"; }
up
start somebody
is "start" "$start_status" 200
dd if=/dev/zero of="$STATE_DIR/fill" bs=4k 2>/dev/null || true
until_ok 20 eval '[[ $(quote) == 503 ]]' || complain "it goes on writing on a full disk"
ill "a full disk"
rm "$STATE_DIR/fill"
until_ok 10 ready || complain "with room again it does not become ready"
is "a stop afterwards" "$(stop "$order")" 200
down
