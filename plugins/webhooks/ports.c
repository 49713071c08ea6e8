/* SPDX-License-Identifier: MIT
 *
 * plugins/webhooks/ports.c - the bound providers, of either kind, by the name of their instance.
 */
#include "webhooks.h"

struct port *ports_find(struct webhooks *w, const char *instance)
{
	for (size_t i = 0; i < w->port_count; i++) {
		if (strcmp(w->ports[i].instance, instance) == 0)
			return &w->ports[i];
	}
	return NULL;
}

static void add(struct webhooks *w, const struct rent_bound *bound,
                rent_parse_event_fn parse)
{
	struct port *port = &w->ports[w->port_count];

	if (parse == NULL || ports_find(w, bound->instance) != NULL)
		return;
	*port = (struct port){ .instance = bound->instance,
		               .parse = parse,
		               .self = bound->self };
	lock_init(&port->lock);
	w->port_count++;
}

static void add_stations(struct webhooks *w)
{
	static const char *const names[] = { "station", "station_2", "station_3",
		                             "station_4" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct rent_bound bound = { .struct_size = sizeof(bound) };
		struct rent_station table;

		if (!w->host->lookup(w->host, names[i], &bound))
			continue;
		rent_adopt_table(&table, sizeof(table), &bound);
		add(w, &bound, table.parse_event);
	}
}

static void add_payments(struct webhooks *w)
{
	static const char *const names[] = { "payment", "payment_previous" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct rent_bound bound = { .struct_size = sizeof(bound) };
		struct rent_payment table;

		if (!w->host->lookup(w->host, names[i], &bound))
			continue;
		rent_adopt_table(&table, sizeof(table), &bound);
		add(w, &bound, table.parse_event);
	}
}

static int bind_storage(struct webhooks *w, struct rent_error *err)
{
	struct rent_bound bound = { .struct_size = sizeof(bound) };

	if (!w->host->lookup(w->host, "storage", &bound))
		return rent_fail(err, RENT_EINVAL, "uses.storage: is missing");
	rent_adopt_table(&w->storage, sizeof(w->storage), &bound);
	w->storage_self = bound.self;
	if (w->storage.event_put == NULL || w->storage.event_end == NULL ||
	    w->storage.event_list == NULL)
		return rent_fail(err, RENT_EINVAL,
		                 "uses.storage: '%s' keeps no events; it is of an older "
		                 "build",
		                 bound.instance);
	return 0;
}

int ports_bind(struct webhooks *w, struct rent_error *err)
{
	struct rent_bound bound = { .struct_size = sizeof(bound) };
	struct rent_rental_api rental;
	int code = bind_storage(w, err);

	if (code != 0)
		return code;
	add_stations(w);
	add_payments(w);
	if (w->host->lookup(w->host, "rental", &bound)) {
		rent_adopt_table(&rental, sizeof(rental), &bound);
		w->act = rental.event;
		w->rental_self = bound.self;
	}
	if (w->port_count == 0)
		w->host->log(
			w->host, RENT_LOG_WARN, NULL,
			"none of the bound providers reads what its service reports: "
			"every call is answered 404");
	return 0;
}

void ports_done(struct webhooks *w)
{
	while (w->port_count > 0)
		lock_done(&w->ports[--w->port_count].lock);
}
