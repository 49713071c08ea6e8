/* SPDX-License-Identifier: MIT
 *
 * connection_thread.c - the thread of a link: connects, sends what is pending as one pipeline, hears the
 * replies in their order and gives the calls back. See connection_inside.h.
 */
#include "connection_inside.h"

#include <poll.h>
#include <unistd.h>

#define PING_EVERY    RENT_SECOND /* with nothing else to say */
#define BACKOFF_FIRST (RENT_SECOND / 50)
#define BACKOFF_MOST  RENT_SECOND

/* ---- the thread: giving calls back */
static void give_back(struct connection *link, struct redis_call *call)
{
	link->under_way--;
	if (call->abandoned) {
		call_free(call);
		return;
	}
	call->done = true;
	(void)wait_wake_one(&call->woken);
}

static void give_back_all(struct connection *link, struct call_list *list)
{
	struct redis_call *call;

	while ((call = calls_shift(list)) != NULL) {
		call->code = RENT_EUNAVAIL;
		give_back(link, call);
	}
}

/* ---- the thread: connecting */
static void say_lost(struct connection *link, const char *what)
{
	const struct rent_host *host = link->options.host;
	struct connection_state state;

	connection_state(link, &state);
	if (!link->complained)
		host->log(host, RENT_LOG_WARN, NULL,
		          "redis at %s %s: %s; the database does its work meanwhile",
		          state.where, what, state.why);
	link->complained = true;
}

/* Fails what was under way. lost: not because the link ends. */
static void disconnect(struct connection *link, const char *why)
{
	lock_acquire(&link->lock);
	link->connected = false;
	if (why != NULL && !link->drop)
		connection_failed(link, why);
	link->backoff = link->drop ? BACKOFF_FIRST : 0;
	link->drop = false;
	give_back_all(link, &link->flight);
	give_back_all(link, &link->pending);
	lock_release(&link->lock);
	meters_connected(link->options.meters, false);
	redisFree(link->ctx);
	link->ctx = NULL;
	if (why != NULL)
		say_lost(link, "is lost");
}

/* When the next try is due. Hosts that lost Redis together do not come back together. */
static int64_t next_try(struct connection *link)
{
	uint32_t dice;
	int64_t wait = link->backoff;

	if (link->breaker.state == BREAKER_OPEN)
		wait = link->breaker.until - connection_now();
	if (wait <= 0)
		return connection_now();
	link->options.host->random(link->options.host, &dice, sizeof(dice));
	return connection_now() + wait + wait / 4 * (int64_t)(dice % 1024) / 1024;
}

/* Waits until a try is due. False: the link ends. */
static bool wait_for_try(struct connection *link)
{
	int64_t until;
	bool go;

	lock_acquire(&link->lock);
	until = next_try(link);
	while (!link->stopping && connection_now() < until)
		(void)wait_until(&link->changed, &link->lock, until);
	breaker_try(&link->breaker);
	meters_breaker(link->options.meters, link->breaker.state);
	go = !link->stopping;
	lock_release(&link->lock);
	return go;
}

static void connected(struct connection *link, redisContext *ctx, const char *where)
{
	const struct rent_host *host = link->options.host;

	link->ctx = ctx;
	link->heard_at = connection_now();
	link->complained = false;
	lock_acquire(&link->lock);
	(void)rent_copy(link->where, sizeof(link->where), where);
	link->why[0] = '\0';
	breaker_succeeded(&link->breaker);
	link->connected = link->tried = true;
	wait_wake_all(&link->changed);
	lock_release(&link->lock);
	meters_connected(link->options.meters, true);
	meters_breaker(link->options.meters, BREAKER_CLOSED);
	host->log(host, RENT_LOG_INFO, NULL, "redis at %s is connected", where);
}

static void refused(struct connection *link, const char *where,
                    const struct rent_error *err)
{
	char why[RENT_NOTE_SIZE];

	(void)rent_copy(why, sizeof(why), err->text);
	lock_acquire(&link->lock);
	(void)rent_copy(link->where, sizeof(link->where), where);
	connection_failed(link, why);
	link->tried = true;
	wait_wake_all(&link->changed);
	lock_release(&link->lock);
	link->backoff = link->backoff == 0 ? BACKOFF_FIRST : link->backoff * 2;
	if (link->backoff > BACKOFF_MOST)
		link->backoff = BACKOFF_MOST;
	say_lost(link, "cannot be used");
}

static void reconnect(struct connection *link)
{
	char where[ADDRESS_TEXT_SIZE] = "";
	struct rent_error err = { .text = "" };
	redisContext *ctx = NULL;

	if (!wait_for_try(link))
		return;
	if (dial(&link->options.dial, &ctx, where, &err) == 0)
		connected(link, ctx, where);
	else
		refused(link, where, &err);
}

