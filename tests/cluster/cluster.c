/* SPDX-License-Identifier: MIT
 *
 * cluster.c - see cluster.h.
 */
#include "cluster.h"

#include <stdio.h>

/* A line for every request would hide what matters. */
static void quiet(const struct deployment *d, const struct node *node,
                  struct environment *env)
{
	(void)d;
	(void)node;
	environment_add(env, "LOG_LEVEL=warn");
}

void cluster_init(struct deployment *d, const struct cluster_spec *spec)
{
	deployment_init(
		d,
		&(struct deployment_spec){
			.split = true,
			.variant = variant_named("postgres"),
			.apis = spec->apis,
			.workers = spec->workers,
			.env = spec->env,
			.environment = quiet,
			.configs = { [ROLE_API] = "tests/cluster/conf/api.conf",
	                             [ROLE_WORKER] = "tests/cluster/conf/worker.conf" },
			.city = "tests/cluster/conf/city.json",
			.endless = true,
			.dsn = spec->dsn,
			.migrated = true });
}

const char *cluster_book(const struct deployment *d)
{
	static char path[320];

	(void)snprintf(path, sizeof(path), "%s/stubs-book.jsonl", d->dir);
	return path;
}
