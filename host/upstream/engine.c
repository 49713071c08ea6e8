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
#include <stdlib.h>
#include <sys/eventfd.h>

#define ENGINE_EVENTS      256
#define ENGINE_IDLE_WIRES  1024u /* easy handles kept for reuse */
#define ENGINE_WAIT_MAX_MS 1000

struct engine {
	pthread_mutex_t lock;
	struct job *inbox, *inbox_last; /* under lock */
	bool running, stopping;         /* under lock */

	pthread_t thread;
	struct watch watch;
	int wake_fd;
	CURLM *multi;
	long conns_max;   /* open at once, idle ones included; 0: no limit */
	int64_t timer_us; /* when libcurl wants to be called; -1: it does not */
	struct wire *flying, *idle;
	unsigned idle_count;
	struct course course;
};

/* ---- wires --------------------------------------------------------------------------- */

static struct wire *launch(void *arg, struct job *job)
{
	struct engine *engine = arg;
	struct wire *wire = engine->idle;

	if (wire != NULL) {
		engine->idle = wire->next;
		engine->idle_count--;
	} else {
		wire = wire_new(&engine->watch);
	}
	if (wire == NULL)
		return NULL;
	wire_prepare(wire, job);
	if (curl_multi_add_handle(engine->multi, wire->easy) != CURLM_OK) {
		wire_free(wire);
		return NULL;
	}
	wire->prev = NULL;
	wire->next = engine->flying;
	if (engine->flying != NULL)
		engine->flying->prev = wire;
	engine->flying = wire;
	return wire;
}

static void land(void *arg, struct wire *wire)
{
	struct engine *engine = arg;

	(void)curl_multi_remove_handle(engine->multi, wire->easy);
	if (wire->prev != NULL)
		wire->prev->next = wire->next;
	else
		engine->flying = wire->next;
	if (wire->next != NULL)
		wire->next->prev = wire->prev;
	wire->job = NULL;
	if (engine->idle_count >= ENGINE_IDLE_WIRES) {
		wire_free(wire);
		return;
	}
	/* one large reply must not be paid for by every idle handle */
	if (wire->body.cap > 65536)
		dynbuf_done(&wire->body);
	wire->next = engine->idle;
	engine->idle = wire;
	engine->idle_count++;
}

/* ---- libcurl's side ------------------------------------------------------------------- */

static int on_timer(CURLM *multi, long ms, void *arg)
{
	struct engine *engine = arg;

	(void)multi;
	engine->timer_us = ms < 0 ? -1 : clock_mono_us() + (int64_t)ms * 1000;
	return 0;
}

static void reap(struct engine *engine)
{
	CURLMsg *msg;
	int left;

	while ((msg = curl_multi_info_read(engine->multi, &left)) != NULL) {
		CURLcode code = msg->data.result;
		struct wire *wire = NULL;

		if (msg->msg != CURLMSG_DONE)
			continue;
		(void)curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE,
		                        (char **)&wire);
		course_landed(&engine->course, wire, code);
	}
}

static void act(struct engine *engine, curl_socket_t fd, int mask)
{
	int running;

	(void)curl_multi_socket_action(engine->multi, fd, mask, &running);
}

static void run_timer(struct engine *engine, int64_t now)
{
	if (engine->timer_us < 0 || now < engine->timer_us)
		return;
	engine->timer_us = -1;
	act(engine, CURL_SOCKET_TIMEOUT, 0);
}

/* ---- the thread ----------------------------------------------------------------------- */

static bool take_inbox(struct engine *engine, struct job **ret)
{
	bool stopping;

	(void)pthread_mutex_lock(&engine->lock);
	*ret = engine->inbox;
	engine->inbox = engine->inbox_last = NULL;
	stopping = engine->stopping;
	(void)pthread_mutex_unlock(&engine->lock);
	return !stopping;
}

static int wait_ms(const struct engine *engine, int64_t now)
{
	int64_t next = course_next_due(&engine->course), ms;

	if (engine->timer_us >= 0 && (next < 0 || engine->timer_us < next))
		next = engine->timer_us;
	if (next < 0)
		return ENGINE_WAIT_MAX_MS;
	ms = (next - now + 999) / 1000;
	if (ms < 0)
		return 0;
	return ms > ENGINE_WAIT_MAX_MS ? ENGINE_WAIT_MAX_MS : (int)ms;
}

static void wait_events(struct engine *engine)
{
	struct epoll_event events[ENGINE_EVENTS];
	int n = epoll_wait(engine->watch.epoll_fd, events, ENGINE_EVENTS,
	                   wait_ms(engine, clock_mono_us()));

	for (int i = 0; i < n; i++) {
		int mask = 0;
		uint64_t count;

		if (events[i].data.fd == engine->wake_fd) {
			(void)!read(engine->wake_fd, &count, sizeof(count));
			continue;
		}
		if (!watch_event(&engine->watch, events[i].data.fd))
			continue;
		if ((events[i].events & (EPOLLIN | EPOLLHUP)) != 0)
			mask |= CURL_CSELECT_IN;
		if ((events[i].events & EPOLLOUT) != 0)
			mask |= CURL_CSELECT_OUT;
		if ((events[i].events & EPOLLERR) != 0)
			mask |= CURL_CSELECT_ERR;
		act(engine, events[i].data.fd, mask);
	}
}

