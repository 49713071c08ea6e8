/* SPDX-License-Identifier: MIT
 *
 * fuzz_plugin.h - what the targets of provider plugins share: the plugin FUZZ_SO, created on a
 * host of the tests, and replies for it.
 */
#ifndef TEST_FUZZ_PLUGIN_H
#define TEST_FUZZ_PLUGIN_H

#include <fake_host.h>
#include <rent/upstream.h>

#include "fuzz.h"

/* Gives the interface of the plugin's kind. Ends the target when it cannot be created. */
static inline const void *fuzz_plugin(const struct rent_host **ret_host, void **ret_self)
{
	static const struct fake_option options[] = { { "url", "http://127.0.0.1:9" },
		                                      { NULL, NULL } };
	const struct rent_plugin *plugin = fake_host_load(FUZZ_SO);
	struct rent_error err;

	*ret_host = fake_host_table(fake_host_new(plugin, options));
	FUZZ_MUST(plugin->create(*ret_host, ret_self, &err) == 0);
	return plugin->api;
}

/* Of two bytes: likely ones, and those that no standard has. */
static inline int32_t fuzz_status(struct fuzz *f)
{
	int32_t hundreds = (int32_t)(fuzz_byte(f) % 8 * 100);

	return hundreds + (int32_t)(fuzz_byte(f) % 100);
}

#endif