/* ---- the thread: sending and hearing */
static int append(struct connection *link, struct redis_call *call)
{
	call->sent_at = connection_now();
	calls_push(&link->flight, call);
	return redisAppendFormattedCommand(link->ctx, call->bytes, call->size);
}

/* Moves the waiting calls into the connection's buffer. False: the connection must be given up. */
static bool take_pending(struct connection *link)
{
	struct redis_call *call;
	bool good;

	lock_acquire(&link->lock);
	good = !link->drop && !link->stopping;
	while (good && (call = calls_shift(&link->pending)) != NULL) {
		if (call->abandoned)
			give_back(link, call);
		else
			good = append(link, call) == REDIS_OK;
	}
	lock_release(&link->lock);
	return good;
}

/* So that a connection that died in silence is noticed before somebody needs it. */
static bool ping_if_idle(struct connection *link)
{
	static const char *const argv[] = { "PING" };
	struct redis_call *call;

	if (link->flight.first != NULL || connection_now() - link->heard_at < PING_EVERY)
		return true;
	call = call_new(link->options.host->task, 1, argv, NULL);
	if (call == NULL)
		return true;
	call->abandoned = true;
	lock_acquire(&link->lock);
	link->under_way++;
	lock_release(&link->lock);
	return append(link, call) == REDIS_OK;
}

/* Until when the connection may be silent: a reply is due, or a PING. */
static int64_t silent_until(const struct connection *link)
{
	const struct redis_call *call = link->flight.first;
	int64_t since = link->heard_at;

	if (call == NULL)
		return since + PING_EVERY;
	if (call->sent_at > since)
		since = call->sent_at;
	return since + link->options.dial.connect_us;
}

static bool hear(struct connection *link, const redisReply *reply)
{
	struct redis_call *call = calls_shift(&link->flight);
	enum pipeline_verdict verdict;

	if (call == NULL)
		return false;
	verdict = call_answer(call, reply, call->why);
	lock_acquire(&link->lock);
	if (verdict != PIPELINE_GOOD)
		connection_failed(link, call->why);
	else if (!call->abandoned && link->breaker.state == BREAKER_CLOSED)
		breaker_succeeded(&link->breaker);
	link->drop |= verdict == PIPELINE_LOST;
	give_back(link, call);
	lock_release(&link->lock);
	return true;
}

static bool receive(struct connection *link)
{
	const redisReader *reader = link->ctx->reader;
	void *reply = NULL;
	bool good = redisBufferRead(link->ctx) == REDIS_OK;

	while (good) {
		if (redisGetReplyFromReader(link->ctx, &reply) != REDIS_OK)
			return false;
		if (reply == NULL)
			break;
		link->heard_at = connection_now();
		good = hear(link, reply);
		freeReplyObject(reply);
	}
	return good && reader->len - reader->pos <= CONNECTION_REPLY_MAX;
}

static const char *broken_text(const struct connection *link)
{
	return link->ctx->err != 0 ? link->ctx->errstr : "it makes no sense";
}

/* One round. Returns NULL, or why the connection is to be given up. */
static const char *serve(struct connection *link)
{
	struct pollfd fds[] = { { .fd = link->ctx->fd, .events = POLLIN },
		                { .fd = link->bell, .events = POLLIN } };
	int sent = 0;
	int64_t left;
	uint64_t rung;

	if (!take_pending(link) || !ping_if_idle(link) ||
	    redisBufferWrite(link->ctx, &sent) != REDIS_OK)
		return broken_text(link);
	if (!sent)
		fds[0].events |= POLLOUT;
	left = silent_until(link) - connection_now();
	if (left <= 0 && link->flight.first != NULL)
		return "it is silent";
	(void)poll(fds, 2, left <= 0 ? 0 : (int)(left / 1000) + 1);
	if (fds[1].revents != 0 && read(link->bell, &rung, sizeof(rung)) < 0)
		return "its eventfd is broken";
	if ((fds[0].revents & (POLLIN | POLLERR | POLLHUP)) != 0 && !receive(link))
		return broken_text(link);
	return NULL;
}

static bool is_stopping(struct connection *link)
{
	bool stopping;

	lock_acquire(&link->lock);
	stopping = link->stopping;
	lock_release(&link->lock);
	return stopping;
}

void *connection_thread(void *arg)
{
	struct connection *link = arg;

	while (!is_stopping(link)) {
		const char *why;

		if (link->ctx == NULL) {
			reconnect(link);
			continue;
		}
		why = serve(link);
		if (why != NULL)
			disconnect(link, is_stopping(link) ? NULL : why);
	}
	if (link->ctx != NULL)
		disconnect(link, NULL);
	return NULL;
}
