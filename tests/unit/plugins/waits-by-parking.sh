#!/bin/sh
# waits-by-parking.sh SOURCE - plugins wait through host->task, so that a request that waits holds
# no thread (rent/task.h). Below plugins/ and stubs/ nothing else may wait: conditions, semaphores,
# sleeps, polls. Left out: failpoints reached by threads, the thread of a connection to Redis, and
# the sockets of PostgreSQL, which threads of the plugin poll.
set -u
waits='pthread_cond_|sem_(wait|timedwait|init)|nanosleep|usleep|[^_a-z]sleep *\(|[^_a-z](p?poll|p?select) *\(|FUTEX|epoll_wait'
found=$(cd "$1" && grep -rnE --include='*.[ch]' "$waits" plugins stubs |
	grep -vE '^plugins/common/failpoint\.h:|^plugins/storage/redis/connection_thread\.c:|^plugins/storage/postgres/conn\.c:')
[ -z "$found" ] && exit 0
echo "a plugin waits in its own way:"
echo "$found"
exit 1