static void *engine_thread(void *arg)
{
	struct engine *engine = arg;
	struct job *jobs;

	while (take_inbox(engine, &jobs)) {
		course_queue(&engine->course, jobs);
		course_run(&engine->course, clock_mono_us());
		run_timer(engine, clock_mono_us());
		reap(engine);
		/* What landed made room for others. Nothing may land between here and the
		 * wait: it would lie there until the next event. */
		course_run(&engine->course, clock_mono_us());
		wait_events(engine);
		reap(engine);
	}
	course_queue(&engine->course, jobs);
	while (engine->flying != NULL)
		course_abandon(&engine->course, engine->flying);
	course_stop(&engine->course);
	return NULL;
}

static bool prepare(struct engine *engine)
{
	struct epoll_event ev = { .events = EPOLLIN };

	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return false;
	engine->multi = curl_multi_init();
	engine->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	ev.data.fd = engine->wake_fd;
	engine->timer_us = -1;
	if (watch_init(&engine->watch) != 0 || engine->multi == NULL ||
	    engine->wake_fd < 0 ||
	    epoll_ctl(engine->watch.epoll_fd, EPOLL_CTL_ADD, engine->wake_fd, &ev) != 0)
		return false;
	(void)curl_multi_setopt(engine->multi, CURLMOPT_SOCKETFUNCTION, watch_socket);
	(void)curl_multi_setopt(engine->multi, CURLMOPT_SOCKETDATA, &engine->watch);
	(void)curl_multi_setopt(engine->multi, CURLMOPT_TIMERFUNCTION, on_timer);
	(void)curl_multi_setopt(engine->multi, CURLMOPT_TIMERDATA, engine);
	(void)curl_multi_setopt(engine->multi, CURLMOPT_MAXCONNECTS,
	                        engine->conns_max > 0 ? engine->conns_max
	                                              : (long)UPSTREAM_IDLE_MAX);
	(void)curl_multi_setopt(engine->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS,
	                        engine->conns_max);
	(void)curl_multi_setopt(engine->multi, CURLMOPT_PIPELINING,
	                        (long)CURLPIPE_NOTHING);
	return true;
}

static void wake(struct engine *engine)
{
	uint64_t one = 1;

	while (write(engine->wake_fd, &one, sizeof(one)) < 0 && errno == EINTR)
		;
}

void engine_stop(struct engine *engine)
{
	bool running;

	(void)pthread_mutex_lock(&engine->lock);
	running = engine->running;
	engine->running = false;
	engine->stopping = true;
	(void)pthread_mutex_unlock(&engine->lock);
	if (!running)
		return;
	wake(engine);
	(void)pthread_join(engine->thread, NULL);
}

void engine_free(struct engine *engine)
{
	if (engine == NULL)
		return;
	engine_stop(engine);
	while (engine->idle != NULL) {
		struct wire *wire = engine->idle;

		engine->idle = wire->next;
		wire_free(wire);
	}
	if (engine->multi != NULL)
		(void)curl_multi_cleanup(engine->multi);
	watch_done(&engine->watch);
	if (engine->wake_fd >= 0)
		(void)close(engine->wake_fd);
	(void)pthread_mutex_destroy(&engine->lock);
	free(engine);
}

int engine_new(unsigned conns_max, struct engine **ret, struct rent_error *err)
{
	struct engine *engine = calloc(1, sizeof(*engine));

	if (engine == NULL)
		return rent_fail(err, RENT_ENOMEM, "out of memory");
	(void)pthread_mutex_init(&engine->lock, NULL);
	engine->watch.epoll_fd = engine->wake_fd = -1;
	engine->conns_max = (long)conns_max;
	engine->course.carrier = (struct course_carrier){ engine, launch, land };
	if (!prepare(engine) ||
	    pthread_create(&engine->thread, NULL, engine_thread, engine) != 0) {
		engine_free(engine);
		return rent_fail(err, RENT_EFAIL,
		                 "outbound HTTP does not start: no memory, "
		                 "descriptors or threads left");
	}
	(void)pthread_mutex_lock(&engine->lock);
	engine->running = true;
	(void)pthread_mutex_unlock(&engine->lock);
	*ret = engine;
	return 0;
}

bool engine_submit(struct engine *engine, struct job *first, struct job *last)
{
	bool running, was_empty;

	(void)pthread_mutex_lock(&engine->lock);
	running = engine->running;
	was_empty = engine->inbox == NULL;
	if (running) {
		if (was_empty)
			engine->inbox = first;
		else
			engine->inbox_last->next = first;
		engine->inbox_last = last;
		/* Under the lock, so that engine_stop() cannot close it meanwhile. */
		if (was_empty)
			wake(engine);
	}
	(void)pthread_mutex_unlock(&engine->lock);
	return running;
}
