/* SPDX-License-Identifier: MIT
 *
 * http/uri.h - a request target taken apart: decoded path, its parts, decoded query.
 * Refuses a target that is not well-formed UTF-8 after decoding or hides a control
 * character.
 */
#ifndef HTTP_URI_H
#define HTTP_URI_H

#include "http/limits.h"

#include <rent/http.h>

struct uri {
	const char *path; /* decoded */
	const char *segments
		[HTTP_SEGMENTS_MAX]; /* decoded one by one: "%2F" splits nothing */
	unsigned segment_count;      /* "/" has one, which is empty */
	struct rent_http_query *query;
	uint32_t query_count;
};

/* Returns NULL when fine, else what is wrong with it, for a person. "*" is path "*" without
 * parts; "http://host/a" is taken as "/a". All memory is the arena's. */
const char *uri_parse(struct rent_arena *arena, const char *target, struct uri *ret);

/* Whether s is well-formed UTF-8 without control characters. */
bool uri_text_ok(const char *s);

#endif
