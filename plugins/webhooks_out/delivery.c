/* SPDX-License-Identifier: MIT
 *
 * plugins/webhooks_out/delivery.c - takes messages out of the outbox, sends them together, and records
 * how each try ended. A host that dies in between leaves tries without an end: their time runs out, and
 * the messages are sent again, under the same ids.
 */
#include "webhooks_out.h"

#include <jansson.h>
#include <rent/time.h>
#include <stdlib.h>

/* Ends are recorded within a time-out and this after the last answer. */
#define RECORD_WITHIN (5 * RENT_SECOND)
/* How often the sums are read. */
#define SUMS_EVERY (15 * RENT_SECOND)

struct delivery {
	struct rent_message message; /* data: in the arena of x */
	struct rent_exchange x;
};

struct page {
	struct webhooks_out *w;
	struct delivery *list; /* batch of them */
	size_t n;
	int failed; /* negative: out of memory */
};

/* ---- taking */

static int take(void *arg, const struct rent_message *message)
{
	struct page *page = arg;
	const struct rent_host *host = page->w->host;
	struct delivery *d = &page->list[page->n];

	rent_exchange_init(&d->x, host->arena_new(host));
	if (d->x.arena == NULL)
		return RENT_ENOMEM;
	page->n++;
	d->message = *message;
	d->message.data = rent_strdup(d->x.arena, message->data);
	return d->message.data == NULL ? RENT_ENOMEM : 0;
}

/* ---- sending */

/* NULL: no memory, or the data are no JSON any more. */
static char *make_body(struct rent_arena *arena, const struct rent_message *m)
{
	char at[RENT_TIME_SIZE], *text = NULL, *body = NULL;
	json_t *data = json_loads(m->data, 0, NULL), *all;

	rent_time_text(m->created_at, 'T', at);
	all = json_pack("{s:s, s:s, s:o}", "type", m->type, "timestamp", at, "data",
	                data);
	if (all != NULL)
		text = json_dumps(all, JSON_COMPACT);
	if (text != NULL)
		body = rent_strdup(arena, text);
	json_decref(all);
	free(text);
	return body;
}

static bool make_request(struct webhooks_out *w, struct delivery *d,
                         const struct key keys[KEYS_MOST], int64_t not_after)
{
	const struct rent_host *host = w->host;
	struct rent_upstream_request *r = &d->x.request;
	int64_t seconds = host->wall_us(host) / RENT_SECOND;
	char *body = make_body(d->x.arena, &d->message);
	char *time = rent_alloc(d->x.arena, 24), *signature;

	if (body == NULL || time == NULL)
		return false;
	signature = signature_make(host, d->x.arena, keys, d->message.id, seconds, body);
	if (signature == NULL)
		return false;
	(void)snprintf(time, 24, "%" PRId64, seconds);
	r->upstream = w->upstream;
	r->method = "POST";
	r->target = w->target;
	r->endpoint = "webhook";
	r->body = body;
	r->body_size = strlen(body);
	r->not_after_us = not_after;
	r->headers[0] = (struct rent_header){ "Content-Type", "application/json" };
	r->headers[1] = (struct rent_header){ "webhook-id", d->message.id };
	r->headers[2] = (struct rent_header){ "webhook-timestamp", time };
	r->headers[3] = (struct rent_header){ "webhook-signature", signature };
	return true;
}

/* A message that could not be made into a request is tried again when its time is over. */
static void send_page(struct page *page, int64_t not_after)
{
	struct webhooks_out *w = page->w;
	struct rent_exchange **open = calloc(page->n + 1, sizeof(struct rent_exchange *));
	struct key keys[KEYS_MOST];
	size_t n = 0;

	lock_acquire(&w->lock);
	memcpy(keys, w->keys, sizeof(keys));
	lock_release(&w->lock);
	for (size_t i = 0; i < page->n && open != NULL; i++) {
		if (make_request(w, &page->list[i], keys, not_after))
			open[n++] = &page->list[i].x;
	}
	for (size_t i = 0; i < KEYS_MOST; i++)
		key_wipe(&keys[i]);
	if (n > 0)
		w->host->exchange(w->host, open, n);
	free(open);
}

/* ---- recording */

