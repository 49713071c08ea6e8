/* SPDX-License-Identifier: MIT
 *
 * failing.c - see failing.h.
 */
#include "failing.h"

static const char *const names[BILLING_WORKS] = { "accrual",   "collecting debts",
	                                          "recovery",  "housekeeping",
	                                          "the audit", "reconciling" };

static size_t place_of(enum billing_work work)
{
	return (size_t)__builtin_ctz((unsigned)work);
}

void failing_note(struct billing *b, enum billing_work work, const struct rent_error *err)
{
	size_t i = place_of(work);
	char before[RENT_NOTE_SIZE];
	bool was;

	lock_acquire(&b->lock);
	was = (b->failing & work) != 0;
	memcpy(before, b->why[i], sizeof(before));
	if (err != NULL) {
		b->failing |= work;
		(void)rent_copy(b->why[i], sizeof(b->why[i]), err->text);
	} else {
		b->failing &= ~(unsigned)work;
	}
	lock_release(&b->lock);
	/* The jobs log an outage of the storage, and what failed. */
	if (was && err == NULL)
		b->host->log(b->host, RENT_LOG_INFO, NULL,
		             "%s works again; it failed: %s", names[i], before);
}

bool failing_first(struct billing *b, char ret_why[RENT_NOTE_SIZE])
{
	unsigned failing;

	lock_acquire(&b->lock);
	failing = b->failing;
	if (failing != 0)
		(void)snprintf(ret_why, RENT_NOTE_SIZE, "%s fails: %.130s",
		               names[__builtin_ctz(failing)],
		               b->why[__builtin_ctz(failing)]);
	lock_release(&b->lock);
	return failing != 0;
}
