/* SPDX-License-Identifier: MIT
 *
 * service_options.c - the slots that read options. Asking for what the table does not declare
 * is a bug of the plugin that must show in its first run, so it aborts.
 */
#include "log/log.h"
#include "plugin/services.h"

struct instance *service_owner(const struct rent_host *host)
{
	struct instance *instance = host == NULL ? NULL : host->priv;

	if (instance == NULL || instance->magic != INSTANCE_MAGIC) {
		log_write(
			RENT_LOG_ERROR, "plugin", NULL,
			"a plugin called the host with a table that is not its own, or after its "
			"end");
		abort();
	}
	return instance;
}

#define TYPES(a) (1u << (a))
#define NUMBERS                                                                  \
	(TYPES(RENT_OPT_INT) | TYPES(RENT_OPT_DURATION) | TYPES(RENT_OPT_SIZE) | \
	 TYPES(RENT_OPT_MONEY) | TYPES(RENT_OPT_PPM))
#define TEXTS (TYPES(RENT_OPT_STRING) | TYPES(RENT_OPT_PATH) | TYPES(RENT_OPT_ENUM))

static const struct conf_value *value_of(const struct rent_host *host, const char *name,
                                         unsigned types)
{
	const struct instance *instance = service_owner(host);
	const struct rent_option *opt = option_find(&instance->options, name);

	if (opt == NULL || (types & TYPES(opt->type)) == 0) {
		log_write(
			RENT_LOG_ERROR, instance->name, NULL,
			"the plugin '%s' (%s) asked for option '%s', which its table %s",
			instance->plugin->desc.name, instance->plugin->file, name,
			opt == NULL ? "does not declare" : "declares with another type");
		abort();
	}
	return &option_get(&instance->options, name)->value;
}

static int64_t opt_int(const struct rent_host *host, const char *name)
{
	return value_of(host, name, NUMBERS)->number;
}

static bool opt_bool(const struct rent_host *host, const char *name)
{
	return value_of(host, name, TYPES(RENT_OPT_BOOL))->number != 0;
}

static const char *opt_str(const struct rent_host *host, const char *name)
{
	return value_of(host, name, TEXTS)->text;
}

static int opt_enum(const struct rent_host *host, const char *name)
{
	return (int)value_of(host, name, TYPES(RENT_OPT_ENUM))->number;
}

static const char *opt_list(const struct rent_host *host, const char *name, size_t i)
{
	const char *const *list = value_of(host, name, TYPES(RENT_OPT_LIST))->list;

	for (; list != NULL && *list != NULL; list++, i--)
		if (i == 0)
			return *list;
	return NULL;
}

void service_options(struct rent_host *table)
{
	table->opt_int = opt_int;
	table->opt_bool = opt_bool;
	table->opt_str = opt_str;
	table->opt_enum = opt_enum;
	table->opt_list = opt_list;
}