static void heed(struct webhooks_out *w, const struct verdict *v)
{
	int64_t until = w->host->mono_us(w->host) + v->quiet_us;
	bool first;

	lock_acquire(&w->lock);
	first = v->gone && !w->gone;
	w->gone |= v->gone;
	if (v->quiet_us > 0 && until > w->quiet_until)
		w->quiet_until = until;
	(void)rent_copy(w->trouble, sizeof(w->trouble),
	                v->state == RENT_MESSAGE_DELIVERED ? "" : v->note);
	lock_release(&w->lock);
	if (first)
		w->host->log(
			w->host, RENT_LOG_ERROR, NULL,
			"the receiver answers 410 (gone): nothing more is sent to it "
			"until this process is started again or its secret "
			"changes; its messages are kept");
}

static void record(struct webhooks_out *w, const struct delivery *d,
                   const struct verdict *v)
{
	const struct rent_message_end end = { .struct_size = sizeof(end),
		                              .endpoint = d->message.endpoint,
		                              .id = d->message.id,
		                              .expect_tries = d->message.tries,
		                              .state = v->state,
		                              .wait_us = v->wait_us,
		                              .tries = v->tries,
		                              .note = v->note };
	const struct rent_field fields[] = { { "message", d->message.id },
		                             { "rental", d->message.rental_id },
		                             { NULL, NULL } };
	const char *labels[RENT_METRIC_LABELS] = { w->host->instance, v->result };
	struct rent_error err = { 0 };

	w->host->metric_add(w->deliveries, 1, labels);
	if (w->storage.outbox_end(w->storage_self, &end, &err) < 0)
		w->host->log(
			w->host, RENT_LOG_WARN, fields,
			"the end of a delivery is not recorded, it will be sent again: "
			"%s",
			err.text);
	else if (v->state == RENT_MESSAGE_SET_ASIDE)
		w->host->log(w->host, RENT_LOG_ERROR, fields,
		             "a message is set aside after %" PRId64
		             " tries (%s); see outbox list",
		             d->message.tries, v->note);
}

static void judge(struct webhooks_out *w, const struct delivery *d)
{
	struct verdict v;
	uint64_t random;

	if (d->x.request.upstream == NULL)
		return;
	w->host->random(w->host, &random, sizeof(random));
	v = verdict_of(&d->x, d->message.tries, w->tries, w->first_wait, random);
	heed(w, &v);
	record(w, d, &v);
}

/* ---- a round */

static bool may_send(struct webhooks_out *w)
{
	bool may;

	lock_acquire(&w->lock);
	may = !w->draining && !w->gone && w->host->mono_us(w->host) >= w->quiet_until;
	lock_release(&w->lock);
	return may;
}

/* Whether there may be more. */
static bool deliver_page(struct webhooks_out *w)
{
	struct page page = { .w = w,
		             .list = calloc((size_t)w->batch, sizeof(*page.list)) };
	int64_t began = w->host->mono_us(w->host);
	int64_t timeout = w->host->opt_int(w->host, "endpoint.timeout");
	struct rent_error err = { 0 };
	size_t n;
	int code;

	if (page.list == NULL)
		return false;
	code = w->storage.outbox_claim(w->storage_self, w->host->instance,
	                               3 * timeout + RECORD_WITHIN, (uint32_t)w->batch,
	                               take, &page, &err);
	if (code < 0)
		w->host->log(w->host, RENT_LOG_WARN, NULL,
		             "the outbox cannot be read: %s", err.text);
	if (code == 0 && page.n > 0)
		send_page(&page, began + timeout);
	for (size_t i = 0; i < page.n; i++) {
		if (code == 0)
			judge(w, &page.list[i]);
		w->host->arena_free(w->host, page.list[i].x.arena);
	}
	n = page.n;
	free(page.list);
	return code == 0 && n > 0;
}

static void show_sums(struct webhooks_out *w)
{
	const char *labels[RENT_METRIC_LABELS] = { w->host->instance };
	struct rent_message_sums sums = { .struct_size = sizeof(sums) };
	int64_t now = w->host->mono_us(w->host);
	struct rent_error err;

	if (now < w->sums_at)
		return;
	w->sums_at = now + SUMS_EVERY;
	if (w->storage.outbox_sums(w->storage_self, w->host->instance, &sums, &err) != 0)
		return;
	w->host->metric_set(w->open, sums.open, labels);
	w->host->metric_set(w->set_aside, sums.set_aside, labels);
	w->host->metric_set(w->oldest, sums.oldest_us / RENT_SECOND, labels);
}

void delivery_round(void *arg)
{
	struct webhooks_out *w = arg;

	while (may_send(w) && deliver_page(w))
		;
	show_sums(w);
}
