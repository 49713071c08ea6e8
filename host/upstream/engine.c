/* SPDX-License-Identifier: MIT
 *
 * upstream/engine.c - see engine.h. Owns the thread, its descriptors and the wires;
 * course.c leads a job through breaker, tries and end.
 */
#include "upstream/engine.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "upstream/course.h"
#include "upstream/watch.h"

#include <errno.h>
#include <pthread.h>
#include <sys/eventfd.h>

#define ENGINE_EVENTS      256
#define ENGINE_IDLE_WIRES  1024u /* easy handles kept for reuse */
#define ENGINE_WAIT_MAX_MS 1000

static struct engine {
	pthread_mutex_t lock;
	struct job *inbox, *inbox_last; /* under lock */
	bool running, stopping;         /* under lock */

	pthread_t thread;
	struct watch watch;
	int wake_fd;
	CURLM *multi;
	_Atomic long conns_max; /* open at once, idle ones included; 0: no limit */
	int64_t timer_us;       /* when libcurl wants to be called; -1: it does not */
	struct wire *flying, *idle;
	unsigned idle_count;
} engine = { .lock = PTHREAD_MUTEX_INITIALIZER,
	     .watch = { .epoll_fd = -1 },
	     .wake_fd = -1 };

/* ---- wires --------------------------------------------------------------------------- */

struct wire *engine_launch(struct job *job)
{
	struct wire *wire = engine.idle;

	if (wire != NULL) {
		engine.idle = wire->next;
		engine.idle_count--;
	} else {
		wire = wire_new(&engine.watch);
	}
	if (wire == NULL)
		return NULL;
	wire_prepare(wire, job);
	if (curl_multi_add_handle(engine.multi, wire->easy) != CURLM_OK) {
		wire_free(wire);
		return NULL;
	}
	wire->prev = NULL;
	wire->next = engine.flying;
	if (engine.flying != NULL)
		engine.flying->prev = wire;
	engine.flying = wire;
	return wire;
}

void engine_land(struct wire *wire)
{
	(void)curl_multi_remove_handle(engine.multi, wire->easy);
	if (wire->prev != NULL)
		wire->prev->next = wire->next;
	else
		engine.flying = wire->next;
	if (wire->next != NULL)
		wire->next->prev = wire->prev;
	wire->job = NULL;
	if (engine.idle_count >= ENGINE_IDLE_WIRES) {
		wire_free(wire);
		return;
	}
	/* one large reply must not be paid for by every idle handle */
	if (wire->body.cap > 65536)
		dynbuf_done(&wire->body);
	wire->next = engine.idle;
	engine.idle = wire;
	engine.idle_count++;
}

/* ---- libcurl's side ------------------------------------------------------------------- */

static int on_timer(CURLM *multi, long ms, void *arg)
{
	(void)multi;
	(void)arg;
	engine.timer_us = ms < 0 ? -1 : clock_mono_us() + (int64_t)ms * 1000;
	return 0;
}

static void reap(void)
{
	CURLMsg *msg;
	int left;

	while ((msg = curl_multi_info_read(engine.multi, &left)) != NULL) {
		CURLcode code = msg->data.result;
		struct wire *wire = NULL;

		if (msg->msg != CURLMSG_DONE)
			continue;
		(void)curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE,
		                        (char **)&wire);
		course_landed(wire, code);
	}
}

static void act(curl_socket_t fd, int mask)
{
	int running;

	(void)curl_multi_socket_action(engine.multi, fd, mask, &running);
}

static void run_timer(int64_t now)
{
	if (engine.timer_us < 0 || now < engine.timer_us)
		return;
	engine.timer_us = -1;
	act(CURL_SOCKET_TIMEOUT, 0);
}

/* ---- the thread ----------------------------------------------------------------------- */

static bool take_inbox(struct job **ret)
{
	bool stopping;

	(void)pthread_mutex_lock(&engine.lock);
	*ret = engine.inbox;
	engine.inbox = engine.inbox_last = NULL;
	stopping = engine.stopping;
	(void)pthread_mutex_unlock(&engine.lock);
	return !stopping;
}

static int wait_ms(int64_t now)
{
	int64_t next = course_next_due(), ms;

	if (engine.timer_us >= 0 && (next < 0 || engine.timer_us < next))
		next = engine.timer_us;
	if (next < 0)
		return ENGINE_WAIT_MAX_MS;
	ms = (next - now + 999) / 1000;
	if (ms < 0)
		return 0;
	return ms > ENGINE_WAIT_MAX_MS ? ENGINE_WAIT_MAX_MS : (int)ms;
}

