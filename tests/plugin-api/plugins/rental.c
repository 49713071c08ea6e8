/* SPDX-License-Identifier: MIT
 *
 * rental.c - a plugin of kind "rental" that needs a storage and may have a payment: for
 * bindings.
 */
#include <rent/plugin.h>

static const struct rent_need needs[] = {
	{ "storage", "storage", false, "where things are kept" },
	{ "payment", "payment", true, "who is paid" },
	{ NULL, NULL, false, NULL },
};

static int create(const struct rent_host *host, void **ret_self, struct rent_error *err)
{
	static int self;
	struct rent_bound bound;

	if (!host->lookup(host, "storage", &bound) || bound.api == NULL ||
	    bound.self == NULL)
		return rent_fail(err, RENT_EFAIL, "the storage is not there");
	if (host->lookup(host, "payment", &bound))
		return rent_fail(err, RENT_EFAIL,
		                 "there is a payment where none was bound");
	*ret_self = &self;
	return 0;
}

static const uint32_t api = sizeof(uint32_t);

RENT_PLUGIN(rental) = {
	RENT_PLUGIN_STAMP,      .kind = "rental", .name = "t_rental", .version = "1.0",
	.summary = "has needs", .needs = needs,   .api = &api,        .create = create,
};
