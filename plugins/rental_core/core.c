/* SPDX-License-Identifier: MIT
 *
 * core.c - see core.h: what every file asks of an instance. plugin.c puts one together.
 */
#include "core.h"

struct params core_params(struct core *core)
{
	struct params copy;

	pthread_mutex_lock(&core->params_lock);
	copy = core->params;
	pthread_mutex_unlock(&core->params_lock);
	return copy;
}

void core_judged(struct core *core, struct rent_exchange *x, bool answered)
{
	if (core->host->judged != NULL)
		core->host->judged(core->host, x, answered);
}

struct payment_port *core_payment_of(struct core *core, const struct rent_rental *r)
{
	struct payment_port *previous = &core->payment_previous;

	if (r->provider[0] == '\0' || strcmp(r->provider, core->payment.instance) == 0)
		return &core->payment;
	if (previous->api != NULL && strcmp(r->provider, previous->instance) == 0)
		return previous;
	return NULL;
}

const struct rent_payment_caps *core_caps_of(struct core *core,
                                             const struct rent_rental *r)
{
	struct payment_port *port = core_payment_of(core, r);

	return port == NULL ? &core->payment.caps : &port->caps;
}

struct station_port *core_station(struct core *core, size_t i)
{
	return i == 0 ? &core->station : &core->station_others[i - 1];
}

struct station_port *core_station_named(struct core *core, const char *instance)
{
	for (size_t i = 0; i < STATIONS_MAX; i++) {
		struct station_port *port = core_station(core, i);

		if (port->api != NULL && (instance[0] == '\0' || port->instance == NULL ||
		                          strcmp(instance, port->instance) == 0))
			return port;
	}
	return NULL;
}

struct station_port *core_station_of(struct core *core, const struct rent_rental *r)
{
	return core_station_named(core, r->station_instance);
}

int core_copy_rental(void *arg, const struct rent_rental *r,
                     const struct rent_op *const *ops, size_t n)
{
	(void)ops;
	(void)n;
	rent_adopt(arg, sizeof(struct rent_rental), r, r->struct_size);
	return 0;
}

int core_copy_op(void *arg, const struct rent_op *op)
{
	rent_adopt(arg, sizeof(struct rent_op), op, op->struct_size);
	return 0;
}
