/* SPDX-License-Identifier: MIT
 *
 * holders.c - see holders.h.
 */
#include "holders.h"

#include <stdlib.h>

#include "cabinet.h"

#define PAGE 1000

struct reading {
	struct holders *holders;
	uint32_t rows;
	char last[RENT_ID_SIZE];
};

static struct holder *add(struct holders *h)
{
	struct holder *bigger = h->at;

	if (h->n == HOLDERS_MAX)
		return NULL;
	if (h->n == h->room) {
		h->room = h->room == 0 ? 256 : h->room * 2;
		bigger = realloc(h->at, h->room * sizeof(*bigger));
	}
	if (bigger == NULL)
		return NULL;
	h->at = bigger;
	return &bigger[h->n++];
}

static int note_holder(void *arg, const struct rent_rental *row,
                       const struct rent_op *const *ops, size_t n)
{
	struct reading *reading = arg;
	struct rent_rental r;
	struct holder *holder;

	(void)ops;
	(void)n;
	rent_adopt(&r, sizeof(r), row, row->struct_size);
	reading->rows++;
	rent_copy(reading->last, sizeof(reading->last), r.id);
	holder = add(reading->holders);
	if (holder == NULL)
		return RENT_ENOMEM;
	*holder = (struct holder){ .started_at = r.started_at };
	rent_copy(holder->powerbank_id, RENT_ID_SIZE, r.powerbank_id);
	rent_copy(holder->rental_id, RENT_ID_SIZE, r.id);
	rent_copy(holder->user_id, RENT_ID_SIZE, r.user_id);
	rent_copy(holder->station_instance, RENT_ID_SIZE, r.station_instance);
	rent_copy(holder->cabinet_id, RENT_ID_SIZE, cabinet_of(&r, r.station_id));
	return 0;
}

static int by_powerbank(const void *a, const void *b)
{
	const struct holder *x = a, *y = b;

	return strcmp(x->powerbank_id, y->powerbank_id);
}

int holders_read(struct core *core, int64_t pause_us, struct holders *holders,
                 struct rent_error *err)
{
	struct reading reading = { .holders = holders };
	int code;

	do {
		char after[RENT_ID_SIZE];

		rent_copy(after, sizeof(after), reading.last);
		reading.rows = 0;
		code = core->store->scan(core->store_self, RENT_SCAN_ACTIVE, after, PAGE,
		                         note_holder, &reading, err);
		if (code == 0 && reading.rows == PAGE && pause_us > 0)
			core->host->sleep_us(core->host, pause_us);
	} while (code == 0 && reading.rows == PAGE);
	if (code == RENT_ENOMEM)
		return rent_fail(err, code, "no memory for %zu running rentals",
		                 holders->n);
	if (code == 0 && holders->n > 0)
		qsort(holders->at, holders->n, sizeof(*holders->at), by_powerbank);
	return code;
}

void holders_done(struct holders *holders)
{
	free(holders->at);
	*holders = (struct holders){ 0 };
}

const struct holder *holders_find(const struct holders *holders, const char *powerbank_id,
                                  const char *instance)
{
	size_t from = 0, to = holders->n;

	while (from < to) {
		size_t middle = from + (to - from) / 2;
		const struct holder *h = &holders->at[middle];
		int order = strcmp(powerbank_id, h->powerbank_id);

		if (order == 0)
			return instance[0] == '\0' || h->station_instance[0] == '\0' ||
			                       strcmp(instance, h->station_instance) == 0
			               ? h
			               : NULL;
		if (order < 0)
			to = middle;
		else
			from = middle + 1;
	}
	return NULL;
}
