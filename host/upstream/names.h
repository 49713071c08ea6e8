/* SPDX-License-Identifier: MIT
 *
 * upstream/names.h - the answers of name look-ups, which all clients share: a loop that calls a
 * service for the first time does not look its name up again for each connection. The look-ups
 * themselves never hold a loop: libcurl makes each on a thread, which ends with it.
 */
#ifndef UPSTREAM_NAMES_H
#define UPSTREAM_NAMES_H

#include <curl/curl.h>
#include <pthread.h>

struct names {
	pthread_mutex_t lock; /* libcurl takes it through the two callbacks */
	CURLSH *share;
};

/* RENT_ENOMEM */
int names_init(struct names *names);
/* When no client is left. Fine after a failed init. */
void names_done(struct names *names);

#endif
