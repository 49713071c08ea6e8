/* SPDX-License-Identifier: MIT
 *
 * fleet.c - see fleet.h.
 */
#include "fleet.h"

#include <stdlib.h>

#include "cabinet.h"

#define PAGE 1000

static int order_names(const void *a, const void *b)
{
	const struct fleet_name *x = a, *y = b;

	if (x->port != y->port)
		return x->port < y->port ? -1 : 1;
	return strcmp(x->name, y->name);
}

bool fleet_add(struct fleet_names *names, const struct station_port *port,
               const char *name, const char *cabinet)
{
	struct fleet_name *bigger = names->at;

	if (names->n == FLEET_MAX)
		return false;
	if (names->n == names->room) {
		names->room = names->room == 0 ? 256 : names->room * 2;
		bigger = realloc(names->at, names->room * sizeof(*bigger));
	}
	if (bigger == NULL)
		return false;
	names->at = bigger;
	bigger += names->n++;
	*bigger = (struct fleet_name){ .port = port };
	rent_copy(bigger->name, RENT_ID_SIZE, name);
	rent_copy(bigger->cabinet, RENT_ID_SIZE, cabinet);
	return true;
}

void fleet_sort(struct fleet_names *names)
{
	size_t kept = 0;

	if (names->n == 0)
		return;
	qsort(names->at, names->n, sizeof(*names->at), order_names);
	for (size_t i = 1; i < names->n; i++) {
		if (order_names(&names->at[kept], &names->at[i]) != 0)
			names->at[++kept] = names->at[i];
	}
	names->n = kept + 1;
}

bool fleet_has(const struct fleet_names *names, const struct station_port *port,
               const char *name)
{
	struct fleet_name wanted = { .port = port };

	rent_copy(wanted.name, sizeof(wanted.name), name);
	return names->n > 0 &&
	       bsearch(&wanted, names->at, names->n, sizeof(wanted), order_names) != NULL;
}

void fleet_done(struct fleet_names *names)
{
	free(names->at);
	*names = (struct fleet_names){ 0 };
}

/* ---- what rentals say */

struct reading {
	struct core *core;
	int64_t since;
	struct fleet_names *cabinets, *sold;
	struct rent_list_query query;
	char last[RENT_ID_SIZE];
	uint32_t rows;
	bool ended;
};

static int note_rental(void *arg, const struct rent_rental *row,
                       const struct rent_op *const *ops, size_t n)
{
	struct reading *reading = arg;
	const struct station_port *port;
	struct rent_rental r;

	(void)ops;
	(void)n;
	rent_adopt(&r, sizeof(r), row, row->struct_size);
	reading->rows++;
	reading->query.before_created_at = r.created_at;
	rent_copy(reading->last, sizeof(reading->last), r.id);
	reading->ended = r.created_at < reading->since;
	port = core_station_of(reading->core, &r);
	if (reading->ended || port == NULL)
		return 0;
	if (!fleet_add(reading->cabinets, port, cabinet_of(&r, r.station_id), ""))
		return RENT_ENOMEM;
	if (r.status == RENT_STATUS_BUYOUT &&
	    !fleet_add(reading->sold, port, r.powerbank_id, ""))
		return RENT_ENOMEM;
	return 0;
}

int fleet_read(struct core *core, int64_t since, struct fleet_names *cabinets,
               struct fleet_names *sold, struct rent_error *err)
{
	struct reading reading = { .core = core,
		                   .since = since,
		                   .cabinets = cabinets,
		                   .sold = sold,
		                   .query = { .struct_size = sizeof(reading.query),
		                              .user_id = "",
		                              .limit = PAGE } };
	char before[RENT_ID_SIZE];
	int code;

	reading.query.before_id = before;
	do {
		rent_copy(before, sizeof(before), reading.last);
		reading.rows = 0;
		code = core->store->rental_list(core->store_self, &reading.query,
		                                note_rental, &reading, err);
		/* A city has few cabinets and many rentals. */
		fleet_sort(cabinets);
	} while (code == 0 && reading.rows == PAGE && !reading.ended);
	fleet_sort(sold);
	if (code == RENT_ENOMEM)
		return rent_fail(err, code, "no memory for %zu cabinets", cabinets->n);
	return code;
}
