/* SPDX-License-Identifier: MIT
 *
 * core.h - one instance of rental_core: its knobs, what it is bound to, its caches and
 * metrics. Made in core.c; everything else gets it handed in.
 */
#ifndef CORE_CORE_H
#define CORE_CORE_H

#include <pthread.h>
#include <rent/catalog.h>
#include <rent/payment.h>
#include <rent/plugin.h>
#include <rent/rental.h>
#include <rent/station.h>
#include <rent/storage.h>

#include "counters.h"
#include "rules.h"
#include "tariffs.h"

/* A payment provider; build and parse of one are never called twice at once. */
struct payment_port {
	const struct rent_payment *api; /* NULL: not bound */
	void *self;
	const char *instance;
	struct rent_payment_caps caps;
	pthread_mutex_t lock;
};

struct station_port {
	const struct rent_station *api; /* NULL: not bound */
	void *self;
	pthread_mutex_t lock;
};

struct catalog_port {
	const struct rent_catalog *api; /* NULL: not bound */
	void *self;
	pthread_mutex_t lock;
};

struct core {
	const struct rent_host *host;
	pthread_mutex_t params_lock;
	struct params params; /* read through core_params() */
	int64_t tariff_ttl, configs_refresh, key_retention, quote_retention;
	int64_t configs_shared, station_ttl, user_ttl; /* of what hosts share, 0: not */

	const struct rent_storage *store;
	void *store_self;
	struct payment_port payment, payment_previous;
	struct station_port station;
	struct catalog_port catalog;

	struct tariffs tariffs;

	pthread_mutex_t configs_lock;
	struct rent_catalog_configs configs;
	int64_t configs_at, configs_asked_at; /* monotonic; 0: never */

	struct counters counters;
	int64_t totals_interval;   /* 0: never */
	_Atomic int64_t totals_at; /* monotonic; 0: not read yet */
	bool events;               /* the host has the service and the option says so */
};

/* A consistent copy of the knobs (they are reloadable). */
struct params core_params(struct core *core);

/* The provider that holds the money of a rental: the bound one, or the one bound as
 * payment_previous. NULL: the rental names a provider that is not bound. */
struct payment_port *core_payment_of(struct core *core, const struct rent_rental *r);

/* Tells the host whether the reply of x, if there is one, was an answer of the service. */
void core_judged(struct core *core, struct rent_exchange *x, bool answered);

/* The life cycle of rent/plugin.h. */
int core_create(const struct rent_host *host, void **ret_self, struct rent_error *err);
int core_start(void *self, struct rent_error *err);
void core_health(void *self, struct rent_health *ret);
void core_reload(void *self);
void core_destroy(void *self);

#endif
