/* SPDX-License-Identifier: MIT
 *
 * variant.h - what a suite runs on: the environment variable HTTP_DEPLOYMENT is one of the names
 * in variant.c's table, "demo" when it is not set. Gives the shipped configurations as that
 * variant needs them. Main thread only; a name that is not known aborts.
 */
#ifndef TEST_VARIANT_H
#define TEST_VARIANT_H

#include <stdbool.h>

struct variant {
	const char *name;
	bool postgres, redis;
	bool split; /* three processes also for tests that are content with one */
	const char *storage; /* replaces etc/parts/storage.conf; NULL: it is as shipped */
};

const struct variant *variant_chosen(void);
const struct variant *variant_named(const char *name);

/* A configuration of etc/ by its name, "all-in-one", "rental-core" and so on, with the storage
 * of the variant: its text with what it includes, … */
char *variant_text(const struct variant *v, const char *name);
/* … or a file that may be below dir. Both to be freed. */
char *variant_file(const struct variant *v, const char *name, const char *dir);

#endif