static void wait_events(void)
{
	struct epoll_event events[ENGINE_EVENTS];
	int n = epoll_wait(engine.watch.epoll_fd, events, ENGINE_EVENTS,
	                   wait_ms(clock_mono_us()));

	for (int i = 0; i < n; i++) {
		int mask = 0;
		uint64_t count;

		if (events[i].data.fd == engine.wake_fd) {
			(void)!read(engine.wake_fd, &count, sizeof(count));
			continue;
		}
		if (!watch_event(&engine.watch, events[i].data.fd))
			continue;
		if ((events[i].events & (EPOLLIN | EPOLLHUP)) != 0)
			mask |= CURL_CSELECT_IN;
		if ((events[i].events & EPOLLOUT) != 0)
			mask |= CURL_CSELECT_OUT;
		if ((events[i].events & EPOLLERR) != 0)
			mask |= CURL_CSELECT_ERR;
		act(events[i].data.fd, mask);
	}
}

static void *run(void *arg)
{
	struct job *jobs;

	(void)arg;
	while (take_inbox(&jobs)) {
		course_queue(jobs);
		course_run(clock_mono_us());
		run_timer(clock_mono_us());
		reap();
		/* What landed made room for others. Nothing may land between here and the
		 * wait: it would lie there until the next event. */
		course_run(clock_mono_us());
		wait_events();
		reap();
	}
	course_queue(jobs);
	while (engine.flying != NULL)
		course_abandon(engine.flying);
	course_stop();
	return NULL;
}

static void free_all(void)
{
	while (engine.idle != NULL) {
		struct wire *wire = engine.idle;

		engine.idle = wire->next;
		wire_free(wire);
	}
	engine.idle_count = 0;
	if (engine.multi != NULL)
		(void)curl_multi_cleanup(engine.multi);
	engine.multi = NULL;
	watch_done(&engine.watch);
	if (engine.wake_fd >= 0)
		(void)close(engine.wake_fd);
	engine.wake_fd = -1;
}

static bool prepare(void)
{
	struct epoll_event ev = { .events = EPOLLIN };

	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return false;
	engine.multi = curl_multi_init();
	engine.wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	ev.data.fd = engine.wake_fd;
	engine.timer_us = -1;
	if (watch_init(&engine.watch) != 0 || engine.multi == NULL ||
	    engine.wake_fd < 0 ||
	    epoll_ctl(engine.watch.epoll_fd, EPOLL_CTL_ADD, engine.wake_fd, &ev) != 0)
		return false;
	(void)curl_multi_setopt(engine.multi, CURLMOPT_SOCKETFUNCTION, watch_socket);
	(void)curl_multi_setopt(engine.multi, CURLMOPT_SOCKETDATA, &engine.watch);
	(void)curl_multi_setopt(engine.multi, CURLMOPT_TIMERFUNCTION, on_timer);
	(void)curl_multi_setopt(engine.multi, CURLMOPT_MAXCONNECTS,
	                        engine.conns_max > 0 ? engine.conns_max
	                                             : (long)UPSTREAM_IDLE_MAX);
	(void)curl_multi_setopt(engine.multi, CURLMOPT_MAX_TOTAL_CONNECTIONS,
	                        engine.conns_max);
	(void)curl_multi_setopt(engine.multi, CURLMOPT_PIPELINING,
	                        (long)CURLPIPE_NOTHING);
	return true;
}

void upstream_connections_max(unsigned max)
{
	engine.conns_max = (long)max;
}

int engine_start(struct rent_error *err)
{
	if (engine.running)
		return 0;
	engine.stopping = false;
	if (!prepare() || pthread_create(&engine.thread, NULL, run, NULL) != 0) {
		free_all();
		return rent_fail(err, RENT_EFAIL,
		                 "outbound HTTP does not start: no memory, "
		                 "descriptors or threads left");
	}
	(void)pthread_mutex_lock(&engine.lock);
	engine.running = true;
	(void)pthread_mutex_unlock(&engine.lock);
	return 0;
}

static void wake(void)
{
	uint64_t one = 1;

	while (write(engine.wake_fd, &one, sizeof(one)) < 0 && errno == EINTR)
		;
}

void engine_stop(void)
{
	bool running;

	(void)pthread_mutex_lock(&engine.lock);
	running = engine.running;
	engine.running = false;
	engine.stopping = true;
	(void)pthread_mutex_unlock(&engine.lock);
	if (!running)
		return;
	wake();
	(void)pthread_join(engine.thread, NULL);
	free_all();
}

bool engine_submit(struct job *first, struct job *last)
{
	bool running, was_empty;

	(void)pthread_mutex_lock(&engine.lock);
	running = engine.running;
	was_empty = engine.inbox == NULL;
	if (running) {
		if (was_empty)
			engine.inbox = first;
		else
			engine.inbox_last->next = first;
		engine.inbox_last = last;
		/* Under the lock, so that engine_stop() cannot close it meanwhile. */
		if (was_empty)
			wake();
	}
	(void)pthread_mutex_unlock(&engine.lock);
	return running;
}
