/* SPDX-License-Identifier: MIT
 *
 * upstream/exchange.c - the caller's side of an exchange: checks it, makes it ready, hands
 * it to a client and waits. A task uses the client of its own loop, and nothing is handed over.
 */
#include "base/arena.h"
#include "base/header.h"
#include "base/trace.h"
#include "upstream/transfer.h"
#include "upstream/upstream.h"
#include "upstream/upstreams.h"

#include <assert.h>
#include <curl/curl.h>
#include <stdlib.h>
#include <strings.h>

#define REACH_ARENA   ((size_t)2 * 1024 * 1024) /* for the largest answer */
#define EXPECT_ABOVE  1000u /* bytes of a body, below what any libcurl takes for large */
#define PORTION       64u   /* exchanges that a task begins at once, about 1 ms */
#define FEW_EXCHANGES 4u    /* which need no memory but the stack */

/* Not empty, visible ASCII, and none of the bytes in `but`. */
static bool visible(const char *s, const char *but)
{
	const char *at = s;

	while (*at > 0x20 && *at != 0x7f)
		at++;
	return at > s && *at == '\0' && s[strcspn(s, but)] == '\0';
}

/* The fault of a request, or NULL. */
static const char *fault_of(const struct rent_upstream_request *r)
{
	if (r->method == NULL || !visible(r->method, "/:"))
		return "the request has no method, or a malformed one";
	if (r->target == NULL || r->target[0] != '/' || !visible(r->target, "#"))
		return "the request's target does not begin with '/' or has blanks in it";
	for (size_t i = 0; i < RENT_UPSTREAM_HEADERS && r->headers[i].name != NULL; i++)
		if (!visible(r->headers[i].name, ":") || r->headers[i].value == NULL ||
		    !header_value_is_clean(r->headers[i].value))
			return "a header's name or value is malformed";
	return NULL;
}

/* a, b and c in one; NULL: the arena is full. Printing it would cost ten times as much. */
static char *join(struct rent_arena *arena, const char *a, const char *b, const char *c)
{
	size_t a_size = strlen(a), b_size = strlen(b), c_size = strlen(c);
	char *all = rent_alloc(arena, a_size + b_size + c_size + 1), *end;

	if (all == NULL)
		return NULL;
	end = mempcpy(all, a, a_size);
	end = mempcpy(end, b, b_size);
	end = mempcpy(end, c, c_size);
	*end = '\0';
	return all;
}

static bool add_line(struct transfer *t, char *line)
{
	struct curl_slist *item = rent_alloc(t->x->arena, sizeof(*item));

	if (item == NULL || line == NULL)
		return false;
	item->data = line;
	item->next = t->target.headers;
	t->target.headers = item;
	return true;
}

/* "Name;" is libcurl's way to say "this header, and empty". */
static bool add_header(struct transfer *t, const char *name, const char *value)
{
	return add_line(t, join(t->x->arena, name, value[0] == '\0' ? ";" : ": ", value));
}

static bool has_type(const struct rent_upstream_request *r)
{
	for (size_t i = 0; i < RENT_UPSTREAM_HEADERS && r->headers[i].name != NULL; i++)
		if (strcasecmp(r->headers[i].name, "Content-Type") == 0)
			return true;
	return false;
}

/* "Name:" keeps libcurl from adding that header. "Expect", which it adds to large bodies,
 * would cost a round trip, or a second with servers that ignore it. */
static bool add_own_headers(struct transfer *t)
{
	static char no_expect[] = "Expect:", no_type[] = "Content-Type:";
	const struct rent_upstream_request *r = &t->x->request;
	char parent[TRACE_PARENT_SIZE];

	if (r->body_size > EXPECT_ABOVE && !add_line(t, no_expect))
		return false;
	if (!has_type(r) && !add_line(t, no_type))
		return false;
	if (t->group->trace == NULL)
		return true;
	trace_parent(t->group->trace, parent);
	return add_header(t, "traceparent", parent);
}

static bool build_target(struct transfer *t)
{
	static char agent[] = "User-Agent: rentald/" RENT_VERSION;
	static struct curl_slist first = { .data = agent }; /* libcurl only reads it */
	const struct rent_upstream_request *r = &t->x->request;

	t->target.url = join(t->x->arena, r->upstream->base_url, r->target, "");
	t->target.headers = &first;
	if (t->target.url == NULL || !add_own_headers(t))
		return false;
	for (size_t i = 0; i < RENT_UPSTREAM_HEADERS && r->headers[i].name != NULL; i++)
		if (!add_header(t, r->headers[i].name, r->headers[i].value))
			return false;
	return true;
}

/* Makes x ready to go. false: it has ended here, not sent. */
static bool prepare_transfer(struct transfer *t, struct rent_exchange *x,
                             struct transfer_group *group)
{
	const char *wrong;

	assert(x->arena != NULL && x->request.upstream != NULL &&
	       x->request.upstream->magic == UPSTREAM_MAGIC);
	x->transport = RENT_NOT_SENT;
	x->reply = (struct rent_upstream_reply){ .struct_size = sizeof(x->reply) };
	x->breaker_open = x->unjudged = false;
	x->took_us = 0;
	x->error[0] = '\0';
	*t = (struct transfer){ .x = x, .group = group };
	wrong = fault_of(&x->request);
	if (wrong == NULL && !build_target(t))
		wrong = "the request does not fit the arena";
	if (wrong != NULL)
		(void)rent_copy(x->error, sizeof(x->error), wrong);
	return wrong == NULL;
}

