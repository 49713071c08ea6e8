/* SPDX-License-Identifier: MIT
 *
 * plugin.c - storage_memory: the descriptor, the option, and the life of an instance.
 */
#include "memory.h"

#include "core/slots.h"

static const struct rent_option options[] = {
	RENT_INT_OPTION(
		"rentals_max", "100000", .min = "1", .max = "10000000", .unit = "rentals",
		.help = "rentals that are kept, ended ones included; further starts "
			"are refused"),
	RENT_OPTIONS_END,
};

static int64_t host_clock(void *arg)
{
	const struct rent_host *host = arg;

	return host->wall_us(host);
}

static int plugin_create(const struct rent_host *host, void **ret_self,
                         struct rent_error *err)
{
	union {
		const struct rent_host *host;
		void *arg;
	} clock = { .host = host };
	struct memory *m = memory_new(host_clock, clock.arg);

	if (m == NULL)
		return rent_fail(err, RENT_ENOMEM, "out of memory");
	storage_instance_init(&m->instance, host, "memory");
	m->rentals_max = host->opt_int(host, "rentals_max");
	*ret_self = m;
	return 0;
}

static int plugin_start(void *arg, struct rent_error *err)
{
	const struct rent_host *host = ((struct memory *)arg)->instance.host;

	(void)err;
	host->log(
		host, RENT_LOG_WARN, NULL,
		"rentals are kept in memory only: they are gone when this process ends");
	return 0;
}

static void plugin_stop(void *self)
{
	(void)self;
}

static void plugin_destroy(void *self)
{
	memory_free(self);
}

static void plugin_health(void *arg, struct rent_health *ret)
{
	struct memory *m = arg;

	lock_acquire(&m->lock);
	ret->state = RENT_HEALTHY;
	(void)snprintf(ret->why, sizeof(ret->why), "%zu rentals kept", m->rentals.n);
	lock_release(&m->lock);
}

RENT_PLUGIN(storage_memory) = {
	RENT_PLUGIN_STAMP,
	.flags = RENT_PARALLEL,
	.kind = RENT_KIND_STORAGE,
	.name = "storage_memory",
	.version = RENT_VERSION,
	.summary = "rentals in memory: for demonstrations and tests, nothing survives",
	.options = options,
	.api = &storage_slots,
	.create = plugin_create,
	.start = plugin_start,
	.stop = plugin_stop,
	.destroy = plugin_destroy,
	.health = plugin_health,
};
