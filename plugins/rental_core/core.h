/* SPDX-License-Identifier: MIT
 *
 * core.h - one instance of rental_core: its knobs, what it is bound to, its caches and
 * metrics. Made in plugin.c; everything else gets it handed in.
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

#include "rules.h"

/* A payment provider; build and parse of one are never called twice at once. */
struct payment_port {
	/* NULL: not bound; else &table, as much of theirs as there is. */
	const struct rent_payment *api;
	struct rent_payment table;
	void *self;
	const char *instance, *plugin;
	struct rent_payment_caps caps;
	/* See payment_alert.h; "": nothing. Under lock. */
	char alert[RENT_NOTE_SIZE];
	pthread_mutex_t lock;
};

/* Services of cabinets that may be bound at once: station, station_2 … */
#define STATIONS_MAX 4
/* Other systems that may be told of rentals at once. */
#define OUTBOX_MAX 4
/* Characters in the name of one of several. */
#define STATION_NAME_MAX 27

/* A service of cabinets; build and parse of one are never called twice at once. */
struct station_port {
	/* NULL: not bound; else &table, as much of theirs as there is. */
	const struct rent_station *api;
	struct rent_station table;
	void *self;
	const char *instance, *plugin;
	struct rent_station_caps caps;
	pthread_mutex_t lock;
};

struct catalog_port {
	/* NULL: not bound; else &table, as much of theirs as there is. */
	const struct rent_catalog *api;
	struct rent_catalog table;
	void *self;
	pthread_mutex_t lock;
};

/* A cycle of poll.c. */
struct poll {
	bool running;
	/* When the next one begins; monotonic. */
	int64_t next;
	/* The last rental that was asked for. */
	char cursor[RENT_ID_SIZE];
};

struct observers;
struct rental_work;
struct tariffs;

/* What became of the rental that has a powerbank which was given out again. */
enum reissue {
	/* The old rental has ended: record the new one again. */
	REISSUE_CLOSED = 1,
	/* A person must look: reissue = "manual", or nothing proves which of the two has it. */
	REISSUE_MANUAL,
	/* Storage failed; nothing is known. */
	REISSUE_NOT_NOW,
};

struct work_op;

struct core {
	const struct rent_host *host;
	/* Decides what to do next for a rental (decide.c). plugin.c hands it in, so that drive.c
	 * need not know the rules that call it. */
	void (*next_step)(struct rental_work *w);
	/* Ends the rental that has a powerbank which was given out again (reissue.h), which takes a run of
	 * its own: handed in for the same reason. */
	enum reissue (*close_old)(struct core *core, const struct rental_work *w,
	                          const struct work_op *eject,
	                          char ret_holder[RENT_ID_SIZE]);
	pthread_mutex_t params_lock;
	struct params params; /* read through core_params() */
	int64_t tariff_ttl, configs_refresh, key_retention, quote_retention,
		outbox_retention;
	/* Of what hosts share; 0: not. */
	int64_t configs_shared, station_ttl, user_ttl;

	const struct rent_storage *store;
	struct rent_storage store_table;
	void *store_self;
	struct payment_port payment, payment_previous;
	/* The first gives out where the catalogue names none. */
	struct station_port station, station_others[STATIONS_MAX - 1];
	struct catalog_port catalog;

	struct tariffs *tariffs;

	pthread_mutex_t configs_lock;
	struct rent_catalog_configs configs;
	/* Monotonic; 0: never. */
	int64_t configs_at, configs_asked_at;

	struct observers *observers;
	/* Of its timer's task alone. */
	struct poll poll;
	/* 0: never; and rentals asked for in a second. */
	int64_t poll_interval, poll_rate;
	/* 0: never, both. */
	int64_t seal_interval;
	int64_t totals_interval;
	/* Monotonic; 0: not read yet. */
	_Atomic int64_t totals_at;
	/* The host has the service and the option says so. */
	bool events;
	/* The instances of webhooks_out whose messages are recorded; the host's. */
	const char *outbox[OUTBOX_MAX];
	size_t outbox_count;
};

/* A consistent copy of the knobs (they are reloadable). */
struct params core_params(struct core *core);

/* The provider that holds the money of a rental: the bound one, or the one bound as
 * payment_previous. NULL: the rental names a provider that is not bound. */
struct payment_port *core_payment_of(struct core *core, const struct rent_rental *r);

/* The promises of that provider; if it is not bound, those of the bound one. */
const struct rent_payment_caps *core_caps_of(struct core *core,
                                             const struct rent_rental *r);

/* The services of cabinets, bound or not; i < STATIONS_MAX. */
struct station_port *core_station(struct core *core, size_t i);

/* The bound service of this name, "" the first; NULL: none is bound. */
struct station_port *core_station_named(struct core *core, const char *instance);

/* The service whose cabinet gave out the powerbank of a rental, or will. NULL: it is not bound. */
struct station_port *core_station_of(struct core *core, const struct rent_rental *r);

/* Copies the row that storage shows into arg, a struct rent_rental or a struct rent_op. */
int core_copy_rental(void *arg, const struct rent_rental *r,
                     const struct rent_op *const *ops, size_t n);
int core_copy_op(void *arg, const struct rent_op *op);

/* Tells the host whether the reply of x, if there is one, was an answer of the service. */
void core_judged(struct core *core, struct rent_exchange *x, bool answered);

#endif
