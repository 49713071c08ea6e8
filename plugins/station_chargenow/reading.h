/* SPDX-License-Identifier: MIT
 *
 * plugins/station_chargenow/reading.h - what the service's answers have in common: the envelope,
 * numbers that may be texts, ids, and times in the service's own zone.
 */
#ifndef CHARGENOW_READING_H
#define CHARGENOW_READING_H

#include "chargenow.h"

/* The codes of the envelope that are known. Every other one says nothing. */
#define CODE_DONE       0
#define CODE_UNBOUND    2002 /* there is no such cabinet */
#define CODE_NOT_ONLINE 2004

/* An answer in the service's words, or why there is none. */
struct answer {
	/* NULL: it is no answer of the service; note says what came. */
	const struct rent_json *root;
	int64_t code;
	/* Credentials or rights are wrong. */
	bool forbidden;
	char note[RENT_NOTE_SIZE];
};

struct answer reading_envelope(const struct chargenow *c,
                               const struct rent_upstream_reply *reply);
/* A whole number, or a text of one. */
bool reading_number(const struct chargenow *c, const struct rent_json *json,
                    const char *path, int64_t min, int64_t max, int64_t *ret);
/* The id at path; false: it is missing or none. A number is one. */
bool reading_id(const struct chargenow *c, const struct rent_json *json, const char *path,
                char ret[RENT_ID_SIZE]);
/* The time at path as wall time: a text in the service's zone, or unix seconds or
 * milliseconds. 0: there is none. */
int64_t reading_time(const struct chargenow *c, const struct rent_json *json,
                     const char *path);

#endif
