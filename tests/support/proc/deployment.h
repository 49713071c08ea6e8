/* SPDX-License-Identifier: MIT
 *
 * deployment.h - what a suite runs on, by the environment: HTTP_DEPLOYMENT is one of the names
 * of deployment.c's table, "demo" when it is not set. Starts the servers that takes, once for
 * the process, and gives every world a database of its own there. Main thread only; what
 * cannot be had aborts.
 */
#ifndef TEST_DEPLOYMENT_H
#define TEST_DEPLOYMENT_H

#include <stdbool.h>

struct deployment {
	const char *name;
	bool postgres, redis;
	bool split;          /* three processes also for what is content with one */
	const char *storage; /* replaces etc/parts/storage.conf; NULL: it is as shipped */
};

const struct deployment *deployment_get(void);

struct deployment_site {
	char db[256];           /* for dbfile.h */
	char vars[2][320];      /* of the environment */
	const char *env[3 + 1]; /* those of them that count, NULL */
};

/* dir is the world's folder. */
void deployment_open(struct deployment_site *site, const char *dir);

/* A configuration of etc/ by its name, "all-in-one", "rental-core" and so on, with the storage
 * of the deployment: its text with what it includes, … */
char *deployment_text(const char *name);
/* … or a file that may be below dir. Both to be freed. */
char *deployment_file(const char *name, const char *dir);

#endif
