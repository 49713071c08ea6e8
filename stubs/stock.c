/* SPDX-License-Identifier: MIT
 *
 * stubs/stock.c - moves powerbanks between slots and the street. A powerbank's id is never
 * given to another one, so that "out" can be compared with the rentals that hold it.
 */
#include "stock.h"

#include <stdlib.h>

/* PB-<station>-<n>; a long station id is cut and told apart by its hash. */
static void powerbank_name(const struct cabinet *c, int64_t n, char out[RENT_ID_SIZE])
{
	if (strlen(c->id) <= 40)
		(void)snprintf(out, RENT_ID_SIZE, "PB-%s-%" PRId64, c->id, n);
	else
		(void)snprintf(out, RENT_ID_SIZE, "PB-%.28s~%08x-%" PRId64, c->id,
		               (unsigned)(map_hash(c->id) & UINT32_MAX), n);
}

static void slot_fill(struct cabinet *c, struct slot *slot)
{
	powerbank_name(c, c->next, slot->powerbank);
	slot->charge = (int)(60 + (c->next * 7) % 41);
	slot->emptied_at = 0;
	c->next++;
}

static struct cabinet *stock_add(struct stock *s, const struct city_station *info,
                                 const char *id)
{
	struct cabinet *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return NULL;
	c->info = info;
	c->next = 1;
	(void)rent_copy(c->id, sizeof(c->id), id);
	for (int64_t i = 0; i < info->powerbanks; i++)
		slot_fill(c, &c->slots[i]);
	if (map_put(&s->by_id, c->id, c) < 0) {
		free(c);
		return NULL;
	}
	s->cabinets[s->n++] = c;
	return c;
}

int stock_init(struct stock *s, const struct city *city)
{
	s->city = city;
	s->cabinets = calloc(STOCK_STATIONS_MAX, sizeof(struct cabinet *));
	if (s->cabinets == NULL)
		return RENT_ENOMEM;
	for (size_t i = 0; i < city->station_count && i < STOCK_STATIONS_MAX; i++) {
		if (stock_add(s, &city->stations[i], city->stations[i].id) == NULL)
			return RENT_ENOMEM;
	}
	return 0;
}

void stock_done(struct stock *s)
{
	for (size_t i = 0; i < s->n; i++)
		free(s->cabinets[i]);
	free(s->cabinets);
	map_done(&s->by_id);
	map_done(&s->out);
	*s = (struct stock){ 0 };
}

struct cabinet *stock_find(struct stock *s, const char *station_id)
{
	struct cabinet *c = map_get(&s->by_id, station_id);

	if (c != NULL || !s->any_station || s->n == STOCK_STATIONS_MAX ||
	    strlen(station_id) > RENT_ID_MAX)
		return c;
	return stock_add(s, &s->city->any_station, station_id);
}

void stock_refresh(const struct stock *s, struct cabinet *c, int64_t now)
{
	if (s->restock_us == 0)
		return;
	for (int64_t i = 0; i < c->info->slots; i++) {
		struct slot *slot = &c->slots[i];

		if (slot->powerbank[0] == '\0' && slot->emptied_at != 0 &&
		    now - slot->emptied_at >= s->restock_us)
			slot_fill(c, slot);
	}
}

void stock_refill(struct stock *s)
{
	for (size_t i = 0; i < s->n; i++) {
		struct cabinet *c = s->cabinets[i];

		for (int64_t k = 0; k < c->info->powerbanks; k++) {
			if (c->slots[k].powerbank[0] == '\0')
				slot_fill(c, &c->slots[k]);
		}
	}
}

static struct slot *cabinet_best(struct cabinet *c)
{
	struct slot *best = NULL;

	for (int64_t i = 0; i < c->info->slots; i++) {
		struct slot *slot = &c->slots[i];

		if (slot->powerbank[0] != '\0' &&
		    (best == NULL || slot->charge > best->charge))
			best = slot;
	}
	return best;
}

static bool is_endless(const struct stock *s, const struct cabinet *c)
{
	return (s->endless || c->info->endless) && c->info->powerbanks > 0;
}