static void refuse_exchanges(struct rent_exchange *const *x, size_t n, const char *why)
{
	for (size_t i = 0; i < n; i++) {
		x[i]->transport = RENT_NOT_SENT;
		(void)rent_copy(x[i]->error, sizeof(x[i]->error), why);
	}
}

/* One call of upstream_exchange(): what is ready to go. */
struct exchanges {
	struct loop_call call;
	struct transfer_group group;
	struct client *client;
	struct transfer *transfers;
	size_t count;
};

/* When the last one has begun, all may have ended, and what holds them may be gone. */
static void begin_transfers(struct transfer *t, size_t n, struct client *client)
{
	for (struct transfer *end = t + n; t < end; t++) {
		t->client = client;
		transfer_begin(t);
	}
}

static void on_handed_over(struct loop_call *call)
{
	struct exchanges *all = (struct exchanges *)call;

	begin_transfers(all->transfers, all->count, all->client);
}

/* The other tasks of the loop have a turn between two portions. */
static void begin_in_portions(struct exchanges *all)
{
	for (size_t i = 0; i < all->count; i += PORTION) {
		size_t left = all->count - i;

		if (i > 0)
			(void)waiter_park(0);
		begin_transfers(&all->transfers[i], left < PORTION ? left : PORTION,
		                all->client);
	}
}

/* The client of the loop that the caller is on; NULL: it is on none of ours. */
static struct client *own_client(const struct upstreams *upstreams)
{
	const struct loop *loop = loop_current();
	struct client *client = NULL;

	if (loop != NULL && loop->index < upstreams->client_count)
		client = upstreams->clients[loop->index];
	return client != NULL && client_loop(client) == loop ? client : NULL;
}

static void begin_and_wait(struct upstreams *upstreams, struct exchanges *all)
{
	all->client = own_client(upstreams);
	all->group.left = all->count;
	all->group.waiter = waiter_self();
	if (all->client != NULL) {
		/* A loop that waited for itself would never go on. */
		assert(all->group.waiter->kind != NULL);
		begin_in_portions(all);
	} else {
		all->call.fn = on_handed_over;
		all->client = upstreams->clients[atomic_fetch_add(&upstreams->turn, 1) %
		                                 upstreams->client_count];
		loop_post(client_loop(all->client), &all->call);
	}
	while (!atomic_load(&all->group.ended))
		(void)waiter_park(RENT_NO_DEADLINE);
}

static void exchange_all(struct upstreams *upstreams, struct rent_exchange *const *x,
                         size_t n, bool quiet)
{
	struct transfer few[FEW_EXCHANGES], *many = NULL;
	struct exchanges all = { .group = { .trace = trace_current(), .quiet = quiet } };

	if (atomic_load(&upstreams->stopped)) {
		refuse_exchanges(x, n, "outbound HTTP is not running");
		return;
	}
	if (n > FEW_EXCHANGES) {
		many = calloc(n, sizeof(*many));
		if (many == NULL) {
			refuse_exchanges(x, n, "out of memory");
			return;
		}
	}
	all.transfers = many == NULL ? few : many;
	for (size_t i = 0; i < n; i++)
		all.count +=
			prepare_transfer(&all.transfers[all.count], x[i], &all.group);
	if (all.count > 0)
		begin_and_wait(upstreams, &all);
	free(many);
}

void upstream_exchange(struct upstreams *upstreams, struct rent_exchange *const *x,
                       size_t n)
{
	exchange_all(upstreams, x, n, false);
}

void upstream_judged(struct rent_exchange *x, bool answered)
{
	if (!x->unjudged)
		return;
	x->unjudged = false;
	if (!answered)
		report_no_answer_of_the_service(x);
	admission_settle(x, answered ? BREAKER_OK : BREAKER_FAILURE);
}

static void reach_one(struct upstreams *upstreams, struct rent_upstream *u,
                      struct rent_exchange *x)
{
	rent_exchange_init(x, arena_new(REACH_ARENA));
	x->request = (struct rent_upstream_request){ .struct_size = sizeof(x->request),
		                                     .flags = RENT_RESEND_SAFE,
		                                     .upstream = u,
		                                     .method = "GET",
		                                     .target = "/",
		                                     .endpoint = "check" };
	if (x->arena == NULL)
		refuse_exchanges(&x, 1, "out of memory");
	else
		exchange_all(upstreams, &x, 1, true); /* the caller reports */
}

void upstream_reach(struct upstreams *upstreams,
                    void (*fn)(void *arg, const char *name, const char *url,
                               const struct rent_exchange *x),
                    void *arg)
{
	struct rent_upstream *first;

	(void)pthread_mutex_lock(&upstreams->lock);
	first = upstreams->first;
	(void)pthread_mutex_unlock(&upstreams->lock);
	for (struct rent_upstream *u = first; u != NULL; u = u->next) {
		struct rent_exchange x;

		reach_one(upstreams, u, &x);
		fn(arg, u->name, u->base_url, &x);
		arena_free(x.arena);
	}
}
