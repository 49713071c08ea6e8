/* SPDX-License-Identifier: MIT
 *
 * outbox.c - what changes tell other systems: recorded, given out to be sent, ended, listed, counted.
 */
#include "memory.h"

#include <stdlib.h>

bool memory_insert_message(struct memory *m, const struct change_message *row,
                           int64_t now)
{
	char *data = strdup(row->data);
	struct memory_message *message;

	if (data == NULL)
		return false;
	message = MEMORY_PUSH(m->outbox);
	message->data = data;
	message->row = (struct rent_message){ .struct_size = sizeof(message->row),
		                              .state = RENT_MESSAGE_OPEN,
		                              .created_at = now,
		                              .next_at = now };
	(void)rent_copy(message->row.id, RENT_ID_SIZE, row->id);
	(void)rent_copy(message->row.endpoint, RENT_ID_SIZE, row->endpoint);
	(void)rent_copy(message->row.rental_id, RENT_ID_SIZE, row->rental);
	(void)rent_copy(message->row.type, RENT_ID_SIZE, row->type);
	return true;
}

static bool is_open_at(const struct rent_message *row, const char *endpoint)
{
	return row->state == RENT_MESSAGE_OPEN && strcmp(row->endpoint, endpoint) == 0;
}

/* Nothing recorded before it is still to be sent to the same place for the same rental. */
static bool is_first(const struct memory *m, size_t i)
{
	const struct rent_message *row = &m->outbox.at[i].row;

	for (size_t k = 0; k < i; k++) {
		if (is_open_at(&m->outbox.at[k].row, row->endpoint) &&
		    strcmp(m->outbox.at[k].row.rental_id, row->rental_id) == 0)
			return false;
	}
	return true;
}

static int show(struct memory_message *message, rent_message_fn fn, void *arg)
{
	message->row.data = message->data;
	return fn(arg, &message->row);
}

int memory_outbox_claim(struct memory *m, const char *endpoint, int64_t lease_us,
                        uint32_t limit, rent_message_fn fn, void *arg,
                        struct rent_error *err)
{
	int64_t now = m->now(m->now_arg), left = storage_page(limit);
	int code = 0;

	(void)err;
	lock_acquire(&m->lock);
	for (size_t i = 0; i < m->outbox.n && left > 0 && code == 0; i++) {
		struct memory_message *message = &m->outbox.at[i];

		if (!is_open_at(&message->row, endpoint) || message->row.next_at > now ||
		    !is_first(m, i))
			continue;
		message->row.tries++;
		message->row.next_at = now + lease_us;
		left--;
		code = show(message, fn, arg);
	}
	lock_release(&m->lock);
	return code;
}

static bool is_expected(const struct rent_message *row,
                        const struct rent_message_end *end)
{
	if (strcmp(row->endpoint, end->endpoint) != 0 || strcmp(row->id, end->id) != 0)
		return false;
	return end->expect_tries == -1 || (row->state == RENT_MESSAGE_OPEN &&
	                                   (row->tries == end->expect_tries ||
	                                    end->state == RENT_MESSAGE_DELIVERED));
}

/* What waits behind it for the same rental has its time; once it is out of the way, what was never tried
 * waits no longer. */
static void move_behind(const struct memory *m, size_t head)
{
	const struct rent_message *h = &m->outbox.at[head].row;

	for (size_t i = head + 1; i < m->outbox.n; i++) {
		struct rent_message *row = &m->outbox.at[i].row;

		if (!is_open_at(row, h->endpoint) ||
		    strcmp(row->rental_id, h->rental_id) != 0)
			continue;
		if ((h->state == RENT_MESSAGE_OPEN && row->next_at < h->next_at) ||
		    (row->tries == 0 && row->next_at > h->next_at))
			row->next_at = h->next_at;
	}
}

int memory_outbox_end(struct memory *m, const struct rent_message_end *end,
                      struct rent_error *err)
{
	int64_t now = m->now(m->now_arg);
	int code = 1;

	(void)err;
	lock_acquire(&m->lock);
	for (size_t i = 0; i < m->outbox.n && code == 1; i++) {
		struct rent_message *row = &m->outbox.at[i].row;

		if (!is_expected(row, end))
			continue;
		row->state = end->state;
		row->tries = end->tries;
		row->next_at = now + end->wait_us;
		row->ended_at = end->state == RENT_MESSAGE_OPEN ? 0 : now;
		(void)rent_copy(row->note, sizeof(row->note), end->note);
		move_behind(m, i);
		code = 0;
	}
	lock_release(&m->lock);
	return code;
}

static bool was_delivered_before(const struct rent_message *row, int64_t before)
{
	return row->state == RENT_MESSAGE_DELIVERED && row->ended_at < before;
}

int memory_outbox_purge(struct memory *m, int64_t age_us, uint32_t limit, int64_t *ret_n,
                        struct rent_error *err)
{
	int64_t before = m->now(m->now_arg) - age_us, n = 0;
	size_t kept = 0;

	(void)err;
	lock_acquire(&m->lock);
	for (size_t i = 0; i < m->outbox.n; i++) {
		if (n < (int64_t)limit &&
		    was_delivered_before(&m->outbox.at[i].row, before)) {
			free(m->outbox.at[i].data);
			n++;
		} else {
			m->outbox.at[kept++] = m->outbox.at[i];
		}
	}
	m->outbox.n = kept;
	lock_release(&m->lock);
	if (ret_n != NULL)
		*ret_n = n;
	return 0;
}

/* The message with the least id above after_id; they are not sorted. */
static struct memory_message *next_message(struct memory *m,
                                           const struct rent_message_query *query,
                                           const char *after_id)
{
	struct memory_message *best = NULL;

	for (size_t i = 0; i < m->outbox.n; i++) {
		struct memory_message *message = &m->outbox.at[i];

		if (strcmp(message->row.endpoint, query->endpoint) != 0 ||
		    (query->state != RENT_MESSAGE_NONE &&
		     message->row.state != query->state))
			continue;
		if (strcmp(message->row.id, after_id) > 0 &&
		    (best == NULL || strcmp(message->row.id, best->row.id) < 0))
			best = message;
	}
	return best;
}

int memory_outbox_list(struct memory *m, const struct rent_message_query *query,
                       rent_message_fn fn, void *arg, struct rent_error *err)
{
	const char *after = query->after_id == NULL ? "" : query->after_id;
	int64_t left = storage_page(query->limit);
	struct memory_message *message;
	int code = 0;

	(void)err;
	lock_acquire(&m->lock);
	message = next_message(m, query, after);
	for (; message != NULL && left > 0 && code == 0; left--) {
		code = show(message, fn, arg);
		message = next_message(m, query, message->row.id);
	}
	lock_release(&m->lock);
	return code;
}

int memory_outbox_sums(struct memory *m, const char *endpoint,
                       struct rent_message_sums *ret, struct rent_error *err)
{
	int64_t now = m->now(m->now_arg);

	(void)err;
	ret->open = ret->set_aside = ret->oldest_us = 0;
	lock_acquire(&m->lock);
	for (size_t i = 0; i < m->outbox.n; i++) {
		const struct rent_message *row = &m->outbox.at[i].row;

		if (strcmp(row->endpoint, endpoint) != 0)
			continue;
		ret->set_aside += row->state == RENT_MESSAGE_SET_ASIDE;
		ret->open += row->state == RENT_MESSAGE_OPEN;
		if (row->state == RENT_MESSAGE_OPEN &&
		    now - row->created_at > ret->oldest_us)
			ret->oldest_us = now - row->created_at;
	}
	lock_release(&m->lock);
	return 0;
}