int stock_eject(struct stock *s, struct book *book, struct cabinet *c,
                const struct order *order, int64_t now, struct entry **ret)
{
	char name[RENT_ID_SIZE] = "";
	struct order o = *order;
	struct slot *slot = NULL;
	int r;

	stock_refresh(s, c, now);
	if (is_endless(s, c))
		powerbank_name(c, c->next, name);
	else
		slot = cabinet_best(c);
	if (slot != NULL)
		(void)rent_copy(name, sizeof(name), slot->powerbank);
	o.powerbank_id = name;
	r = book_add(book, &o, 0, name[0] == '\0' ? "empty" : NULL, now, ret);
	if (r < 0 || name[0] == '\0')
		return r;
	(*ret)->left = 1;
	if (slot != NULL) {
		slot->powerbank[0] = '\0';
		slot->emptied_at = now;
	} else {
		c->next++;
	}
	return map_put(&s->out, (*ret)->o.powerbank_id, *ret);
}

static struct slot *cabinet_free_slot(struct cabinet *c)
{
	for (int64_t i = 0; i < c->info->slots; i++) {
		if (c->slots[i].powerbank[0] == '\0')
			return &c->slots[i];
	}
	return NULL;
}

int stock_return(struct stock *s, struct book *book, struct cabinet *c,
                 const char *powerbank_id, int64_t now)
{
	struct entry *out = map_get(&s->out, powerbank_id), *e;
	struct slot *slot = cabinet_free_slot(c);
	struct order o = { KIND_RETURN, 0, "", "", "", powerbank_id, c->id, "" };
	int r;

	if (out == NULL || out->left == 0)
		return RENT_EINVAL;
	/* with endless stock every slot stays full: what comes back leaves the city */
	if (slot == NULL && !is_endless(s, c))
		return RENT_EFULL;
	o.order_id = out->o.order_id;
	r = book_add(book, &o, 0, NULL, now, &e);
	if (r < 0)
		return r;
	out->left = 0;
	if (slot != NULL) {
		(void)rent_copy(slot->powerbank, sizeof(slot->powerbank), powerbank_id);
		slot->charge = 40;
		slot->emptied_at = 0;
	}
	return 0;
}

/* A number that was given out is not given again. */
static void cabinet_skip(struct cabinet *c, const char *powerbank_id)
{
	const char *dash = strrchr(powerbank_id, '-');
	char name[RENT_ID_SIZE];
	int64_t n = dash == NULL ? 0 : strtoll(dash + 1, NULL, 10);

	if (n < c->next || n == INT64_MAX)
		return;
	powerbank_name(c, n, name);
	if (strcmp(name, powerbank_id) == 0)
		c->next = n + 1;
}

int stock_replay(struct stock *s, struct entry *e)
{
	struct cabinet *c = stock_find(s, e->o.station_id);
	struct entry *out = map_get(&s->out, e->o.powerbank_id);
	struct slot *slot;

	if (e->o.kind == KIND_RETURN && out != NULL)
		out->left = 0;
	if (e->o.kind == KIND_EJECT) {
		e->left = 1;
		if (map_put(&s->out, e->o.powerbank_id, e) < 0)
			return RENT_ENOMEM;
	}
	if (c == NULL) /* the data file has changed since: nothing to keep in step */
		return 0;
	cabinet_skip(c, e->o.powerbank_id);
	if (e->o.kind == KIND_RETURN) {
		slot = cabinet_free_slot(c);
		if (slot != NULL) {
			(void)rent_copy(slot->powerbank, sizeof(slot->powerbank),
			                e->o.powerbank_id);
			slot->charge = 40;
		}
		return 0;
	}
	for (int64_t i = 0; i < c->info->slots; i++) {
		slot = &c->slots[i];
		if (strcmp(slot->powerbank, e->o.powerbank_id) == 0) {
			slot->powerbank[0] = '\0';
			slot->emptied_at = e->ts;
		}
	}
	return 0;
}
