/* SPDX-License-Identifier: MIT
 *
 * connection.c - the shared connection as its callers see it; see connection.h. connection_thread.c
 * has its thread.
 */
#include "connection.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "connection_inside.h"

int64_t connection_now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * RENT_SECOND + t.tv_nsec / 1000;
}

void connection_ring(struct connection *link)
{
	const uint64_t one = 1;
	/* It can fail only when it has been rung 2^64 times unheard. */
	ssize_t n = write(link->bell, &one, sizeof(one));

	(void)n;
}

void connection_failed(struct connection *link, const char *why)
{
	(void)rent_copy(link->why, sizeof(link->why), why);
	meters_failure(link->options.meters);
	if (!breaker_failed(&link->breaker, connection_now()))
		return;
	meters_breaker(link->options.meters, link->breaker.state);
	link->drop = link->connected;
	if (link->drop)
		connection_ring(link);
}

/* ---- callers */
static int unavailable(struct connection *link, struct rent_error *err)
{
	return rent_fail(err, RENT_EUNAVAIL, "redis at %s: not available: %s",
	                 link->where, link->why);
}

static int wait_done(struct connection *link, struct redis_call *call, int64_t until,
                     struct rent_error *err)
{
	bool answered = wait_until(&call->woken, &link->lock, until);

	if (answered && call->code == RENT_EFAIL)
		return rent_fail(err, RENT_EFAIL, "redis at %s %s", link->where,
		                 call->why);
	if (answered)
		return call->code == 0 ? 0 : unavailable(link, err);
	call->abandoned = true;
	connection_failed(link, "no answer in time");
	return rent_fail(err, RENT_ETIMEOUT, "redis at %s: no answer in time",
	                 link->where);
}

static int send_and_wait(struct connection *link, struct redis_call *call, int64_t since,
                         struct rent_error *err)
{
	if (!link->connected || link->breaker.state != BREAKER_CLOSED) {
		call->done = true;
		return unavailable(link, err);
	}
	if (link->under_way >= CONNECTION_QUEUE_MAX) {
		call->done = true;
		return rent_fail(err, RENT_EFULL, "redis at %s: %d calls are waiting",
		                 link->where, CONNECTION_QUEUE_MAX);
	}
	if (link->pending.first == NULL)
		connection_ring(link);
	calls_push(&link->pending, call);
	link->under_way++;
	return wait_done(link, call, since + link->options.timeout_us, err);
}

int connection_call(struct connection *link, const struct connection_command *command,
                    struct connection_reply *ret, struct rent_error *err)
{
	struct redis_call *call = call_new(link->options.host->task, command->argc,
	                                   command->argv, command->lengths);
	int64_t since = connection_now();
	bool mine;
	int code;

	if (call == NULL)
		return rent_fail(err, RENT_ENOMEM, "redis: out of memory");
	lock_acquire(&link->lock);
	code = send_and_wait(link, call, since, err);
	mine = call->done;
	lock_release(&link->lock);
	meters_duration(link->options.meters, command->operation,
	                connection_now() - since);
	if (!mine)
		return code;
	if (code == 0) {
		*ret = call->reply;
		call->reply.text = NULL;
	}
	call_free(call);
	return code;
}

/* ---- life */
static int start_thread(struct connection *link)
{
	sigset_t all, old;
	int failed;

	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &old);
	failed = pthread_create(&link->thread, NULL, connection_thread, link);
	(void)pthread_sigmask(SIG_SETMASK, &old, NULL);
	return failed;
}

static void link_done(struct connection *link)
{
	(void)close(link->bell);
	lock_done(&link->lock);
	free(link);
}

static void wait_for_first_try(struct connection *link)
{
	lock_acquire(&link->lock);
	while (!link->tried)
		wait_forever(&link->changed, &link->lock);
	lock_release(&link->lock);
}

int connection_new(const struct connection_options *options, struct connection **ret,
                   struct rent_error *err)
{
	struct connection *link = calloc(1, sizeof(*link));

	if (link == NULL)
		return rent_fail(err, RENT_ENOMEM, "redis: out of memory");
	link->options = *options;
	link->breaker = (struct breaker){ .failures_max = options->breaker_failures,
		                          .reset_us = options->breaker_reset_us };
	calls_init(&link->pending);
	calls_init(&link->flight);
	address_text(&options->dial.address, link->where);
	(void)rent_copy(link->why, sizeof(link->why), "not connected yet");
	link->bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	lock_init(&link->lock);
	wait_init(&link->changed, options->host->task);
	if (link->bell < 0 || start_thread(link) != 0) {
		link_done(link);
		return rent_fail(err, RENT_EFAIL, "redis: no thread can be started");
	}
	wait_for_first_try(link);
	*ret = link;
	return 0;
}

void connection_free(struct connection *link)
{
	if (link == NULL)
		return;
	lock_acquire(&link->lock);
	link->stopping = true;
	wait_wake_all(&link->changed);
	connection_ring(link);
	lock_release(&link->lock);
	(void)pthread_join(link->thread, NULL);
	link_done(link);
}

void connection_state(struct connection *link, struct connection_state *ret)
{
	lock_acquire(&link->lock);
	ret->connected = link->connected;
	ret->breaker = link->breaker.state;
	(void)rent_copy(ret->where, sizeof(ret->where), link->where);
	(void)rent_copy(ret->why, sizeof(ret->why), link->why);
	lock_release(&link->lock);
}

void connection_tune(struct connection *link, int64_t timeout_us,
                     int64_t breaker_failures, int64_t breaker_reset_us)
{
	lock_acquire(&link->lock);
	link->options.timeout_us = timeout_us;
	link->breaker.failures_max = breaker_failures;
	link->breaker.reset_us = breaker_reset_us;
	lock_release(&link->lock);
}
