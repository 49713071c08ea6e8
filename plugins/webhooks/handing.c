/* SPDX-License-Identifier: MIT
 *
 * plugins/webhooks/handing.c - hands recorded events to the instance that acts on them, many at
 * a time, since acting on one means to ask its service, and records the result of each. That
 * instance may see an event twice: if a host dies between the effect of an event and the record
 * of it, the next one hands it on again.
 */
#include "webhooks.h"

#include <stdlib.h>

#define PAGE  200
#define HANDS 64 /* events that are acted on at once */

struct page {
	struct rent_inbound events[PAGE];
	size_t n;
	/* ---- under the lock of the hands */
	size_t next; /* to be handed on */
	int hands;   /* that are at work */
	int64_t open;
};

/* A task's view of it. */
struct hand {
	struct webhooks *w;
	struct page *page;
};

static int collect(void *arg, const struct rent_inbound *event)
{
	struct page *page = arg;

	page->events[page->n++] = *event;
	return page->n == PAGE ? 1 : 0;
}

/* false: it stays open. */
static bool hand_on(struct webhooks *w, const struct rent_inbound *e)
{
	char outcome[RENT_NOTE_SIZE] = "";
	struct rent_error err = { 0 };
	const struct rent_field fields[] = { { "event", e->id },
		                             { "instance", e->instance },
		                             { NULL, NULL } };
	int code = w->act(w->rental_self, e, outcome, &err);

	if (code == 0) {
		code = w->storage.event_end(w->storage_self, e->id,
		                            outcome[0] == '\0' ? "done" : outcome, &err);
		code = code < 0 ? code : 0;
	}
	if (code < 0)
		w->host->log(w->host, RENT_LOG_WARN, fields, "the event stays open: %s",
		             err.text);
	return code == 0;
}

/* NULL: all are taken. */
static const struct rent_inbound *next_event(struct hand *hand)
{
	struct page *page = hand->page;
	const struct rent_inbound *e = NULL;

	lock_acquire(&hand->w->hands);
	if (page->next < page->n)
		e = &page->events[page->next++];
	lock_release(&hand->w->hands);
	return e;
}

/* A task; arg lives until the last hand is done. */
static void hand_some(void *arg)
{
	struct hand *hand = arg;
	const struct rent_inbound *e;
	int64_t open = 0;

	while ((e = next_event(hand)) != NULL)
		open += hand->w->act == NULL || !hand_on(hand->w, e);
	lock_acquire(&hand->w->hands);
	hand->page->open += open;
	if (--hand->page->hands == 0)
		wait_wake_all(&hand->w->hands_done);
	lock_release(&hand->w->hands);
}

/* As many hands as there is work for, and as the host has room for; this task is one. */
static void hand_together(struct webhooks *w, struct page *page)
{
	struct hand hand = { w, page };
	size_t wanted = page->n < HANDS ? page->n : HANDS;

	page->next = 0;
	page->open = 0;
	page->hands = 1;
	for (size_t i = 1; i < wanted; i++) {
		lock_acquire(&w->hands);
		page->hands++;
		lock_release(&w->hands);
		if (w->host->task->spawn(w->host, "inbound", hand_some, &hand) == 0)
			continue;
		lock_acquire(&w->hands);
		page->hands--;
		lock_release(&w->hands);
		break;
	}
	hand_some(&hand);
	lock_acquire(&w->hands);
	while (page->hands > 0)
		wait_forever(&w->hands_done, &w->hands);
	lock_release(&w->hands);
}

/* One page behind after. Returns how many were in it. */
static size_t hand_page(struct webhooks *w, struct page *page, char after[RENT_ID_SIZE],
                        int64_t *open)
{
	struct rent_inbound_query query = { .struct_size = sizeof(query),
		                            .open = true,
		                            .after_id = after,
		                            .limit = PAGE };
	struct rent_error err = { 0 };

	page->n = 0;
	if (w->storage.event_list(w->storage_self, &query, collect, page, &err) < 0) {
		w->host->log(w->host, RENT_LOG_WARN, NULL,
		             "open events cannot be read: %s", err.text);
		return 0;
	}
	if (page->n == 0)
		return 0;
	hand_together(w, page);
	*open += page->open;
	(void)rent_copy(after, RENT_ID_SIZE, page->events[page->n - 1].id);
	return page->n;
}

/* Whether the caller is to hand on, now or with a task; else whoever does goes round again. */
static bool begin_round(struct webhooks *w)
{
	bool mine;

	lock_acquire(&w->handing);
	mine = !w->busy;
	w->again = !mine;
	w->busy = true;
	lock_release(&w->handing);
	return mine;
}

/* Whether another round was asked for meanwhile. */
static bool end_round(struct webhooks *w)
{
	bool again;

	lock_acquire(&w->handing);
	again = w->again;
	w->again = false;
	w->busy = again;
	if (!again)
		wait_wake_all(&w->idle);
	lock_release(&w->handing);
	return again;
}

static void hand_all(void *arg)
{
	struct webhooks *w = arg;
	struct page *page = malloc(sizeof(*page));

	do {
		char after[RENT_ID_SIZE] = "";
		int64_t open = 0;

		while (page != NULL && hand_page(w, page, after, &open) == PAGE)
			;
		w->host->metric_set(w->open, open, NULL);
	} while (end_round(w));
	free(page);
}

void handing_round(void *arg)
{
	if (begin_round(arg))
		hand_all(arg);
}

void handing_wake(struct webhooks *w)
{
	if (w->act == NULL || !begin_round(w))
		return;
	/* A host that is full does it with the next tick of the timer. */
	if (w->host->task->spawn(w->host, "inbound", hand_all, w) != 0)
		(void)end_round(w);
}

void handing_wait(struct webhooks *w)
{
	lock_acquire(&w->handing);
	w->again = false;
	while (w->busy)
		wait_forever(&w->idle, &w->handing);
	lock_release(&w->handing);
}
