/* SPDX-License-Identifier: MIT
 *
 * stubs/acq_keys.c - the idempotency keys that were used, and the answers that are kept under them.
 */
#include "acquirer.h"

#include <stdlib.h>

struct acq_key *acquirer_key(const struct acquirer *a, const char *key)
{
	return map_get(&a->keys, key);
}

struct acq_key *acquirer_key_new(struct acquirer *a, const char *key, uint64_t request)
{
	struct acq_key *k = calloc(1, sizeof(*k));

	if (k == NULL)
		return NULL;
	(void)rent_copy(k->key, sizeof(k->key), key);
	k->request = request;
	k->busy = true;
	if (map_put(&a->keys, k->key, k) < 0) {
		free(k);
		return NULL;
	}
	k->next = a->all_keys;
	a->all_keys = k;
	return k;
}

void acquirer_keys_done(struct acquirer *a)
{
	while (a->all_keys != NULL) {
		struct acq_key *k = a->all_keys;

		a->all_keys = k->next;
		free(k->body);
		free(k);
	}
	map_done(&a->keys);
}
