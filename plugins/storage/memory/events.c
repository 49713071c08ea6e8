/* SPDX-License-Identifier: MIT
 *
 * events.c - events that services reported: recorded once, ended, listed.
 */
#include "memory.h"

static struct rent_inbound *known_event(struct memory *m, const char *instance,
                                        const char *event_id)
{
	for (size_t i = 0; i < m->events.n; i++) {
		struct rent_inbound *e = &m->events.at[i];

		if (strcmp(e->event_id, event_id) == 0 &&
		    strcmp(e->instance, instance) == 0)
			return e;
	}
	return NULL;
}

int memory_event_put(struct memory *m, const struct rent_inbound *event,
                     enum rent_inbound_result *ret, struct rent_error *err)
{
	struct rent_inbound *row = NULL;
	bool known;
	int code = 0;

	lock_acquire(&m->lock);
	known = known_event(m, event->instance, event->event_id) != NULL;
	if (!known && MEMORY_RESERVE(m->events, 1))
		row = MEMORY_PUSH(m->events);
	if (row != NULL) {
		*row = *event;
		row->received_at = m->now(m->now_arg);
		row->handled_at = 0;
		row->outcome[0] = '\0';
	}
	if (known || row != NULL)
		*ret = known ? RENT_INBOUND_KNOWN : RENT_INBOUND_NEW;
	else
		code = rent_fail(err, RENT_ENOMEM, "event_put: out of memory");
	lock_release(&m->lock);
	return code;
}

int memory_event_end(struct memory *m, const char *id, const char *outcome,
                     struct rent_error *err)
{
	int code = 1;

	(void)err;
	lock_acquire(&m->lock);
	for (size_t i = 0; i < m->events.n && code == 1; i++) {
		struct rent_inbound *e = &m->events.at[i];

		if (strcmp(e->id, id) != 0)
			continue;
		(void)rent_copy(e->outcome, sizeof(e->outcome), outcome);
		e->handled_at = outcome[0] == '\0' ? 0 : m->now(m->now_arg);
		code = 0;
	}
	lock_release(&m->lock);
	return code;
}

/* The event with the least id above after_id; they are not sorted. */
static const struct rent_inbound *next_event(const struct memory *m, bool open,
                                             const char *after_id)
{
	const struct rent_inbound *best = NULL;

	for (size_t i = 0; i < m->events.n; i++) {
		const struct rent_inbound *e = &m->events.at[i];

		if (open && e->handled_at != 0)
			continue;
		if (strcmp(e->id, after_id) > 0 &&
		    (best == NULL || strcmp(e->id, best->id) < 0))
			best = e;
	}
	return best;
}

int memory_event_list(struct memory *m, const struct rent_inbound_query *query,
                      rent_inbound_fn fn, void *arg, struct rent_error *err)
{
	const char *after = query->after_id == NULL ? "" : query->after_id;
	const struct rent_inbound *e = NULL;
	int code = 0;

	(void)err;
	lock_acquire(&m->lock);
	for (uint32_t n = 0; n < storage_page(query->limit) && code == 0; n++) {
		e = next_event(m, query->open, e == NULL ? after : e->id);
		if (e == NULL)
			break;
		code = fn(arg, e);
	}
	lock_release(&m->lock);
	return code;
}
