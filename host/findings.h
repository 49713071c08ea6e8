/* SPDX-License-Identifier: MIT
 *
 * findings.h - what --audit and --reconcile found, printed as it comes: a line of text each,
 * or with --format=json an object on a line each, at the end one of type "summary". The names
 * of the members are in docs/operating.md and stay.
 */
#ifndef HOST_FINDINGS_H
#define HOST_FINDINGS_H

#include <jansson.h>
#include <rent/rental.h>

struct findings {
	const char *what;     /* "audit" */
	const char *instance; /* who reports at the moment */
	bool json, quiet;
	int64_t breaches;
	int64_t told_at; /* monotonic, of the last line of progress */
};

/* Prints an object as a line and frees it. */
void findings_object(json_t *object);
/* Text that may have been written by anybody: what is not UTF-8 is shown as '?'; "" is null. */
json_t *findings_text(const char *s);
/* A time as text, or null for 0. */
json_t *findings_time(int64_t us);

/* Slots of struct rent_check; arg is the struct findings. */
int findings_add(void *arg, const struct rent_finding *theirs);
int findings_progress(void *arg, const struct rent_check *check);
/* Slot of struct rent_report. */
void findings_line(void *arg, bool breach, const char *subject, const char *text);

void findings_summary(const struct findings *f, const struct rent_check *check);

#endif
