/* SPDX-License-Identifier: MIT
 *
 * cluster.h - the deployment of these tests: up to four API hosts and eight billing workers on
 * one PostgreSQL database that the test names, configured by conf/.
 */
#ifndef TEST_CLUSTER_H
#define TEST_CLUSTER_H

#include <deployment.h>

struct cluster_spec {
	const char *dsn; /* as libpq has it; several hosts are allowed */
	unsigned apis, workers;
	/* "BILLING_TICK=100ms", …, NULL; or NULL. For all of them */
	const char *const *env;
};

/* Migrates the database; starts nothing. */
void cluster_init(struct deployment *d, const struct cluster_spec *spec);
/* The file that the stubs write what they did into. Valid until the next call. */
const char *cluster_book(const struct deployment *d);

#endif
