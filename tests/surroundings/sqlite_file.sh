#!/usr/bin/env bash
# sqlite_file.sh BUILD SOURCE - the database file is moved, deleted, copied over, or its log is, while
# rentald has it open. No call succeeds that would be gone after the next start, readiness says so at
# once, and the file put back is enough.
source "$(dirname "$0")/lib.sh"
db=$STATE_DIR/rentald.db

unready() { [[ $(code "$api/health/ready") == 503 ]]; }
ready() { [[ $(code "$api/health/ready") == 200 ]]; }
# refuses WHAT PATTERN: so much for starts and readiness while that is so.
refuses() {
	is "readiness with $1" "$(code "$api/health/ready")" 503
	grep -qE "$2" "$work/body" || complain "readiness with $1 says: $(<"$work/body")"
	is "a quote with $1" "$(post rentals/quote '{"user_id":"u","station_id":"some-station-id"}')" 503
	says "$work/head" '^Retry-After: [1-9]'
	is "a stop with $1" "$(stop "$order")" 503
	says "$work/log" "level=error .*$2"
}

# ---- moved away, and put back
up
start somebody
is "start" "$start_status" 200
mv "$db" "$db.away"
refuses "the file moved away" 'was moved or deleted while it is open'
mv "$db.away" "$db"
until_ok 10 ready || complain "with the file back it does not become ready"
is "a stop with the file back" "$(stop "$order")" 200

# ---- a copy moved over it: what is answered would be lost
: >"$work/log"
start somebody
sqlite3 "$db" ".backup $work/copy.db"
cp -p "$db" "$work/kept.db"
ln "$db" "$work/original.db"
mv "$work/copy.db" "$db"
refuses "a copy moved over the file" 'another file is there than the one that is open'
mv "$work/original.db" "$db"
until_ok 10 ready || complain "with the right file back it does not become ready: $(<"$work/body")"
is "a stop with the right file back" "$(stop "$order")" 200

# ---- its log deleted
: >"$work/log"
start somebody
rm "$db-wal"
until_ok 10 unready || complain "a log that was deleted is not noticed"
is "a stop with the log deleted" "$(stop "$order")" 503
says "$work/log" '"[^ ]*rentald.db-wal\\" was moved or deleted'
down
is "exit code" "$code" 0

# ---- deleted, and everything with it
rm -rf "$STATE_DIR" && mkdir "$STATE_DIR"
: >"$work/log"
up
start somebody
is "start" "$start_status" 200
rm "$db" "$db-wal" "$db-shm"
refuses "the file deleted" 'was moved or deleted while it is open'
down
[[ ! -e $db ]] || complain "an empty file was put where the database was deleted"

# ---- it starts on what is there, and not where it may not
rm -rf "$STATE_DIR" && mkdir "$STATE_DIR"
if ((EUID != 0)); then
	chmod 500 "$STATE_DIR"
	code=0
	"$build/rentald" --config=etc/demo.conf >"$work/said" 2>&1 || code=$?
	is "exit code in a folder that may not be written to" "$code" 77
	chmod 700 "$STATE_DIR"
elif command -v setpriv >/dev/null; then
	chmod 755 "$work"
	code=0
	setpriv --reuid=65534 --clear-groups "$build/rentald" --config=etc/demo.conf \
		>"$work/said" 2>&1 || code=$?
	is "exit code in a folder that may not be written to" "$code" 77
	says "$work/said" 'ermission denied'
fi
