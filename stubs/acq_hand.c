/* SPDX-License-Identifier: MIT
 *
 * stubs/acq_hand.c - what a person does at the provider, in its dashboard.
 */
#include "acquirer.h"

int acquirer_by_hand(struct acquirer *a, struct acq_payment *p, const char *act,
                     int64_t amount, int64_t now)
{
	struct acq_refund *r = NULL;
	char key[RENT_ID_SIZE];

	(void)snprintf(key, sizeof(key), "hand-%" PRId64 "-%" PRId64, now, ++a->number);
	if (strcmp(act, "capture") == 0)
		return acquirer_capture(a, p, key, amount, now);
	if (strcmp(act, "cancel") == 0)
		return acquirer_cancel(a, p, key, now);
	if (strcmp(act, "confirm") == 0 || strcmp(act, "refuse") == 0)
		return acquirer_answer(a, p, act[0] == 'c', now);
	if (strcmp(act, "end") == 0)
		return acquirer_end(a, p, now);
	if (strcmp(act, "dispute") == 0 || strcmp(act, "dispute_won") == 0) {
		acquirer_tell(a, act[7] == '_' ? ACQ_DISPUTE_WON : ACQ_DISPUTED, p, NULL,
		              "", now);
		return ACQ_DONE;
	}
	return strcmp(act, "refund") == 0
	               ? acquirer_refund(a, p, key, amount, NULL, now, &r)
	               : ACQ_NO_SUCH;
}
