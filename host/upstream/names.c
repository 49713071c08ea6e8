/* SPDX-License-Identifier: MIT
 *
 * upstream/names.c - see names.h.
 */
#include "upstream/names.h"

#include <rent/base.h>

static void on_lock(CURL *easy, curl_lock_data data, curl_lock_access access, void *arg)
{
	struct names *names = arg;

	(void)easy;
	(void)data;
	(void)access;
	(void)pthread_mutex_lock(&names->lock);
}

static void on_unlock(CURL *easy, curl_lock_data data, void *arg)
{
	struct names *names = arg;

	(void)easy;
	(void)data;
	(void)pthread_mutex_unlock(&names->lock);
}

int names_init(struct names *names)
{
	(void)pthread_mutex_init(&names->lock, NULL);
	names->share = curl_share_init();
	if (names->share == NULL)
		return RENT_ENOMEM;
	(void)curl_share_setopt(names->share, CURLSHOPT_LOCKFUNC, on_lock);
	(void)curl_share_setopt(names->share, CURLSHOPT_UNLOCKFUNC, on_unlock);
	(void)curl_share_setopt(names->share, CURLSHOPT_USERDATA, names);
	(void)curl_share_setopt(names->share, CURLSHOPT_SHARE, CURL_LOCK_DATA_DNS);
	return 0;
}

void names_done(struct names *names)
{
	if (names->share != NULL)
		(void)curl_share_cleanup(names->share);
	names->share = NULL;
	(void)pthread_mutex_destroy(&names->lock);
}
